"""Applications (N-05) with their channel and the hotline's call."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script("""
        CREATE TABLE applications (
            application_id uuid PRIMARY KEY,
            person_id uuid NOT NULL,
            programme text NOT NULL,
            channel text NOT NULL,
            area_code text NOT NULL,
            applied_on date NOT NULL,
            agency text,
            call_id text,
            state text NOT NULL CHECK (state IN ('submitted', 'withdrawn')),
            submitted_by text NOT NULL,
            submitted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            CHECK ((channel = 'hotline') = (call_id IS NOT NULL))
        );
        CREATE INDEX applications_person ON applications (person_id);
    """)
    protect("intake", "applications", agency="agency")


def downgrade() -> None:
    run_script("DROP TABLE applications")
