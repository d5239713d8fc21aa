"""Statements that a provider accepts, its payee account, payment batches and the bank's answers."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# A refund after a redemption was settled comes off the next statement; a line that the provider
# rightly objected to goes out, and comes back with the statement after it was corrected.
STATEMENTS = """
ALTER TABLE settlements
    ADD deductions integer NOT NULL DEFAULT 0 CHECK (deductions >= 0),
    ADD deducted_fen bigint NOT NULL DEFAULT 0 CHECK (deducted_fen >= 0),
    ADD final boolean NOT NULL DEFAULT false,
    ADD objections_until_on date,
    ADD confirmed_on date,
    ADD confirmed_by text,
    ADD void_on date,
    DROP CONSTRAINT settlements_redemptions_check,
    DROP CONSTRAINT settlements_amount_fen_check,
    ADD CONSTRAINT owes_something CHECK (
        (void_on IS NULL AND redemptions > 0 AND amount_fen > 0)
        OR (void_on IS NOT NULL AND redemptions = 0 AND amount_fen = 0 AND deductions = 0
            AND deducted_fen = 0 AND second_on IS NULL)),
    ADD CONSTRAINT confirmed_whole CHECK ((confirmed_on IS NULL) = (confirmed_by IS NULL));
CREATE TABLE settlement_deductions (
    settlement_id uuid NOT NULL REFERENCES settlements,
    source_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('refund', 'recover')),
    provider_id text NOT NULL,
    area_code text NOT NULL,
    redemption_id uuid,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    occurred_on date NOT NULL,
    out_on date,
    PRIMARY KEY (settlement_id, source_id)
);
CREATE UNIQUE INDEX deducted_once ON settlement_deductions (source_id) WHERE out_on IS NULL;
CREATE INDEX postings_deducted ON postings (agency, set_id)
    WHERE account_kind = 'provider_payable' AND act IN ('refund', 'recover');
CREATE TABLE objections (
    id uuid PRIMARY KEY,
    settlement_id uuid NOT NULL REFERENCES settlements,
    line_id uuid NOT NULL,
    provider_id text NOT NULL,
    area_code text NOT NULL,
    amount_fen bigint NOT NULL,
    reason text NOT NULL CHECK (reason <> ''),
    objected_on date NOT NULL,
    objected_by text NOT NULL,
    decision text CHECK (decision IN ('accepted', 'rejected')),
    decision_reason text,
    decided_on date,
    decided_by text,
    UNIQUE (settlement_id, line_id),
    CONSTRAINT two_people CHECK (decided_by <> objected_by),
    CONSTRAINT decided_whole CHECK (
        num_nulls(decision, decision_reason, decided_on, decided_by) IN (0, 4)),
    CONSTRAINT rejected_with_reason CHECK (decision <> 'rejected' OR decision_reason <> '')
);
CREATE INDEX objections_open ON objections (settlement_id) WHERE decision IS NULL;
"""
# The number is sealed under a key of its own; the digest compares it with what the bank names.
PAYEES = """
CREATE TABLE payees (
    id uuid PRIMARY KEY,
    provider_id text NOT NULL,
    area_code text NOT NULL,
    account_name text NOT NULL CHECK (account_name <> ''),
    bank_name text NOT NULL CHECK (bank_name <> ''),
    wrapped_key bytea NOT NULL,
    sealed bytea NOT NULL,
    digest bytea NOT NULL,
    tail text NOT NULL,
    proposed_on date NOT NULL,
    proposed_by text NOT NULL,
    decision text CHECK (decision IN ('approved', 'rejected')),
    decided_on date,
    decided_by text,
    valid_from_on date,
    CONSTRAINT two_people CHECK (decided_by <> proposed_by),
    CONSTRAINT decided_whole CHECK (num_nulls(decision, decided_on, decided_by) IN (0, 3)),
    CONSTRAINT valid_when_approved
        CHECK ((decision IS NOT DISTINCT FROM 'approved') = (valid_from_on IS NOT NULL))
);
CREATE UNIQUE INDEX one_proposal_a_provider ON payees (provider_id) WHERE decision IS NULL;
CREATE INDEX payees_in_force ON payees (provider_id, valid_from_on) WHERE decision = 'approved';
"""
# What was paid into a wrong account and came back is ordered again: each order is paid once.
PAYMENTS = """
CREATE TABLE payment_batches (
    id uuid PRIMARY KEY,
    area_code text NOT NULL,
    orders integer NOT NULL CHECK (orders > 0),
    total_fen bigint NOT NULL CHECK (total_fen > 0),
    made_on date NOT NULL,
    made_by text NOT NULL,
    digest text NOT NULL
);
ALTER TABLE payment_orders
    DROP CONSTRAINT payment_orders_settlement_id_key,
    ADD nth integer NOT NULL DEFAULT 1 CHECK (nth > 0),
    ADD CONSTRAINT one_order_a_turn UNIQUE (settlement_id, nth);
CREATE TABLE payments (
    order_id uuid PRIMARY KEY REFERENCES payment_orders,
    batch_id uuid NOT NULL REFERENCES payment_batches,
    payee_id uuid NOT NULL REFERENCES payees,
    provider_id text NOT NULL,
    area_code text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    paid_on date,
    bank_ref text,
    returned_on date,
    return_reason text,
    CONSTRAINT one_end CHECK (num_nonnulls(paid_on, returned_on) < 2)
) WITH (fillfactor = 80);
CREATE INDEX payments_of_batch ON payments (batch_id);
"""
ANSWERS = """
CREATE TABLE bank_answers (
    id uuid PRIMARY KEY,
    batch_id uuid NOT NULL REFERENCES payment_batches,
    area_code text NOT NULL,
    file_digest text NOT NULL,
    lines integer NOT NULL CHECK (lines > 0),
    received_on date NOT NULL,
    received_by text NOT NULL,
    UNIQUE (batch_id, file_digest)
);
CREATE TABLE bank_answer_lines (
    answer_id uuid NOT NULL REFERENCES bank_answers,
    line integer NOT NULL,
    area_code text NOT NULL,
    order_ref text NOT NULL,
    order_id uuid,
    amount_fen bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('paid', 'returned')),
    answered_on date NOT NULL,
    bank_ref text NOT NULL,
    reason text NOT NULL,
    result text NOT NULL CHECK (result IN
        ('matched', 'returned', 'late', 'double', 'amount_differs', 'wrong_provider', 'unknown')),
    PRIMARY KEY (answer_id, line)
);
CREATE INDEX bank_answer_lines_of_order ON bank_answer_lines (order_id)
    WHERE order_id IS NOT NULL;
CREATE TABLE discrepancies (
    id uuid PRIMARY KEY DEFAULT uuidv7(),
    batch_id uuid NOT NULL REFERENCES payment_batches,
    answer_id uuid NOT NULL REFERENCES bank_answers,
    line integer,
    order_id uuid,
    area_code text NOT NULL,
    code text NOT NULL CHECK (code IN
        ('missing', 'late', 'double', 'amount_differs', 'wrong_provider', 'unknown')),
    resolution text CHECK (resolution IN ('paid', 'returned', 'noted')),
    reason text,
    first_on date,
    first_by text,
    second_on date,
    second_by text,
    answered_by uuid REFERENCES bank_answers,
    CONSTRAINT two_people CHECK (second_by <> first_by),
    CONSTRAINT first_whole CHECK (num_nulls(resolution, reason, first_on, first_by) IN (0, 4)),
    CONSTRAINT second_whole CHECK ((second_on IS NULL) = (second_by IS NULL)),
    CONSTRAINT in_order CHECK (second_on IS NULL OR first_on IS NOT NULL),
    CONSTRAINT a_later_answer_mends_a_missing_one CHECK (answered_by IS NULL OR code = 'missing'),
    CONSTRAINT missing_has_no_line CHECK ((code = 'missing') = (line IS NULL))
);
CREATE INDEX discrepancies_open ON discrepancies (id)
    WHERE second_on IS NULL AND answered_by IS NULL;
CREATE INDEX discrepancies_missing ON discrepancies (order_id)
    WHERE code = 'missing' AND second_on IS NULL AND answered_by IS NULL;
"""
OFFICES = "''"


def upgrade() -> None:
    run_script(STATEMENTS + PAYEES + PAYMENTS + ANSWERS)
    run_script("""
        GRANT UPDATE (amount_fen, redemptions, deductions, deducted_fen, confirmed_on,
            confirmed_by, void_on) ON settlements TO juyang_vouchers_app, juyang_vouchers_jobs;
    """)
    own: dict[str, str] = {
        "settlement_deductions": "SELECT, INSERT, UPDATE (out_on)",
        "objections": "SELECT, INSERT, UPDATE (decision, decision_reason, decided_on, decided_by)",
        "payments": "SELECT, INSERT, UPDATE (paid_on, bank_ref, returned_on, return_reason)",
        "payees": "SELECT, INSERT, UPDATE (decision, decided_on, decided_by, valid_from_on)",
    }
    for table, writes in own.items():
        protect("vouchers", table, agency="provider_id", writes=writes)
    for table in ("payment_batches", "bank_answers", "bank_answer_lines"):
        protect("vouchers", table, agency=OFFICES, writes="SELECT, INSERT")
    protect(
        "vouchers",
        "discrepancies",
        agency=OFFICES,
        writes="SELECT, INSERT, UPDATE (resolution, reason, first_on, first_by, second_on, "
        "second_by, answered_by)",
    )


def downgrade() -> None:
    run_script("""
        DROP TABLE discrepancies, bank_answer_lines, bank_answers;
        DROP TABLE payments;
        DELETE FROM payment_orders WHERE nth > 1;
        ALTER TABLE payment_orders DROP COLUMN nth,
            ADD CONSTRAINT payment_orders_settlement_id_key UNIQUE (settlement_id);
        DROP TABLE payment_batches, payees, objections, settlement_deductions;
        DROP INDEX postings_deducted;
        DELETE FROM settlements WHERE void_on IS NOT NULL;
        ALTER TABLE settlements DROP COLUMN deductions, DROP COLUMN deducted_fen,
            DROP COLUMN final, DROP COLUMN objections_until_on, DROP COLUMN confirmed_on,
            DROP COLUMN confirmed_by, DROP COLUMN void_on,
            ADD CONSTRAINT settlements_redemptions_check CHECK (redemptions > 0),
            ADD CONSTRAINT settlements_amount_fen_check CHECK (amount_fen > 0);
    """)
