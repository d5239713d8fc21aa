"""Papers that the street asked an applicant for, and the day on which each came in (C-59)."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script("""
        CREATE TABLE asked_papers (
            application_id uuid NOT NULL REFERENCES applications,
            document text NOT NULL,
            name text NOT NULL,
            area_code text NOT NULL,
            agency text,
            asked_on date NOT NULL,
            received_on date,
            received_by text,
            PRIMARY KEY (application_id, document),
            CHECK ((received_on IS NULL) = (received_by IS NULL))
        );
        CREATE INDEX asked_papers_open ON asked_papers (asked_on, application_id)
            WHERE received_on IS NULL;
    """)
    protect("intake", "asked_papers", agency="agency")


def downgrade() -> None:
    run_script("DROP TABLE asked_papers")
