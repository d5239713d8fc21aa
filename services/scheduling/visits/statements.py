"""The SQL of the visits' store."""

from __future__ import annotations

# Plans that end meanwhile wait for the roster, or are seen by it as ended.
ROSTER = """
WITH due AS (
    SELECT p.plan_id, CAST(d AS date) AS day_on, p.person_id, p.application_id, p.area_code,
        p.provider_id, p.caregiver_id, p.item_code,
        (d + make_interval(mins => p.starts_at_minute)) AT TIME ZONE 'Asia/Shanghai' AS planned_at,
        (d + make_interval(mins => p.starts_at_minute + p.minutes)) AT TIME ZONE 'Asia/Shanghai'
            AS planned_until,
        CASE WHEN b.paused_days @> CAST(d AS date) THEN 'paused' ELSE 'planned' END AS state
    FROM bookings b JOIN plans p USING (plan_id)
    CROSS JOIN LATERAL generate_series(
        CAST(greatest(lower(b.days), CAST(:first_on AS date)) AS timestamp),
        CAST(least(upper(b.days) - 1, CAST(:last_on AS date)) AS timestamp),
        interval '1 day') AS d
    WHERE b.days && daterange(:first_on, :last_on, '[]')
        AND extract(isodow FROM d) = ANY (p.weekdays)
    FOR SHARE OF b
), made AS (
    INSERT INTO visits (plan_id, day_on, person_id, application_id, area_code, provider_id,
        plan_caregiver_id, caregiver_id, item_code, planned_at, planned_until, state)
    SELECT plan_id, day_on, person_id, application_id, area_code, provider_id,
        caregiver_id, caregiver_id, item_code, planned_at, planned_until, state
    FROM due ORDER BY caregiver_id, planned_at
    ON CONFLICT DO NOTHING
    RETURNING plan_id, day_on
), judged AS (
    SELECT d.plan_id, d.day_on, m.plan_id IS NOT NULL AS created, v.plan_id IS NOT NULL AS kept
    FROM due d LEFT JOIN made m USING (plan_id, day_on) LEFT JOIN visits v USING (plan_id, day_on)
)
SELECT count(*) FILTER (WHERE created) AS created, count(*) FILTER (WHERE kept) AS kept,
    coalesce(jsonb_agg(jsonb_build_object('plan_id', plan_id, 'day_on', day_on))
        FILTER (WHERE NOT created AND NOT kept), '[]') AS clashes
FROM judged
"""

COLUMNS = """v.visit_id, v.plan_id, v.person_id, v.application_id, v.area_code, v.provider_id,
    v.plan_caregiver_id, v.caregiver_id, v.item_code, v.day_on, v.planned_at, v.planned_until,
    v.state, v.checked_in_at, v.checked_out_at, v.done_items, v.deviation, v.missed_reason,
    v.substitute_reason, v.cancel_reason"""

HOLD = f"""
SELECT {COLUMNS}, p.ended_on AS plan_ended_on
FROM visits v LEFT JOIN plans p ON p.plan_id = v.plan_id
WHERE v.visit_id = ANY (CAST(:ids AS uuid[])) ORDER BY v.visit_id FOR UPDATE OF v
"""

HOLD_CAREGIVERS = """
SELECT caregiver_id FROM caregivers WHERE caregiver_id = ANY (CAST(:ids AS uuid[]))
ORDER BY caregiver_id FOR NO KEY UPDATE
"""

SUBSTITUTES = """
SELECT v.visit_id, l.caregiver_id, coalesce(c.provider_id, '') AS provider_id,
    coalesce(c.on_duty, false) AS on_duty, c.certified_until_on,
    is_busy(l.caregiver_id, v.visit_id, v.planned_at, v.planned_until) AS is_busy
FROM unnest(CAST(:visits AS uuid[]), CAST(:caregivers AS uuid[])) AS l(visit_id, caregiver_id)
JOIN visits v ON v.visit_id = l.visit_id
LEFT JOIN caregivers c ON c.caregiver_id = l.caregiver_id
"""

SAVE = """
UPDATE visits v SET state = l.state, caregiver_id = l.caregiver_id,
    checked_in_at = l.checked_in_at, checked_out_at = l.checked_out_at,
    done_items = l.done_items, deviation = l.deviation, missed_reason = l.missed_reason,
    substitute_reason = l.substitute_reason, reported_by = :sub, reported_at = :now
FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS l(visit_id uuid, state text, caregiver_id uuid,
    checked_in_at timestamptz, checked_out_at timestamptz, done_items text[], deviation text,
    missed_reason text, substitute_reason text)
WHERE v.visit_id = l.visit_id
"""

CANCEL = "SELECT cancel_visits(:plan_id, :last_on)"
PAUSE = "SELECT pause_visits(:award_id)"
RESUME = "SELECT resume_visits(:award_id, :first_on)"
GIVE_UP = "SELECT give_up_visits(:award_id)"

MOVE = """
UPDATE visits SET area_code = :area_code
WHERE person_id = :person_id AND state IN ('planned', 'paused') AND area_code <> :area_code
"""

LIST = f"""
SELECT {COLUMNS} FROM visits v
WHERE (CAST(:plan_id AS uuid) IS NULL OR v.plan_id = CAST(:plan_id AS uuid))
    AND (CAST(:day_on AS date) IS NULL OR v.day_on = CAST(:day_on AS date))
    AND (CAST(:state AS text) IS NULL OR v.state = :state)
    AND (CAST(:after_day AS date) IS NULL
        OR (v.day_on, v.visit_id) > (CAST(:after_day AS date), CAST(:after_id AS uuid)))
ORDER BY v.day_on, v.visit_id LIMIT :most
"""

SUMMARY = """
WITH p AS (
    SELECT count(*) FILTER (WHERE state = 'proposed') AS proposed,
        count(*) FILTER (WHERE state = 'confirmed') AS confirmed,
        count(*) FILTER (WHERE state = 'ended') AS ended,
        count(*) FILTER (WHERE state = 'confirmed' AND suspended_on IS NOT NULL
            AND resumed_on IS NULL) AS paused
    FROM plans
), v AS (
    SELECT count(*) FILTER (WHERE state = 'planned') AS planned,
        count(*) FILTER (WHERE state = 'completed') AS completed,
        count(*) FILTER (WHERE state = 'missed') AS missed,
        count(*) FILTER (WHERE state = 'completed' AND deviation = 'substitute') AS substituted,
        count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
        count(*) FILTER (WHERE state = 'paused') AS paused
    FROM visits
)
SELECT p.proposed, p.confirmed, p.ended, p.paused AS paused_plans, v.planned, v.completed,
    v.missed, v.substituted, v.cancelled, v.paused
FROM p, v
"""
