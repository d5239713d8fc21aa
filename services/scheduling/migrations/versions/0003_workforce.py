"""The workforce: providers, caregivers, persons, awards and streets as letters told of them."""

from __future__ import annotations

from shared.ground.v1 import definer, protect, run_script, share

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE providers (
    provider_id text PRIMARY KEY,
    state text NOT NULL CHECK (state IN ('admitted', 'suspended', 'exited')),
    since_on date NOT NULL
);
CREATE TABLE caregivers (
    caregiver_id uuid PRIMARY KEY,
    provider_id text NOT NULL,
    certified_until_on date,
    on_duty boolean NOT NULL
);
CREATE INDEX caregivers_provider ON caregivers (provider_id, caregiver_id);
CREATE TABLE persons (
    person_id uuid PRIMARY KEY,
    area_code text NOT NULL,
    died_on date
);
CREATE TABLE awards (
    award_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    application_id uuid,
    programme text NOT NULL,
    starts_on date NOT NULL,
    ended_on date,
    area_code text NOT NULL
);
CREATE INDEX awards_person ON awards (person_id, programme);
CREATE TABLE street_activations (
    programme text NOT NULL,
    street_code text NOT NULL,
    active boolean NOT NULL,
    since_on date NOT NULL,
    PRIMARY KEY (programme, street_code)
);
"""

# A letter may be about a person who now lives, or once lived, in another district than its own.
HEAR = """
CREATE FUNCTION hear_person(person uuid, area text, died date) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = scheduling AS $$
    INSERT INTO persons AS p (person_id, area_code, died_on) VALUES (person, area, died)
    ON CONFLICT (person_id) DO UPDATE SET
        area_code = CASE WHEN area = '' THEN p.area_code ELSE area END,
        died_on = coalesce(died, p.died_on);
    UPDATE awards SET area_code = area
    WHERE person_id = person AND area <> '' AND area_code <> area;
$$;
CREATE FUNCTION hear_award(award uuid, person uuid, application uuid, under text, starts date,
    area text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = scheduling AS $$
    INSERT INTO persons AS p (person_id, area_code) VALUES (person, area)
    ON CONFLICT (person_id) DO UPDATE SET
        area_code = CASE WHEN p.area_code = '' THEN area ELSE p.area_code END;
    INSERT INTO awards (award_id, person_id, application_id, programme, starts_on, area_code)
    SELECT award, person, application, under, starts, p.area_code
    FROM persons p WHERE p.person_id = person
    ON CONFLICT (award_id) DO NOTHING;
$$;
CREATE FUNCTION hear_award_end(award uuid, last_on date) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = scheduling AS $$
    UPDATE awards SET ended_on = least(ended_on, last_on) WHERE award_id = award;
$$;
"""


def upgrade() -> None:
    run_script(TABLES)
    run_script(HEAR)
    protect("scheduling", "providers", area=None, agency="provider_id")
    protect("scheduling", "caregivers", area=None, agency="provider_id")
    protect("scheduling", "persons")
    protect("scheduling", "awards")
    share("scheduling", "street_activations")
    definer("scheduling", "hear_person(uuid, text, date)")
    definer("scheduling", "hear_award(uuid, uuid, uuid, text, date, text)")
    definer("scheduling", "hear_award_end(uuid, date)")


def downgrade() -> None:
    run_script("""
        DROP FUNCTION hear_person, hear_award, hear_award_end;
        DROP TABLE street_activations, awards, persons, caregivers, providers;
    """)
