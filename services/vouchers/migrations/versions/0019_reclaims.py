"""Reclaims of what was spent though not due, with their decisions, plans, receipts; and agents."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# Rows of the offices alone: whoever is bound to an agency sees none of them.
OFFICES = "''"
TWO_PEOPLE = """
    made_on date NOT NULL,
    made_by text NOT NULL,
    made_body text NOT NULL,
    outcome text CHECK (outcome IN ('approved', 'refused')),
    decided_on date,
    decided_by text,
    decided_body text,
    decided_reason text,
    CONSTRAINT two_people CHECK (decided_by <> made_by),
    CONSTRAINT two_bodies CHECK (decided_body <> made_body),
    CONSTRAINT decided_whole
        CHECK (num_nulls(outcome, decided_on, decided_by, decided_body, decided_reason) IN (0, 5))
"""
TABLES = f"""
CREATE TABLE reclaim_cases (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    area_code text NOT NULL,
    reason text NOT NULL CHECK (reason IN ('spent_after_death', 'not_due')),
    since_on date NOT NULL,
    opened_on date NOT NULL,
    UNIQUE (person_id, reason)
);
CREATE TABLE reclaim_decisions (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES reclaim_cases,
    area_code text NOT NULL,
    way text NOT NULL CHECK (way IN ('waive', 'provider', 'family')),
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    reason text NOT NULL,
    {TWO_PEOPLE}
);
CREATE INDEX reclaim_decisions_of_case ON reclaim_decisions (case_id);
CREATE TABLE reclaim_lines (
    redemption_id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES reclaim_cases,
    area_code text NOT NULL,
    provider_id text NOT NULL,
    redeemed_on date NOT NULL,
    months_after date NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    decision_id uuid REFERENCES reclaim_decisions
);
CREATE INDEX reclaim_lines_of_case ON reclaim_lines (case_id);
CREATE TABLE reclaim_parts (
    decision_id uuid NOT NULL REFERENCES reclaim_decisions,
    redemption_id uuid NOT NULL REFERENCES reclaim_lines,
    area_code text NOT NULL,
    provider_id text NOT NULL,
    fund text NOT NULL,
    street_code text NOT NULL,
    month_on date NOT NULL,
    benefit_class text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    recovered_fen bigint NOT NULL DEFAULT 0
        CONSTRAINT never_more_than_owed CHECK (recovered_fen BETWEEN 0 AND amount_fen),
    PRIMARY KEY (decision_id, redemption_id, fund, street_code, month_on, benefit_class)
);
CREATE TABLE reclaim_instalments (
    decision_id uuid NOT NULL REFERENCES reclaim_decisions,
    area_code text NOT NULL,
    due_on date NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    PRIMARY KEY (decision_id, due_on)
);
CREATE TABLE reclaim_receipts (
    id uuid PRIMARY KEY,
    decision_id uuid NOT NULL REFERENCES reclaim_decisions,
    area_code text NOT NULL,
    receipt_no text NOT NULL UNIQUE,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    received_on date NOT NULL,
    booked_on date NOT NULL,
    booked_by text NOT NULL
);
CREATE INDEX reclaim_receipts_of_decision ON reclaim_receipts (decision_id);
CREATE TABLE agents (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    area_code text NOT NULL,
    relation text NOT NULL CHECK (relation IN ('spouse', 'child', 'grandchild', 'sibling',
        'guardian', 'community_worker', 'other')),
    authority_no text NOT NULL,
    from_on date NOT NULL,
    until_on date NOT NULL CHECK (until_on >= from_on),
    recorded_on date NOT NULL,
    recorded_by text NOT NULL,
    ended_on date,
    ended_by text,
    UNIQUE (person_id, authority_no)
);
CREATE INDEX redemptions_of_holder ON redemptions (person_id);
CREATE INDEX postings_of_return ON postings (cause) WHERE act IN ('refund', 'recover');
"""
DECIDED = "SELECT, INSERT, UPDATE (outcome, decided_on, decided_by, decided_body, decided_reason)"
WRITES = {
    "reclaim_cases": "SELECT, INSERT",
    "reclaim_decisions": DECIDED,
    "reclaim_lines": "SELECT, INSERT, UPDATE (decision_id)",
    "reclaim_parts": "SELECT, INSERT, UPDATE (recovered_fen)",
    "reclaim_instalments": "SELECT, INSERT",
    "reclaim_receipts": "SELECT, INSERT",
    "agents": "SELECT, INSERT, UPDATE (ended_on, ended_by)",
}


def upgrade() -> None:
    run_script(TABLES)
    for table, writes in WRITES.items():
        protect("vouchers", table, agency=OFFICES, writes=writes)


def downgrade() -> None:
    run_script("""
        DROP TABLE reclaim_receipts, reclaim_instalments, reclaim_parts, reclaim_lines,
            reclaim_decisions, reclaim_cases, agents;
        DROP INDEX redemptions_of_holder, postings_of_return;
    """)
