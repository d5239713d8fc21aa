"""Awards: who has which benefit from which month on, and until when."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script("""
        CREATE TABLE awards (
            award_id uuid PRIMARY KEY,
            case_id uuid NOT NULL UNIQUE REFERENCES cases,
            application_id uuid NOT NULL,
            person_id uuid NOT NULL,
            programme text NOT NULL,
            benefit_class text NOT NULL,
            monthly_amount_fen bigint CHECK (monthly_amount_fen > 0),
            area_code text NOT NULL,
            agency text,
            birth_on date,
            starts_on date NOT NULL CHECK (extract(day FROM starts_on) = 1),
            granted_on date NOT NULL,
            reviewed_by text NOT NULL,
            approved_by text NOT NULL,
            state text NOT NULL CHECK (state IN ('active', 'ended')),
            ended_on date,
            end_reason text CHECK (
                end_reason IN ('died', 'moved_out', 'withdrawn', 'no_longer_eligible')),
            CONSTRAINT two_parties CHECK (reviewed_by <> approved_by),
            CONSTRAINT ended_with_reason CHECK (
                (state = 'ended') = (ended_on IS NOT NULL AND end_reason IS NOT NULL))
        );
        CREATE UNIQUE INDEX awards_one_running ON awards (person_id, programme)
            WHERE state = 'active';
        CREATE INDEX awards_application ON awards (application_id);
        CREATE INDEX awards_person ON awards (person_id);
    """)
    protect("eligibility", "awards", agency="agency")


def downgrade() -> None:
    run_script("DROP TABLE awards")
