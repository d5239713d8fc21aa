"""The journal of what officers decided on cases, and the ties that they declared (N-49)."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script, share

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script("""
        CREATE TABLE decisions (
            position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            case_id uuid NOT NULL REFERENCES cases,
            determination_id uuid NOT NULL REFERENCES determinations,
            party text NOT NULL CHECK (party IN ('street', 'district')),
            decision text NOT NULL,
            note text,
            sub text NOT NULL,
            body text NOT NULL,
            area_code text NOT NULL,
            decided_on date NOT NULL,
            recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
        );
        CREATE INDEX decisions_case ON decisions (case_id);
        CREATE TABLE ties (
            sub text NOT NULL,
            person_id uuid NOT NULL,
            declared_on date NOT NULL,
            PRIMARY KEY (sub, person_id)
        );
    """)
    protect("eligibility", "decisions", writes="SELECT, INSERT")
    share("eligibility", "ties", writes="SELECT, INSERT")


def downgrade() -> None:
    run_script("DROP TABLE ties, decisions")
