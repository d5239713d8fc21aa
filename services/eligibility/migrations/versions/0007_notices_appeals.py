"""The clock of a case, papers asked for, signed lists, objections to awards, and appeals."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = """
-- The clock runs from `clock_on` where something set it anew, and stands still from `asked_on`.
ALTER TABLE cases ADD COLUMN clock_on date, ADD COLUMN asked_on date,
    ADD COLUMN waited_days integer NOT NULL DEFAULT 0 CHECK (waited_days >= 0);
ALTER TABLE ties
    ADD COLUMN kind text NOT NULL DEFAULT 'interest'
        CHECK (kind IN ('kin', 'household', 'interest')),
    ADD COLUMN declared_by text NOT NULL DEFAULT '';
CREATE TABLE evidence_requests (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases,
    determination_id uuid NOT NULL REFERENCES determinations,
    documents jsonb NOT NULL CHECK (jsonb_typeof(documents) = 'object' AND documents <> '{}'),
    sub text NOT NULL,
    area_code text NOT NULL,
    agency text,
    requested_on date NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX evidence_requests_case ON evidence_requests (case_id);
CREATE TABLE signed_lists (
    act_id uuid PRIMARY KEY,
    sub text NOT NULL,
    body text NOT NULL,
    area_code text NOT NULL,
    signed_on date NOT NULL,
    list_digest text NOT NULL CHECK (list_digest ~ '^[0-9a-f]{64}$'),
    shown integer NOT NULL CHECK (shown > 0),
    approved integer NOT NULL CHECK (approved BETWEEN 0 AND shown),
    lines jsonb NOT NULL CHECK (jsonb_array_length(lines) = shown),
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE objections (
    objection_id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases,
    -- None where the notice runs before the approval.
    award_id uuid REFERENCES awards,
    application_id uuid NOT NULL,
    person_id uuid NOT NULL,
    programme text NOT NULL,
    area_code text NOT NULL,
    agency text,
    ground text NOT NULL,
    raised_on date NOT NULL,
    recorded_by text NOT NULL,
    held_on date,
    outcome text CHECK (outcome IN ('dismissed', 'sustained')),
    note text,
    decided_by text,
    decided_body text,
    decided_on date,
    reviewed_by text NOT NULL,
    granted_by text,
    -- Who gave the award, or wrote the objection down, does not judge it (N-28, N-49).
    CONSTRAINT judged_by_another CHECK (
        decided_by NOT IN (reviewed_by, recorded_by, COALESCE(granted_by, reviewed_by))),
    CONSTRAINT judged_with_a_note CHECK (
        (outcome IS NULL) = (decided_by IS NULL) AND (outcome IS NULL) = (note IS NULL)
        AND (outcome IS NULL) = (decided_on IS NULL))
);
CREATE INDEX objections_case ON objections (case_id);
CREATE INDEX objections_open ON objections (raised_on, objection_id) WHERE outcome IS NULL;
CREATE TABLE appeals (
    appeal_id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES cases,
    determination_id uuid NOT NULL REFERENCES determinations,
    -- The decision appealed against, in the journal of decisions; each but once.
    against bigint NOT NULL UNIQUE REFERENCES decisions,
    application_id uuid NOT NULL,
    person_id uuid NOT NULL,
    programme text NOT NULL,
    area_code text NOT NULL,
    agency text,
    ground text NOT NULL,
    filed_on date NOT NULL,
    filed_by text NOT NULL,
    last_on date NOT NULL CHECK (filed_on <= last_on),
    reviewed_by text NOT NULL,
    refused_by text NOT NULL,
    outcome text CHECK (outcome IN ('upheld', 'changed', 'remitted')),
    note text,
    decided_by text,
    decided_body text,
    decided_on date,
    CONSTRAINT heard_by_another CHECK (decided_by NOT IN (reviewed_by, refused_by, filed_by)),
    CONSTRAINT heard_with_a_note CHECK (
        (outcome IS NULL) = (decided_by IS NULL) AND (outcome IS NULL) = (note IS NULL)
        AND (outcome IS NULL) = (decided_on IS NULL))
);
CREATE INDEX appeals_case ON appeals (case_id);
CREATE INDEX appeals_open ON appeals (filed_on, appeal_id) WHERE outcome IS NULL;
"""


def upgrade() -> None:
    run_script(TABLES)
    protect("eligibility", "evidence_requests", agency="agency", writes="SELECT, INSERT")
    protect("eligibility", "signed_lists", writes="SELECT, INSERT")
    protect("eligibility", "objections", agency="agency")
    protect("eligibility", "appeals", agency="agency")


def downgrade() -> None:
    run_script("""
        DROP TABLE appeals, objections, signed_lists, evidence_requests;
        ALTER TABLE ties DROP COLUMN declared_by, DROP COLUMN kind;
        ALTER TABLE cases DROP COLUMN waited_days, DROP COLUMN asked_on, DROP COLUMN clock_on;
    """)
