"""The statements of the street's worklist: files, reviews, the clock, ties, and what life does."""

from __future__ import annotations

from services.eligibility.determinations.store import ACTIVATED

# Locked in one order, so that two lists with the same cases wait for each other.
FILES = f"""
SELECT c.case_id, c.determination_id, c.application_id, c.person_id, c.programme, c.area_code,
    c.agency, c.stage, c.outcome, c.benefit_class, c.starts_on, c.reviewed_by, c.recommendation,
    c.reviewed_on, d.unmet, d.evidence, d.flags, d.digest,
    CAST(d.facts ->> 'birth_on' AS date) AS birth_on, k.died_on,
    EXISTS (SELECT 1 FROM ties t WHERE t.sub = :sub AND t.person_id = c.person_id) AS tied,
    EXISTS (SELECT 1 FROM objections o WHERE o.case_id = c.case_id AND o.outcome IS NULL)
        AS objected,
    ({ACTIVATED.format(programme="c.programme", area="c.area_code")}) AS activated
FROM cases c JOIN determinations d USING (determination_id)
LEFT JOIN LATERAL known_person(c.person_id) k ON true
WHERE c.case_id = ANY(CAST(:ids AS uuid[])) ORDER BY c.case_id FOR UPDATE OF c
"""
# While papers are awaited the clock stands still, so the days of waiting are added to the limit.
SAVE = """
WITH lines AS (
    SELECT * FROM jsonb_to_recordset(CAST(:lines AS jsonb))
        AS t(case_id uuid, stage text, decision text, note text, documents jsonb)
), moved AS (
    UPDATE cases c SET stage = l.stage, recommendation = l.decision, reviewed_by = :sub,
        reviewed_on = :today,
        asked_on = CASE l.stage WHEN 'needs_evidence'
            THEN COALESCE(c.asked_on, CAST(:today AS date)) END,
        waited_days = c.waited_days + CASE l.stage WHEN 'needs_evidence' THEN 0
            ELSE COALESCE(CAST(:today AS date) - c.asked_on, 0) END
    FROM lines l WHERE c.case_id = l.case_id
    RETURNING c.case_id, c.determination_id, c.area_code, c.agency
), asked AS (
    INSERT INTO evidence_requests (case_id, determination_id, documents, sub, area_code, agency,
        requested_on)
    SELECT m.case_id, m.determination_id, l.documents, :sub, m.area_code, m.agency, :today
    FROM moved m JOIN lines l USING (case_id) WHERE l.stage = 'needs_evidence'
)
INSERT INTO decisions (case_id, determination_id, party, decision, note, sub, body, area_code,
    decided_on)
SELECT m.case_id, m.determination_id, 'street', l.decision, l.note, :sub, :body, m.area_code, :today
FROM moved m JOIN lines l USING (case_id)
"""
# A case counts from the day of applying, one that a birthday opened from its opening; one that was
# held or sent back, from the day on which it could be worked on again. Its time stands still while
# papers are awaited, and a case of a street that is not activated has none.
CLOCKED = """
WITH limits AS (
    SELECT * FROM jsonb_to_recordset(CAST(:limits AS jsonb))
        AS t(programme text, since date, days integer)
), clocked AS (
    SELECT c.case_id, c.application_id, c.person_id, c.programme, c.outcome, c.benefit_class,
        c.area_code, c.stage, c.reviewed_by, c.recommendation, c.opened_on, c.asked_on, d.digest,
        d.evidence,
        CASE WHEN c.open AND c.stage <> 'held' AND c.asked_on IS NULL THEN
            s.day + c.waited_days + (SELECT l.days FROM limits l
                WHERE l.programme = c.programme AND l.since <= s.day
                ORDER BY l.since DESC LIMIT 1)
        END AS decide_by
    FROM cases c JOIN determinations d USING (determination_id)
    CROSS JOIN LATERAL (SELECT COALESCE(c.clock_on, CASE WHEN EXISTS (
        SELECT 1 FROM determinations f WHERE f.application_id = c.application_id
            AND f.trigger = 'application' AND f.as_of_on = d.as_of_on)
        THEN d.as_of_on ELSE c.opened_on END) AS day) s
    WHERE (CAST(:case_id AS uuid) IS NULL OR c.case_id = :case_id)
        AND (CAST(:stage AS text) IS NULL OR c.stage = :stage)
        AND (CAST(:outcome AS text) IS NULL OR c.outcome = :outcome)
        AND (CAST(:programme AS text) IS NULL OR c.programme = :programme)
        AND (CAST(:due AS text) IS NULL OR c.open)
)
"""
WORKLIST = f"""
{CLOCKED}
SELECT * FROM clocked
WHERE (CAST(:due AS text) IS NULL OR (:due = 'overdue' AND decide_by < :today)
        OR (:due = 'soon' AND decide_by BETWEEN :today AND :warn_on))
    AND (CAST(:after_on AS date) IS NULL
        OR (opened_on, case_id) > (CAST(:after_on AS date), CAST(:after_id AS uuid)))
ORDER BY opened_on, case_id LIMIT :most
"""
DUE_COUNTS = f"""
{CLOCKED}
SELECT programme, count(*) FILTER (WHERE decide_by < :today) AS overdue,
    count(*) FILTER (WHERE decide_by BETWEEN :today AND :warn_on) AS soon
FROM clocked GROUP BY programme
"""
DECLARE = """
INSERT INTO ties (sub, person_id, declared_on, kind, declared_by)
VALUES (:sub, :person_id, :today, :kind, :declared_by)
ON CONFLICT DO NOTHING
"""
# A refused case is not looked at again either: the person is dead, gone or has withdrawn.
CLOSE = """
UPDATE cases SET stage = CASE WHEN open THEN :stage ELSE stage END, reconsider_on = NULL
WHERE (person_id = :person_id OR application_id = :application_id)
    AND (open OR reconsider_on IS NOT NULL)
"""
FOLLOW = """
WITH files AS (
    UPDATE determinations SET area_code = :area_code WHERE person_id = :person_id
)
UPDATE cases SET area_code = :area_code WHERE person_id = :person_id
"""
# A programme starts others with it that waited for it alone.
RELEASE = f"""
UPDATE cases c SET stage = 'street_review', clock_on = :today
WHERE c.stage = 'held' AND starts_with(c.area_code, :street_code)
    AND (c.programme = :programme OR c.programme IN (
        SELECT f.programme FROM jsonb_to_recordset(CAST(:phases AS jsonb))
            AS f(programme text, before text) WHERE f.before = :programme))
    AND {ACTIVATED.format(programme="c.programme", area="c.area_code")}
"""
AWAITING = """
SELECT case_id FROM cases WHERE application_id = :application_id AND stage = 'needs_evidence'
"""
# The case is no longer waiting: what was asked for, or something as good, has come.
RESUME = """
UPDATE cases SET waited_days = waited_days + (CAST(:today AS date) - asked_on), asked_on = NULL
WHERE person_id = :person_id AND open AND asked_on IS NOT NULL AND stage <> 'needs_evidence'
"""
# Sent back: everything is decided anew, by the street first, and the time runs from today.
REOPEN = """
UPDATE cases c SET stage = 'street_review', reviewed_by = NULL, reviewed_on = NULL,
    recommendation = NULL, decided_by = NULL, decided_on = NULL, asked_on = NULL, waited_days = 0,
    clock_on = :today
WHERE case_id = :case_id AND NOT EXISTS (SELECT 1 FROM cases o WHERE o.person_id = c.person_id
    AND o.programme = c.programme AND o.open AND o.case_id <> c.case_id)
"""
