"""Visits: each day of a confirmed plan, with one outcome and a caregiver in one place at a time."""

from __future__ import annotations

from shared.ground.v1 import definer, protect, run_script

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE visits (
    visit_id uuid PRIMARY KEY DEFAULT uuidv7(),
    plan_id uuid NOT NULL REFERENCES plans,
    day_on date NOT NULL,
    person_id uuid NOT NULL,
    application_id uuid,
    area_code text NOT NULL,
    provider_id text NOT NULL,
    plan_caregiver_id uuid NOT NULL,
    caregiver_id uuid NOT NULL,
    item_code text NOT NULL,
    planned_at timestamptz NOT NULL,
    planned_until timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'planned'
        CHECK (state IN ('planned', 'completed', 'missed', 'cancelled')),
    checked_in_at timestamptz,
    checked_out_at timestamptz,
    done_items text[] NOT NULL DEFAULT '{}',
    deviation text CHECK (deviation IN ('substitute', 'late', 'early', 'other_place', 'shortened')),
    missed_reason text,
    substitute_reason text,
    reported_by text,
    reported_at timestamptz,
    UNIQUE (plan_id, day_on),
    CHECK (planned_until > planned_at),
    CHECK (checked_out_at > checked_in_at),
    CHECK (state <> 'completed' OR checked_out_at IS NOT NULL),
    CHECK ((state = 'missed') = (missed_reason IS NOT NULL)),
    -- a substitute is a deviation with a reason (N-13)
    CHECK ((caregiver_id = plan_caregiver_id) = (substitute_reason IS NULL)),
    CHECK (state <> 'completed' OR caregiver_id = plan_caregiver_id OR deviation = 'substitute'),
    CONSTRAINT one_visit_at_a_time
        EXCLUDE USING gist (caregiver_id WITH =, tstzrange(planned_at, planned_until) WITH &&)
        WHERE (state IN ('planned', 'completed'))
);
CREATE INDEX visits_day ON visits (day_on, visit_id);
CREATE INDEX visits_open ON visits (plan_id, day_on) WHERE state = 'planned';
CREATE INDEX visits_person ON visits (person_id) WHERE state = 'planned';

CREATE FUNCTION one_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a visit has one outcome' USING ERRCODE = '23514';
END $$;
CREATE TRIGGER one_outcome BEFORE UPDATE ON visits FOR EACH ROW
    WHEN (OLD.state <> 'planned' AND NEW IS DISTINCT FROM OLD) EXECUTE FUNCTION one_outcome();
"""

# A substitute's own visits and weeks may lie in streets that the asking caller does not see.
FUNCTIONS = """
CREATE FUNCTION is_busy(caregiver uuid, visit uuid, starts timestamptz, ends timestamptz)
RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = scheduling AS $$
    SELECT EXISTS (SELECT FROM visits
        WHERE caregiver_id = caregiver AND visit_id <> visit AND state IN ('planned', 'completed')
            AND tstzrange(planned_at, planned_until) && tstzrange(starts, ends))
    OR EXISTS (SELECT FROM bookings b
        CROSS JOIN (SELECT starts AT TIME ZONE 'Asia/Shanghai' AS wall) AS t
        CROSS JOIN LATERAL (SELECT ((extract(isodow FROM t.wall) - 1) * 1440
            + extract(hour FROM t.wall) * 60 + extract(minute FROM t.wall))::integer AS nth) AS m
        WHERE b.caregiver_id = caregiver AND b.days @> t.wall::date
            AND b.weekly && int4range(m.nth,
                m.nth + (extract(epoch FROM ends - starts) / 60)::integer)
            AND NOT EXISTS (SELECT FROM visits v
                WHERE v.plan_id = b.plan_id AND v.day_on = t.wall::date))
$$;
CREATE FUNCTION cancel_visits(ended uuid, last_on date) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = scheduling AS $$
    UPDATE visits SET state = 'cancelled'
    WHERE plan_id = ended AND state = 'planned' AND day_on > last_on
$$;
"""


def upgrade() -> None:
    run_script(TABLES)
    run_script(FUNCTIONS)
    protect("scheduling", "visits", agency="provider_id")
    definer("scheduling", "is_busy(uuid, uuid, timestamptz, timestamptz)")
    definer("scheduling", "cancel_visits(uuid, date)")


def downgrade() -> None:
    run_script("DROP FUNCTION cancel_visits, is_busy; DROP TABLE visits; DROP FUNCTION one_outcome")
