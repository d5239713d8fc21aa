"""The SQL of issue runs: who is due a month, and the statements that issue it."""

from __future__ import annotations

# One person, one month, one voucher: those who have it are not due again (C-50). A month counts
# when the conditions hold on any of its days (C-37), a suspension's first and last month too
# (C-52). The dead get nothing more (C-43); the key share lets a death that is being recorded go
# first, or wait and then revoke.
DUE = """
WITH entitled AS MATERIALIZED (
    SELECT DISTINCT ON (a.person_id) a.person_id, a.application_id,
        coalesce(c.benefit_class, a.benefit_class) AS benefit_class,
        coalesce(c.amount_fen, a.amount_fen) AS amount_fen
    FROM awards a LEFT JOIN award_ends e ON e.award_id = a.award_id
        LEFT JOIN (
            SELECT DISTINCT ON (award_id) award_id, benefit_class, amount_fen FROM award_classes
            WHERE starts_on <= :last_on ORDER BY award_id, starts_on DESC
        ) c ON c.award_id = a.award_id
    WHERE a.programme = :programme AND a.starts_on <= :last_on
        AND (e.ended_on IS NULL OR e.ended_on >= :month_on)
        AND NOT EXISTS (SELECT 1 FROM award_pauses s WHERE s.award_id = a.award_id
            AND s.suspended_on < :month_on
            AND (s.resumed_on IS NULL OR s.resumed_on > :last_on))
        AND NOT EXISTS (SELECT 1 FROM ledger_accounts v WHERE v.kind = 'holder'
            AND v.person_id = a.person_id AND v.programme = a.programme
            AND v.month_on = :month_on)
    ORDER BY a.person_id, a.starts_on DESC, a.award_id
), due AS MATERIALIZED (
    SELECT t.person_id, t.application_id, t.benefit_class, t.amount_fen, h.area_code,
        left(h.area_code, 9) AS street_code
    FROM entitled t JOIN holders h ON h.person_id = t.person_id
    WHERE h.died_on IS NULL {lock}
)"""
DEMAND = (
    DUE.format(lock="")
    + """
SELECT street_code, benefit_class, amount_fen, count(*) AS people FROM due
GROUP BY street_code, benefit_class, amount_fen ORDER BY street_code, benefit_class, amount_fen
"""
)
# The due of a run, found and locked once; what follows takes some streets of them at a time, so
# that a city needs no more memory, and no longer statement, than its largest street.
DUE_NOW = """
CREATE TEMPORARY TABLE due_now (person_id uuid, application_id uuid, benefit_class text,
    amount_fen bigint, area_code text, street_code text, lot text, nth bigint) ON COMMIT DROP
"""
FIND = (
    "INSERT INTO due_now"
    + DUE.format(lock="FOR KEY SHARE OF h")
    + """
SELECT due.*, l.lot, row_number() OVER (PARTITION BY l.lot, due.benefit_class, due.amount_fen
    ORDER BY due.street_code, due.person_id)
FROM due LEFT JOIN unnest(CAST(:lot_streets AS text[]), CAST(:lot_classes AS text[]),
    CAST(:lots AS text[])) AS l(street_code, benefit_class, lot)
    ON l.street_code = due.street_code AND l.benefit_class = due.benefit_class
"""
)
STREETS = """
SELECT street_code, count(*) AS people FROM due_now GROUP BY street_code ORDER BY street_code
"""
ISSUE = """
WITH charged AS MATERIALIZED (
    SELECT r.*, s.allocation_id, s.payer_id, s.fund
    FROM due_now r JOIN unnest(CAST(:classes AS text[]), CAST(:amounts AS bigint[]),
        CAST(:afters AS bigint[]), CAST(:uptos AS bigint[]), CAST(:allocations AS uuid[]),
        CAST(:payers AS uuid[]), CAST(:funds AS text[]), CAST(:share_lots AS text[]))
        AS s(benefit_class, amount_fen, after, upto, allocation_id, payer_id, fund, lot)
        ON s.benefit_class = r.benefit_class AND s.amount_fen = r.amount_fen
        AND s.lot = coalesce(r.lot, '')
        AND r.nth > s.after AND r.nth <= s.upto
    WHERE r.street_code = ANY(CAST(:streets AS text[]))
), vouchers AS (
    INSERT INTO ledger_accounts (kind, area_code, fund, allocation_id, person_id, application_id,
        programme, month_on, valid_until_on, street_code, benefit_class, run_id, balance_fen)
    SELECT 'holder', area_code, fund, allocation_id, person_id, application_id, :programme,
        :month_on, :valid_until_on, street_code, benefit_class, :run_id, amount_fen
    FROM charged ORDER BY person_id
    ON CONFLICT (person_id, programme, month_on) WHERE kind = 'holder' DO NOTHING
    RETURNING id, fund, allocation_id, application_id, street_code, benefit_class, month_on,
        balance_fen
), booked AS (
    INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
        month_on, benefit_class, occurred_on, cause)
    SELECT v.id, 'issue', side.account, side.kind, side.sign * v.balance_fen, v.fund,
        v.street_code, v.month_on, v.benefit_class, :today, :run_id
    FROM vouchers v
        JOIN (SELECT DISTINCT allocation_id, payer_id FROM charged) p USING (allocation_id),
        LATERAL (VALUES (p.payer_id, 'allocation', -1), (v.id, 'holder', 1))
            AS side(account, kind, sign)
), drawn AS (
    UPDATE ledger_accounts a SET balance_fen = a.balance_fen - t.total_fen
    FROM (SELECT allocation_id, sum(balance_fen) AS total_fen FROM vouchers
        GROUP BY allocation_id) t
    WHERE a.kind = 'allocation' AND a.allocation_id = t.allocation_id
        AND a.balance_fen >= t.total_fen
        AND EXISTS (SELECT 1 FROM allocations o WHERE o.id = a.allocation_id
            AND o.book = 'benefits')
    RETURNING a.allocation_id
)
SELECT street_code, fund, count(*) AS people, CAST(sum(balance_fen) AS bigint) AS total_fen,
    array_agg(balance_fen) AS amounts_fen, array_agg(application_id) AS applications,
    bool_and(v.allocation_id IN (SELECT allocation_id FROM drawn)) AS covered
FROM vouchers v GROUP BY street_code, fund ORDER BY street_code, fund
"""
# A run of a month that was issued already is supplementary: it issues late approvals (C-37).
MAKE = """
INSERT INTO issue_runs (id, programme, month_on, area_code, made_on, made_by, preview,
    supplementary)
SELECT :id, :programme, :month_on, :area_code, :today, :sub, CAST(:preview AS jsonb), EXISTS (
    SELECT 1 FROM issue_runs WHERE programme = :programme AND month_on = :month_on
        AND approved_on IS NOT NULL)
ON CONFLICT DO NOTHING
"""
LOAD = """
SELECT id, programme, month_on, made_by, approved_on FROM issue_runs WHERE id = :id FOR UPDATE
"""
APPROVE = """
UPDATE issue_runs SET approved_on = :today, approved_by = :sub, issued = CAST(:issued AS jsonb)
WHERE id = :id
"""
SHOW = """
SELECT id AS run_id, programme, month_on, supplementary, made_on, made_by,
    CAST(preview AS text) AS preview, approved_on, approved_by, CAST(issued AS text) AS issued
FROM issue_runs
"""
PAGE = SHOW + "WHERE CAST(:after AS uuid) IS NULL OR id > :after ORDER BY id LIMIT :most"
ONE = SHOW + "WHERE id = :id"
