"""Determinations (append-only) and the cases that they open for the two parties to decide."""

from __future__ import annotations

from shared.ground.v1 import protect, roles, run_script

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = """
CREATE TABLE determinations (
    determination_id uuid PRIMARY KEY,
    application_id uuid NOT NULL,
    person_id uuid NOT NULL,
    programme text NOT NULL,
    area_code text NOT NULL,
    agency text,
    trigger text NOT NULL CHECK (trigger IN ('application', 'birthday', 'event')),
    as_of_on date NOT NULL,
    made_on date NOT NULL,
    facts jsonb NOT NULL,
    policy_version text NOT NULL,
    engine_version text NOT NULL,
    outcome text NOT NULL CHECK (
        outcome IN ('eligible', 'ineligible', 'needs_evidence', 'needs_review')),
    benefit_class text,
    findings jsonb NOT NULL,
    unmet text[] NOT NULL,
    unknown text[] NOT NULL,
    evidence text[] NOT NULL,
    flags text[] NOT NULL,
    reasons jsonb NOT NULL,
    reconsider_on date,
    refer_to text,
    digest text NOT NULL,
    made_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX determinations_application ON determinations (application_id);
CREATE INDEX determinations_person ON determinations (person_id);
CREATE TABLE cases (
    case_id uuid PRIMARY KEY,
    application_id uuid NOT NULL,
    determination_id uuid NOT NULL REFERENCES determinations,
    person_id uuid NOT NULL,
    programme text NOT NULL,
    area_code text NOT NULL,
    agency text,
    outcome text NOT NULL,
    benefit_class text,
    stage text NOT NULL CHECK (stage IN ('held', 'street_review', 'needs_evidence',
        'district_approval', 'approved', 'refused', 'withdrawn', 'died', 'moved_out',
        'duplicate')),
    open boolean NOT NULL GENERATED ALWAYS AS (stage IN
        ('held', 'street_review', 'needs_evidence', 'district_approval')) STORED,
    opened_on date NOT NULL,
    starts_on date NOT NULL,
    reconsider_on date,
    reviewed_by text,
    reviewed_on date,
    recommendation text,
    decided_by text,
    decided_on date,
    -- N-28, N-49: the street reviews, the district decides, never the same person.
    CONSTRAINT two_parties CHECK (decided_by <> reviewed_by),
    CONSTRAINT decided_after_review CHECK (
        (stage IN ('approved', 'refused')) = (decided_by IS NOT NULL)
        AND (decided_by IS NULL OR reviewed_by IS NOT NULL)),
    CONSTRAINT no_machine_no CHECK (stage <> 'approved' OR outcome <> 'ineligible')
);
CREATE UNIQUE INDEX cases_one_open ON cases (person_id, programme) WHERE open;
CREATE INDEX cases_person ON cases (person_id);
CREATE INDEX cases_application ON cases (application_id);
CREATE INDEX cases_worklist ON cases (stage, opened_on, case_id);
CREATE INDEX cases_due ON cases (reconsider_on)
    WHERE stage = 'refused' AND reconsider_on IS NOT NULL;
"""


def upgrade() -> None:
    run_script(TABLES)
    protect("eligibility", "determinations", agency="agency", writes="SELECT, INSERT")
    protect("eligibility", "cases", agency="agency")
    names = roles("eligibility")
    # The file follows the person to another street; what was determined never changes.
    run_script(f"GRANT UPDATE (area_code) ON determinations TO {names['app']}, {names['jobs']}")


def downgrade() -> None:
    run_script("DROP TABLE cases, determinations")
