"""Chain links, and the narrow look-up of one application's whole chain."""

from __future__ import annotations

from shared.ground.v1 import definer, protect, run_script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# A chain belongs to the area where intake last knew the person to live. Who covers it sees the
# whole chain, wherever each letter was written (an issue run is the street's, not the
# community's). Others see the links of their own area, agencies those of their own agency.
TABLES = """
CREATE TABLE chain_links (
    letter_id uuid NOT NULL,
    nth integer NOT NULL,
    application_id uuid,
    person_id uuid,
    type text NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    aggregate_id uuid NOT NULL,
    seq bigint NOT NULL,
    causation_id uuid,
    traceparent text,
    area_code text NOT NULL,
    agency text NOT NULL,
    facts jsonb NOT NULL,
    PRIMARY KEY (letter_id, nth)
);
CREATE INDEX chain_of_application ON chain_links (application_id, type)
    WHERE application_id IS NOT NULL;
CREATE INDEX chain_of_person ON chain_links (person_id)
    WHERE application_id IS NULL AND person_id IS NOT NULL;
CREATE INDEX chain_starts ON chain_links (application_id)
    WHERE type = 'intake.application.submitted.v1';
CREATE INDEX chain_starts_of_person ON chain_links (person_id, application_id)
    WHERE type = 'intake.application.submitted.v1';
"""
CHAIN_OF = """
CREATE FUNCTION chain_of(application uuid) RETURNS SETOF chain_links
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = evaluation AS $$
WITH own AS (
    SELECT * FROM chain_links WHERE application_id = application
    UNION ALL
    SELECT * FROM chain_links WHERE application_id IS NULL AND person_id = (
        SELECT person_id FROM chain_links
        WHERE application_id = application AND person_id IS NOT NULL LIMIT 1)
), home AS (
    SELECT area_code FROM own WHERE type LIKE 'intake.%' AND area_code <> '-'
    ORDER BY occurred_at DESC, recorded_at DESC, seq DESC LIMIT 1
)
SELECT * FROM own
WHERE (scope_agency() = ''
        AND EXISTS (SELECT 1 FROM home WHERE area_code LIKE ANY (scope_areas())))
    OR (area_code LIKE ANY (scope_areas()) AND (scope_agency() = '' OR agency = scope_agency()))
$$;
"""


def upgrade() -> None:
    run_script(TABLES)
    protect("evaluation", "chain_links", agency="agency", writes="SELECT, INSERT")
    run_script(CHAIN_OF)
    definer("evaluation", "chain_of(uuid)")


def downgrade() -> None:
    run_script("DROP FUNCTION chain_of(uuid); DROP TABLE chain_links;")
