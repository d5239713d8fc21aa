"""What-if runs with their results, and the care there is: plans and caregivers from letters."""

from __future__ import annotations

from shared.ground.v1 import definer, protect, run_script, share

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SIMULATIONS = """
CREATE TABLE simulations (
    simulation_id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('values', 'policies')),
    area_code text NOT NULL,
    sub text NOT NULL,
    role text NOT NULL,
    asked jsonb NOT NULL,
    as_of_on date NOT NULL,
    asked_on date NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed', 'cancelled')),
    open boolean NOT NULL GENERATED ALWAYS AS (state IN ('waiting', 'running')) STORED,
    attempts integer NOT NULL DEFAULT 0,
    people_total bigint NOT NULL DEFAULT 0,
    people_done bigint NOT NULL DEFAULT 0,
    trouble text NOT NULL DEFAULT '',
    result jsonb,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT done_with_result CHECK ((state = 'done') = (result IS NOT NULL))
);
CREATE UNIQUE INDEX simulations_one_open ON simulations (sub) WHERE open;
CREATE INDEX simulations_waiting ON simulations (asked_at) WHERE open;
"""
# A plan or a caregiver keeps one row while going from district to district, which no one scope
# can see whole; and a plan's end may be heard before its confirmation.
CAPACITY = """
CREATE TABLE care_plans (
    plan_id uuid PRIMARY KEY,
    area_code text NOT NULL,
    person_id uuid,
    caregiver_id uuid,
    weekly_minutes integer CHECK (weekly_minutes > 0),
    starts_on date,
    ended_on date
);
CREATE INDEX care_plans_running ON care_plans (area_code) WHERE ended_on IS NULL;
CREATE TABLE caregivers (
    caregiver_id uuid PRIMARY KEY,
    provider_id uuid NOT NULL,
    area_code text NOT NULL,
    on_duty boolean NOT NULL,
    certified_until_on date
);
CREATE TABLE care_providers (
    provider_id uuid PRIMARY KEY,
    taking boolean NOT NULL
);
CREATE FUNCTION keep_plan(plan uuid, place text, person uuid, caregiver uuid, minutes integer,
    first date, last date)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = eligibility AS $$
    INSERT INTO care_plans AS c (plan_id, area_code, person_id, caregiver_id, weekly_minutes,
        starts_on, ended_on)
    VALUES (plan, place, person, caregiver, minutes, first, last)
    ON CONFLICT (plan_id) DO UPDATE SET
        area_code = excluded.area_code,
        person_id = COALESCE(excluded.person_id, c.person_id),
        caregiver_id = COALESCE(excluded.caregiver_id, c.caregiver_id),
        weekly_minutes = COALESCE(excluded.weekly_minutes, c.weekly_minutes),
        starts_on = COALESCE(excluded.starts_on, c.starts_on),
        ended_on = COALESCE(excluded.ended_on, c.ended_on)
$$;
CREATE FUNCTION keep_caregiver(who uuid, provider uuid, place text, working boolean,
    until_on date)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = eligibility AS $$
    INSERT INTO caregivers (caregiver_id, provider_id, area_code, on_duty, certified_until_on)
    VALUES (who, provider, place, working, until_on)
    ON CONFLICT (caregiver_id) DO UPDATE SET provider_id = excluded.provider_id,
        area_code = excluded.area_code, on_duty = excluded.on_duty,
        certified_until_on = excluded.certified_until_on
$$;
"""


def upgrade() -> None:
    run_script(SIMULATIONS + CAPACITY)
    protect("eligibility", "simulations")
    protect("eligibility", "care_plans", writes="SELECT")
    protect("eligibility", "caregivers", writes="SELECT")
    share("eligibility", "care_providers")
    definer("eligibility", "keep_plan(uuid, text, uuid, uuid, integer, date, date)")
    definer("eligibility", "keep_caregiver(uuid, uuid, text, boolean, date)")


def downgrade() -> None:
    run_script("""
        DROP FUNCTION keep_caregiver(uuid, uuid, text, boolean, date);
        DROP FUNCTION keep_plan(uuid, text, uuid, uuid, integer, date, date);
        DROP TABLE care_providers, caregivers, care_plans, simulations;
    """)
