"""Person files: facts, sealed identity, and blind indexes behind narrow functions (N-17)."""

from __future__ import annotations

from shared.ground.v1 import definer, protect, run_script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FUNCTIONS = """
-- Claims identity numbers for new files; a known number keeps its file and says where it is.
CREATE FUNCTION claim_numbers(digests bytea[], people uuid[], areas text[])
RETURNS TABLE (digest bytea, person_id uuid, area_code text, fresh boolean)
LANGUAGE sql SECURITY DEFINER SET search_path = intake AS $$
    WITH wanted AS (
        SELECT t.digest, t.person_id, t.area_code
        FROM unnest(digests, people, areas) AS t(digest, person_id, area_code)
    ), taken AS (
        INSERT INTO person_marks AS m (kind, digest, person_id, area_code)
        SELECT 'id_number', w.digest, w.person_id, w.area_code FROM wanted w ORDER BY w.digest
        ON CONFLICT (digest) WHERE kind = 'id_number' DO NOTHING
        RETURNING m.digest, m.person_id, m.area_code
    )
    SELECT t.digest, t.person_id, t.area_code, true FROM taken t
    UNION ALL
    SELECT m.digest, m.person_id, m.area_code, false
    FROM person_marks m JOIN wanted w ON w.digest = m.digest AND m.kind = 'id_number'
$$;
-- Who has a number, phone or certificate, over all areas: the file's id and its street alone.
CREATE FUNCTION find_marks(wanted_kind text, wanted bytea)
RETURNS TABLE (person_id uuid, area_code text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = intake AS $$
    SELECT m.person_id, left(m.area_code, 9) FROM person_marks m
    WHERE m.kind = wanted_kind AND m.digest = wanted LIMIT 20
$$;
-- The facts for an application by any agency, within the caller's areas.
CREATE FUNCTION facts_for_application(people uuid[])
RETURNS TABLE (person_id uuid, area_code text, facts jsonb, died_on text, moved_out_on date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = intake AS $$
    SELECT p.person_id, p.area_code, p.facts, p.facts ->> 'died_on', p.moved_out_on FROM persons p
    WHERE p.person_id = ANY (people) AND p.area_code LIKE ANY (scope_areas())
$$;
"""


def upgrade() -> None:
    run_script("""
        CREATE TABLE persons (
            person_id uuid PRIMARY KEY,
            area_code text NOT NULL CHECK (area_code ~ '^[0-9]{12}$'),
            agency text,
            facts jsonb NOT NULL,
            birth_on date,
            moved_out_on date,
            wrapped_key bytea,
            sealed bytea NOT NULL,
            version integer NOT NULL DEFAULT 1,
            registered_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        CREATE INDEX persons_area ON persons (area_code, person_id);
        CREATE TABLE person_marks (
            kind text NOT NULL CHECK (kind IN ('id_number', 'phone', 'disability_certificate')),
            digest bytea NOT NULL,
            person_id uuid NOT NULL,
            area_code text NOT NULL
        );
        CREATE UNIQUE INDEX person_numbers ON person_marks (digest) WHERE kind = 'id_number';
        CREATE INDEX person_marks_digest ON person_marks (digest) WHERE kind <> 'id_number';
        CREATE INDEX person_marks_person ON person_marks (person_id);
    """)
    protect("intake", "persons", agency="agency")
    protect("intake", "person_marks")
    run_script(FUNCTIONS)
    definer("intake", "claim_numbers(bytea[], uuid[], text[])")
    definer("intake", "find_marks(text, bytea)")
    definer("intake", "facts_for_application(uuid[])")


def downgrade() -> None:
    run_script("""
        DROP FUNCTION facts_for_application(uuid[]), find_marks(text, bytea),
            claim_numbers(bytea[], uuid[], text[]);
        DROP TABLE person_marks, persons;
    """)
