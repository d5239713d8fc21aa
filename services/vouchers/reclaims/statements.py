"""The SQL of reclaims: what was spent, what is proposed and decided, what came back."""

from __future__ import annotations

# What of a redemption the provider was credited with, by the part of the books that paid it.
NET = """
SELECT r.id AS redemption_id, r.provider_id, p.fund, p.street_code, p.month_on, p.benefit_class,
    CAST(sum(p.amount_fen) AS bigint) AS amount_fen
FROM {redemptions} CROSS JOIN LATERAL (
    SELECT * FROM postings WHERE act = 'redeem' AND cause = r.id
    UNION ALL
    SELECT * FROM postings WHERE act IN ('refund', 'recover') AND cause = r.id
) p
WHERE p.account_kind = 'provider_payable' AND {which}
GROUP BY r.id, r.provider_id, p.fund, p.street_code, p.month_on, p.benefit_class
HAVING sum(p.amount_fen) > 0
"""
# Refunds take the same lock: what one gives back, the other does not take.
HOLD_STILL = """
SELECT 1 FROM redemptions WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR NO KEY UPDATE
"""
PARTS = NET.format(
    redemptions="reclaim_lines l JOIN redemptions r ON r.id = l.redemption_id",
    which="p.month_on > l.months_after AND l.redemption_id = ANY(CAST(:ids AS uuid[]))",
)
# A line that nobody has decided on yet is taken over by what counts more of its redemption: a death
# after an award's end, or an earlier end.
OPEN = f"""
WITH net AS MATERIALIZED (
    {
    NET.format(
        redemptions="redemptions r",
        which="r.person_id = :person_id AND r.redeemed_on > :spent_after "
        "AND p.month_on > :months_after",
    )
}
), spent AS (
    SELECT redemption_id, CAST(sum(amount_fen) AS bigint) AS amount_fen FROM net
    WHERE NOT EXISTS (SELECT 1 FROM reclaim_lines l WHERE l.redemption_id = net.redemption_id)
    GROUP BY redemption_id
), wider AS MATERIALIZED (
    SELECT l.redemption_id, (SELECT CAST(sum(n.amount_fen) AS bigint) FROM net n
        WHERE n.redemption_id = l.redemption_id) AS amount_fen
    FROM reclaim_lines l WHERE l.redemption_id IN (SELECT redemption_id FROM net)
        AND l.decision_id IS NULL AND l.months_after > :months_after
    FOR UPDATE
), opened AS (
    INSERT INTO reclaim_cases (id, person_id, area_code, reason, since_on, opened_on)
    SELECT :case_id, :person_id, :area_code, :reason, :since_on, :today
    WHERE EXISTS (SELECT 1 FROM spent) OR EXISTS (SELECT 1 FROM wider)
    ON CONFLICT DO NOTHING
), widened AS (
    UPDATE reclaim_lines l SET case_id = :case_id, months_after = :months_after,
        amount_fen = w.amount_fen
    FROM wider w WHERE l.redemption_id = w.redemption_id
)
INSERT INTO reclaim_lines (redemption_id, case_id, area_code, provider_id, redeemed_on,
    months_after, amount_fen)
SELECT s.redemption_id, :case_id, :area_code, r.provider_id, r.redeemed_on, :months_after,
    s.amount_fen
FROM spent s JOIN redemptions r ON r.id = s.redemption_id
ON CONFLICT DO NOTHING
"""
CASE = """
SELECT id, person_id, area_code, reason, since_on, opened_on FROM reclaim_cases WHERE id = :id
"""
LINES = """
SELECT l.redemption_id, l.provider_id, l.redeemed_on, l.amount_fen, l.decision_id,
    coalesce(s.second_on IS NOT NULL, false) AS settled
FROM reclaim_lines l JOIN redemptions r ON r.id = l.redemption_id
    LEFT JOIN settlements s ON s.id = r.settlement_id
WHERE l.case_id = :id ORDER BY l.redeemed_on, l.redemption_id {lock}
"""
PROPOSE = """
INSERT INTO reclaim_decisions (id, case_id, area_code, way, amount_fen, reason, made_on, made_by,
    made_body)
VALUES (:id, :case_id, :area_code, :way, :amount_fen, :reason, :today, :sub, :body)
ON CONFLICT DO NOTHING
"""
TIE = """
UPDATE reclaim_lines SET decision_id = :id
WHERE redemption_id = ANY(CAST(:ids AS uuid[])) AND decision_id IS NULL
"""
KEEP_PART = """
INSERT INTO reclaim_parts (decision_id, redemption_id, area_code, provider_id, fund, street_code,
    month_on, benefit_class, amount_fen)
VALUES (:id, :redemption_id, :area_code, :provider_id, :fund, :street_code, :month_on,
    :benefit_class, :amount_fen)
"""
KEEP_INSTALMENT = """
INSERT INTO reclaim_instalments (decision_id, area_code, due_on, amount_fen)
VALUES (:id, :area_code, :due_on, :amount_fen)
"""
DECISION = """
SELECT id, case_id, area_code, way, amount_fen, made_by, made_body, outcome
FROM reclaim_decisions WHERE id = :id FOR UPDATE
"""
DECIDE = """
UPDATE reclaim_decisions SET outcome = :outcome, decided_on = :today, decided_by = :sub,
    decided_body = :body, decided_reason = :reason
WHERE id = :id
"""
FREE = "UPDATE reclaim_lines SET decision_id = NULL WHERE decision_id = :id"
KEPT_PARTS = """
SELECT redemption_id, provider_id, fund, street_code, month_on, benefit_class, amount_fen,
    recovered_fen
FROM reclaim_parts WHERE decision_id = :id
"""
RECOVER = """
UPDATE reclaim_parts SET recovered_fen = recovered_fen + :amount_fen
WHERE decision_id = :id AND redemption_id = :redemption_id AND fund = :fund
    AND street_code = :street_code AND month_on = :month_on AND benefit_class = :benefit_class
"""
RECEIVE = """
INSERT INTO reclaim_receipts (id, decision_id, area_code, receipt_no, amount_fen, received_on,
    booked_on, booked_by)
VALUES (:id, :decision_id, :area_code, :receipt_no, :amount_fen, :received_on, :today, :sub)
ON CONFLICT DO NOTHING
"""
ACCOUNTS = """
SELECT kind, fund, agency, id FROM ledger_accounts
WHERE kind IN ('settled', 'recovered')
    OR (kind = 'provider_payable' AND agency = ANY(CAST(:agencies AS text[])))
"""
DECISIONS = """
SELECT d.id AS decision_id, d.way, d.amount_fen, d.reason, d.made_on, d.made_by, d.made_body,
    d.outcome, d.decided_on, d.decided_by, d.decided_body, d.decided_reason,
    CAST(coalesce((SELECT sum(p.recovered_fen) FROM reclaim_parts p WHERE p.decision_id = d.id), 0)
        AS bigint) AS recovered_fen
FROM reclaim_decisions d WHERE d.case_id = :id ORDER BY d.made_on, d.id
"""
INSTALMENTS = """
SELECT i.decision_id, i.due_on, i.amount_fen FROM reclaim_instalments i
    JOIN reclaim_decisions d ON d.id = i.decision_id
WHERE d.case_id = :id ORDER BY i.decision_id, i.due_on
"""
RECEIPTS = """
SELECT r.id AS receipt_id, r.decision_id, r.receipt_no, r.amount_fen, r.received_on
FROM reclaim_receipts r JOIN reclaim_decisions d ON d.id = r.decision_id
WHERE d.case_id = :id ORDER BY r.received_on, r.id
"""
PAGE = """
SELECT c.id AS case_id, c.person_id, c.area_code, c.reason, c.since_on, c.opened_on,
    l.spent_fen, l.undecided_fen, d.reclaimed_fen, d.recovered_fen,
    d.reclaimed_fen - d.recovered_fen AS owed_fen
FROM reclaim_cases c
    CROSS JOIN LATERAL (
        SELECT CAST(coalesce(sum(amount_fen), 0) AS bigint) AS spent_fen,
            CAST(coalesce(sum(amount_fen) FILTER (WHERE decision_id IS NULL), 0) AS bigint)
                AS undecided_fen
        FROM reclaim_lines WHERE case_id = c.id
    ) l CROSS JOIN LATERAL (
        SELECT CAST(coalesce(sum(p.amount_fen), 0) AS bigint) AS reclaimed_fen,
            CAST(coalesce(sum(p.recovered_fen), 0) AS bigint) AS recovered_fen
        FROM reclaim_decisions x JOIN reclaim_parts p ON p.decision_id = x.id
        WHERE x.case_id = c.id AND x.outcome = 'approved' AND x.way <> 'waive'
    ) d
WHERE (CAST(:after AS uuid) IS NULL OR c.id > :after)
    AND (NOT :open OR l.undecided_fen > 0 OR d.reclaimed_fen > d.recovered_fen OR EXISTS (
        SELECT 1 FROM reclaim_decisions x WHERE x.case_id = c.id AND x.outcome IS NULL))
ORDER BY c.id LIMIT :most
"""
