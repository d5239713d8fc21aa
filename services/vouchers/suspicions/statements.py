"""What to look for among the redemptions of late, one statement over all patterns."""

from __future__ import annotations

EVIDENCE_KEPT = 100

COUNTED = """
    CAST(count(DISTINCT r.id) AS integer) AS redemptions,
    CAST(count(DISTINCT r.person_id) AS integer) AS holders,
    CAST(sum(r.amount_fen) AS bigint) AS amount_fen, array_agg(r.id ORDER BY r.id) AS evidence"""

# Lines of batches come in a minute though they were sold over days: they make no crowd.
# A death may be told long after the purchase: these are found from the dead holders' postings.
FIND = f"""
WITH late AS MATERIALIZED (
    SELECT * FROM redemptions WHERE booked_on >= :since_on
), found AS (
    SELECT 'crowd_at_outlet' AS pattern, r.provider_id, r.outlet_id,
        CAST(NULL AS uuid) AS person_id,
        r.booked_on AS seen_on, date_trunc('minute', r.booked_at) AS seen_at, {COUNTED}
    FROM late r WHERE r.channel <> 'batch'
    GROUP BY r.provider_id, r.outlet_id, r.booked_on, date_trunc('minute', r.booked_at)
    HAVING count(DISTINCT r.person_id) > :holders_a_minute
    UNION ALL
    SELECT 'busy_outlet', r.provider_id, r.outlet_id, CAST(NULL AS uuid), r.redeemed_on,
        CAST(NULL AS timestamptz), {COUNTED}
    FROM late r GROUP BY r.provider_id, r.outlet_id, r.redeemed_on
    HAVING count(*) > :outlet_a_day
    UNION ALL
    SELECT 'busy_holder', min(r.provider_id), CAST(NULL AS uuid), r.person_id, r.redeemed_on,
        NULL, {COUNTED}
    FROM late r GROUP BY r.person_id, r.redeemed_on
    HAVING count(*) > :holder_a_day
    UNION ALL
    SELECT 'after_death', r.provider_id, r.outlet_id, r.person_id, r.redeemed_on, NULL, {COUNTED}
    FROM redemptions r WHERE r.id IN (
        SELECT p.cause FROM holders h
            JOIN ledger_accounts a ON a.kind = 'holder' AND a.person_id = h.person_id
            JOIN postings p ON p.account_id = a.id AND p.act = 'redeem'
        WHERE p.occurred_on > h.died_on)
    GROUP BY r.provider_id, r.outlet_id, r.person_id, r.redeemed_on
    UNION ALL
    SELECT 'before_expiry', r.provider_id, r.outlet_id, NULL, r.redeemed_on, NULL, {COUNTED}
    FROM late r WHERE EXISTS (
        SELECT 1 FROM postings p JOIN ledger_accounts a ON a.id = p.account_id
        WHERE p.cause = r.id AND p.act = 'redeem' AND p.account_kind = 'holder'
            AND a.valid_until_on - r.redeemed_on BETWEEN 0 AND :burst_days)
    GROUP BY r.provider_id, r.outlet_id, r.redeemed_on
    HAVING count(DISTINCT r.person_id) > :burst_holders
)
INSERT INTO suspicions AS s (pattern, provider_id, outlet_id, person_id, area_code, seen_on,
    seen_at, redemptions, holders, amount_fen, evidence, found_on)
SELECT f.pattern, f.provider_id, f.outlet_id, f.person_id,
    coalesce(h.area_code, o.area_code, :district), f.seen_on, f.seen_at, f.redemptions,
    f.holders, f.amount_fen, f.evidence[1:{EVIDENCE_KEPT}], :today
FROM found f LEFT JOIN outlets o USING (outlet_id)
    LEFT JOIN holders h ON h.person_id = f.person_id
ORDER BY f.pattern, f.outlet_id, f.person_id, f.seen_on, f.seen_at
ON CONFLICT (pattern, outlet_id, person_id, seen_on, seen_at) DO UPDATE
SET redemptions = excluded.redemptions, holders = excluded.holders,
    amount_fen = excluded.amount_fen, evidence = excluded.evidence
WHERE s.finding IS NULL AND s.redemptions < excluded.redemptions
RETURNING s.id
"""
PAGE = """
SELECT id AS suspicion_id, pattern, provider_id, outlet_id, person_id, area_code, seen_on,
    seen_at, redemptions, holders, amount_fen, evidence, found_on,
    coalesce(finding, 'open') AS state, reason, decided_on, decided_by
FROM suspicions
WHERE (CAST(:after AS uuid) IS NULL OR id > :after)
    AND (CAST(:state AS text) IS NULL OR coalesce(finding, 'open') = :state)
ORDER BY id LIMIT :most
"""
LOAD = "SELECT id, finding FROM suspicions WHERE id = :id FOR UPDATE"
DECIDE = """
UPDATE suspicions SET finding = :finding, reason = :reason, decided_on = :today, decided_by = :sub
WHERE id = :id
"""
