"""What eligibility knows of persons from letters, and which streets are activated (N-22)."""

from __future__ import annotations

from shared.ground.v1 import definer, protect, run_script

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script("""
        CREATE TABLE people (
            person_id uuid PRIMARY KEY,
            area_code text NOT NULL,
            facts jsonb NOT NULL,
            died_on date,
            moved_on date
        );
        CREATE TABLE activations (
            programme text NOT NULL,
            street_code text NOT NULL,
            active boolean NOT NULL,
            since_on date NOT NULL,
            PRIMARY KEY (programme, street_code)
        );
        -- A person keeps one row while moving between districts, which no one scope can see whole.
        CREATE FUNCTION keep_person(who uuid, place text, known jsonb, died date, moved date)
        RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = eligibility AS $$
            INSERT INTO people AS p (person_id, area_code, facts, died_on, moved_on)
            VALUES (who, COALESCE(place, '-'), COALESCE(known, '{}'), died, moved)
            ON CONFLICT (person_id) DO UPDATE SET
                area_code = COALESCE(place, p.area_code),
                facts = CASE
                    WHEN known IS NOT NULL THEN known
                    WHEN moved IS NOT NULL
                        THEN p.facts || jsonb_build_object('residence_area', place)
                    ELSE p.facts END,
                died_on = COALESCE(died, p.died_on),
                moved_on = COALESCE(moved, p.moved_on)
        $$;
        -- A death or a move known in another district must stop an award here.
        CREATE FUNCTION known_person(who uuid)
        RETURNS TABLE (known_area text, died_on date, moved_on date)
        LANGUAGE sql STABLE SECURITY DEFINER SET search_path = eligibility AS $$
            SELECT p.area_code, p.died_on, p.moved_on FROM people p WHERE p.person_id = who
        $$;
    """)
    protect("eligibility", "people", writes="SELECT")
    protect("eligibility", "activations", area="street_code")
    definer("eligibility", "keep_person(uuid, text, jsonb, date, date)")
    definer("eligibility", "known_person(uuid)")


def downgrade() -> None:
    run_script("""
        DROP FUNCTION known_person(uuid);
        DROP FUNCTION keep_person(uuid, text, jsonb, date, date);
        DROP TABLE activations, people;
    """)
