"""What must be true of awards, recounted from their journals, as SQL for the verification page."""

from __future__ import annotations

UNPAIRED = """
SELECT count(*) AS checked, count(*) FILTER (WHERE NOT EXISTS (
    SELECT 1 FROM decisions s JOIN decisions d USING (case_id, determination_id)
    JOIN cases c USING (case_id, determination_id)
    WHERE s.case_id = a.case_id AND s.party = 'street' AND d.party = 'district'
        AND d.decision = 'approve' AND s.sub <> d.sub AND s.sub = a.reviewed_by
        AND d.sub = a.approved_by)) AS off
FROM awards a
"""
UNDEAD = """
SELECT count(*) AS checked, count(*) FILTER (WHERE p.died_on IS NOT NULL AND a.state = 'active')
    AS off
FROM awards a LEFT JOIN people p USING (person_id)
"""
MACHINE_NO = """
SELECT count(*) AS checked, count(*) FILTER (WHERE NOT EXISTS (
    SELECT 1 FROM decisions d WHERE d.case_id = c.case_id AND d.party = 'district'
        AND d.decision = CASE c.stage WHEN 'approved' THEN 'approve' ELSE 'refuse' END)) AS off
FROM cases c WHERE c.stage IN ('approved', 'refused')
"""
LETTERS = """
SELECT (SELECT count(*) FROM awards) + (SELECT count(*) FROM awards WHERE state = 'ended')
    + (SELECT count(*) FROM determinations) AS checked,
    abs((SELECT count(*) FROM awards) - count(*) FILTER (WHERE type = :granted))
    + abs((SELECT count(*) FROM awards WHERE state = 'ended')
        - count(*) FILTER (WHERE type = :ended))
    + abs((SELECT count(*) FROM determinations) - count(*) FILTER (WHERE type = :made)) AS off
FROM outbox
"""
JOURNALLED = """
SELECT count(*) AS checked, count(*) FILTER (WHERE last.act IS DISTINCT FROM
    CASE WHEN a.state = 'ended' THEN 'ended' WHEN a.suspended_on IS NOT NULL THEN 'suspended'
        ELSE 'running' END) AS off
FROM awards a LEFT JOIN LATERAL (
    SELECT CASE WHEN j.act IN ('granted', 'resumed') THEN 'running' ELSE j.act END AS act
    FROM award_acts j WHERE j.award_id = a.award_id
        AND j.act IN ('granted', 'suspended', 'resumed', 'ended')
    ORDER BY j.position DESC LIMIT 1
) last ON true
"""
# N-28, PIPL 24: a benefit is taken away on one person's finding and another one's decision; what
# is said during the public notice holds it at once, and another person judges that (C-55).
TAKEN = """
SELECT count(*) AS checked, count(*) FILTER (WHERE NOT EXISTS (
    SELECT 1 FROM award_acts p WHERE p.recheck_id = t.recheck_id AND p.act = 'proposed'
        AND p.sub <> t.sub) AND NOT EXISTS (
    SELECT 1 FROM objections o WHERE o.award_id = t.award_id AND CASE t.act
        WHEN 'suspended' THEN o.recorded_by = t.sub AND o.held_on = t.made_on
        ELSE o.outcome = 'sustained' AND o.decided_by = t.sub AND o.recorded_by <> t.sub
        END)) AS off
FROM award_acts t
WHERE t.act = 'suspended' OR (t.act = 'ended' AND t.reason = 'no_longer_eligible')
"""
