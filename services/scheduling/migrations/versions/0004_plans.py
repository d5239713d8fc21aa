"""Five-fixed plans and their bookings: a caregiver's week cannot be booked twice."""

from __future__ import annotations

from shared.ground.v1 import definer, protect, run_script

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE plans (
    plan_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    application_id uuid,
    award_id uuid NOT NULL,
    programme text NOT NULL,
    provider_id text NOT NULL,
    caregiver_id uuid NOT NULL,
    item_code text NOT NULL REFERENCES items,
    weekdays smallint[] NOT NULL CHECK (cardinality(weekdays) BETWEEN 1 AND 7),
    starts_at_minute integer NOT NULL CHECK (starts_at_minute >= 0),
    minutes integer NOT NULL CHECK (minutes > 0),
    place text NOT NULL,
    starts_on date NOT NULL,
    ends_on date,
    area_code text NOT NULL,
    state text NOT NULL CHECK (state IN ('proposed', 'confirmed', 'ended')),
    proposed_by text NOT NULL,
    proposed_at timestamptz NOT NULL,
    confirmed_by text,
    confirmed_at timestamptz,
    ended_on date,
    end_reason text,
    CHECK (starts_at_minute + minutes <= 1440),
    CHECK (ends_on >= starts_on),
    -- 核定: the street proposes and another person of the district office confirms (N-14)
    CONSTRAINT two_parties CHECK (confirmed_by <> proposed_by),
    CHECK (state <> 'confirmed' OR (confirmed_by IS NOT NULL AND confirmed_at IS NOT NULL)),
    CHECK ((state = 'ended') = (ended_on IS NOT NULL AND end_reason IS NOT NULL))
);
CREATE INDEX plans_area ON plans (area_code text_pattern_ops, plan_id);
CREATE INDEX plans_person ON plans (person_id);
CREATE INDEX plans_award ON plans (award_id);
CREATE INDEX plans_provider ON plans (provider_id);

-- `weekly` counts minutes from the midnight before Monday; `days` are the days it holds for.
CREATE TABLE bookings (
    plan_id uuid PRIMARY KEY REFERENCES plans,
    caregiver_id uuid NOT NULL,
    weekly int4multirange NOT NULL CHECK (NOT isempty(weekly)),
    days daterange NOT NULL,
    area_code text NOT NULL,
    provider_id text NOT NULL,
    CONSTRAINT one_place_at_a_time
        EXCLUDE USING gist (caregiver_id WITH =, weekly WITH &&, days WITH &&)
);
"""

FUNCTIONS = """
CREATE FUNCTION weekly_of(weekdays smallint[], starts integer, minutes integer)
RETURNS int4multirange LANGUAGE sql IMMUTABLE AS $$
    SELECT range_agg(int4range((d - 1) * 1440 + starts, (d - 1) * 1440 + starts + minutes))
    FROM unnest(weekdays) AS d
$$;

-- A caregiver's bookings may lie in streets that the asking officer does not see.
CREATE FUNCTION is_booked(caregiver uuid, times int4multirange, span daterange) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = scheduling AS $$
    SELECT EXISTS (SELECT FROM bookings
        WHERE caregiver_id = caregiver AND weekly && times AND days && span)
$$;
CREATE FUNCTION booked_minutes(caregiver uuid, span daterange) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = scheduling AS $$
    SELECT coalesce(sum(upper(slot) - lower(slot)), 0)::integer
    FROM bookings CROSS JOIN LATERAL unnest(weekly) AS slot
    WHERE caregiver_id = caregiver AND days && span
$$;

-- Whoever confirms holds the parties still: a death, an exit or another booking waits or is seen.
CREATE FUNCTION hold_parties(chosen uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM persons WHERE person_id IN
        (SELECT person_id FROM plans WHERE plan_id = ANY (chosen)) ORDER BY person_id FOR SHARE;
    PERFORM FROM awards WHERE award_id IN
        (SELECT award_id FROM plans WHERE plan_id = ANY (chosen)) ORDER BY award_id FOR SHARE;
    PERFORM FROM providers WHERE provider_id IN
        (SELECT provider_id FROM plans WHERE plan_id = ANY (chosen)) ORDER BY provider_id FOR SHARE;
    PERFORM FROM caregivers WHERE caregiver_id IN
        (SELECT caregiver_id FROM plans WHERE plan_id = ANY (chosen))
        ORDER BY caregiver_id FOR NO KEY UPDATE;
END $$;

-- Ends plans by plan, person, award or provider, wherever they lie; the earliest end holds.
CREATE FUNCTION end_plans(by_plan uuid, by_person uuid, by_award uuid, by_provider text,
    last_on date, why text) RETURNS SETOF plans
LANGUAGE plpgsql SECURITY DEFINER SET search_path = scheduling AS $$
BEGIN
    PERFORM FROM plans WHERE plan_id = by_plan OR person_id = by_person OR award_id = by_award
        OR provider_id = by_provider ORDER BY plan_id FOR UPDATE;
    RETURN QUERY
    WITH gone AS (
        UPDATE plans SET state = 'ended', ended_on = least(ends_on, last_on), end_reason = why
        WHERE (plan_id = by_plan OR person_id = by_person OR award_id = by_award
            OR provider_id = by_provider) AND (ended_on IS NULL OR ended_on > last_on)
        RETURNING *
    ), cut AS (
        UPDATE bookings b SET days = b.days * daterange(NULL, g.ended_on, '[]')
        FROM gone g WHERE b.plan_id = g.plan_id
    )
    SELECT * FROM gone;
END $$;
"""


def upgrade() -> None:
    run_script(TABLES)
    run_script(FUNCTIONS)
    protect("scheduling", "plans", agency="provider_id")
    protect("scheduling", "bookings", agency="provider_id")
    definer("scheduling", "weekly_of(smallint[], integer, integer)")
    definer("scheduling", "is_booked(uuid, int4multirange, daterange)")
    definer("scheduling", "booked_minutes(uuid, daterange)")
    definer("scheduling", "hold_parties(uuid[])")
    definer("scheduling", "end_plans(uuid, uuid, uuid, text, date, text)")


def downgrade() -> None:
    run_script("""
        DROP FUNCTION end_plans, hold_parties, booked_minutes, is_booked, weekly_of;
        DROP TABLE bookings, plans;
    """)
