"""Issue runs: what was previewed, what was issued, and the two people who decided."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Rows of the offices alone: whoever is bound to an agency sees none of them.
OFFICES = "''"


def upgrade() -> None:
    run_script("""
        CREATE TABLE issue_runs (
            id uuid PRIMARY KEY,
            programme text NOT NULL,
            month_on date NOT NULL CHECK (extract(day FROM month_on) = 1),
            area_code text NOT NULL,
            made_on date NOT NULL,
            made_by text NOT NULL,
            preview jsonb NOT NULL,
            approved_on date,
            approved_by text,
            issued jsonb,
            CONSTRAINT two_people CHECK (approved_by <> made_by),
            CONSTRAINT approved_whole CHECK (num_nulls(approved_on, approved_by, issued) IN (0, 3))
        );
        CREATE INDEX issue_runs_of_month ON issue_runs (month_on, id);
    """)
    protect(
        "vouchers",
        "issue_runs",
        agency=OFFICES,
        writes="SELECT, INSERT, UPDATE (approved_on, approved_by, issued)",
    )


def downgrade() -> None:
    run_script("DROP TABLE issue_runs;")
