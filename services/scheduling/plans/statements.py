"""The SQL of the plans' store."""

from __future__ import annotations

STANDINGS = """
SELECT coalesce(p.area_code, '') AS area_code, p.died_on, a.award_id, a.application_id,
    coalesce(a.suspended, false) AS award_suspended,
    v.state AS provider_state, c.provider_id AS caregiver_provider, c.on_duty,
    c.certified_until_on, coalesce(s.active, false) AS street_active, i.area_code AS item_area,
    is_booked(l.caregiver_id, weekly_of(l.weekdays, l.starts_at_minute, l.minutes),
        daterange(l.starts_on, l.ends_on, '[]')) AS is_booked,
    booked_minutes(l.caregiver_id, daterange(l.starts_on, l.ends_on, '[]')) AS booked_minutes
FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS l(nth integer, person_id uuid, programme text,
    provider_id text, caregiver_id uuid, item_code text, weekdays smallint[],
    starts_at_minute integer, minutes integer, starts_on date, ends_on date)
LEFT JOIN persons p ON p.person_id = l.person_id
LEFT JOIN LATERAL (
    SELECT award_id, application_id, suspended_on IS NOT NULL AND (resumed_on IS NULL
        OR resumed_on > greatest(l.starts_on, CAST(:today AS date))) AS suspended FROM awards
    WHERE person_id = l.person_id AND programme = l.programme AND starts_on <= l.starts_on
        AND (ended_on IS NULL OR ended_on >= l.starts_on)
    ORDER BY starts_on DESC LIMIT 1
) a ON true
LEFT JOIN providers v ON v.provider_id = l.provider_id
LEFT JOIN caregivers c ON c.caregiver_id = l.caregiver_id
LEFT JOIN street_activations s
    ON s.programme = l.programme AND s.street_code = left(p.area_code, 9)
LEFT JOIN items i ON i.item_code = l.item_code
ORDER BY l.nth
"""

# A plan that was kept before counts again only when it is the same in every fixed part.
PROPOSE = """
WITH lines AS (
    SELECT * FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS l(plan_id uuid, person_id uuid,
        application_id uuid, award_id uuid, programme text, provider_id text, caregiver_id uuid,
        item_code text, weekdays smallint[], starts_at_minute integer, minutes integer, place text,
        starts_on date, ends_on date, area_code text, proposed_by text)
), made AS (
    INSERT INTO plans (plan_id, person_id, application_id, award_id, programme, provider_id,
        caregiver_id, item_code, weekdays, starts_at_minute, minutes, place, starts_on, ends_on,
        area_code, state, proposed_by, proposed_at)
    SELECT plan_id, person_id, application_id, award_id, programme, provider_id, caregiver_id,
        item_code, weekdays, starts_at_minute, minutes, place, starts_on, ends_on, area_code,
        'proposed', proposed_by, :proposed_at
    FROM lines
    ON CONFLICT (plan_id) DO NOTHING
    RETURNING plan_id, state
)
SELECT plan_id, state, true AS fresh FROM made
UNION ALL
SELECT k.plan_id, k.state, false FROM plans k JOIN lines l ON k.plan_id = l.plan_id
WHERE (k.person_id, k.programme, k.provider_id, k.caregiver_id, k.item_code, k.weekdays,
        k.starts_at_minute, k.minutes, k.place, k.starts_on, k.proposed_by)
    = (l.person_id, l.programme, l.provider_id, l.caregiver_id, l.item_code, l.weekdays,
        l.starts_at_minute, l.minutes, l.place, l.starts_on, l.proposed_by)
    AND k.ends_on IS NOT DISTINCT FROM l.ends_on
"""

HOLD = """
SELECT * FROM plans WHERE plan_id = ANY (CAST(:ids AS uuid[])) ORDER BY plan_id FOR UPDATE
"""

CONFIRM = """
WITH won AS (
    INSERT INTO bookings (plan_id, caregiver_id, weekly, days, area_code, provider_id)
    SELECT plan_id, caregiver_id, weekly_of(weekdays, starts_at_minute, minutes),
        daterange(greatest(starts_on, CAST(:today AS date)), ends_on, '[]'), area_code, provider_id
    FROM plans WHERE plan_id = ANY (CAST(:ids AS uuid[]))
    ORDER BY array_position(CAST(:ids AS uuid[]), plan_id)
    ON CONFLICT DO NOTHING
    RETURNING plan_id
)
UPDATE plans p SET state = 'confirmed', confirmed_by = :sub, confirmed_at = :now
FROM won WHERE p.plan_id = won.plan_id
RETURNING p.plan_id
"""

END = """
SELECT * FROM end_plans(CAST(:plan_id AS uuid), CAST(:person_id AS uuid), CAST(:award_id AS uuid),
    CAST(:provider_id AS text), :last_on, :reason)
"""

PAUSE = "SELECT pause_plans(:award_id, :last_on, :reason)"
RESUME = "SELECT resume_plans(:award_id, :first_on)"

MOVE = """
WITH moved AS (
    UPDATE plans SET area_code = :area_code
    WHERE person_id = :person_id AND area_code <> :area_code RETURNING plan_id
)
UPDATE bookings b SET area_code = :area_code FROM moved WHERE b.plan_id = moved.plan_id
"""

STATE = "SELECT state FROM plans WHERE plan_id = :plan_id"

LIST = """
SELECT plan_id, person_id, programme, provider_id, caregiver_id, item_code, weekdays,
    starts_at_minute, minutes, place, starts_on, ends_on, area_code, state, proposed_by,
    confirmed_by, ended_on, end_reason, suspended_on, suspend_reason, resumed_on
FROM plans
WHERE area_code LIKE :area
    AND (CAST(:state AS text) IS NULL OR state = :state)
    AND (CAST(:after AS uuid) IS NULL OR plan_id > CAST(:after AS uuid))
ORDER BY plan_id LIMIT :most
"""
