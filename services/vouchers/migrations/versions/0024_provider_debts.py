"""A provider that left owing money: a final statement below zero, the claim on it, receipts."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

RULE = """
ALTER TABLE settlements DROP CONSTRAINT owes_something,
    ADD CONSTRAINT owes_something CHECK (
        (void_on IS NULL AND redemptions > 0 AND amount_fen > 0) {final}
        OR (void_on IS NOT NULL AND redemptions = 0 AND amount_fen = 0 AND deductions = 0
            AND deducted_fen = 0 AND second_on IS NULL));
"""
# Only who has left pays back: with anybody else it comes off the next statement.
FINAL = "OR (void_on IS NULL AND final AND amount_fen <= 0 AND deductions > 0)"
TABLES = """
CREATE TABLE provider_debts (
    id uuid PRIMARY KEY,
    settlement_id uuid NOT NULL UNIQUE REFERENCES settlements,
    provider_id text NOT NULL,
    area_code text NOT NULL,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    received_fen bigint NOT NULL DEFAULT 0
        CONSTRAINT never_more_than_owed CHECK (received_fen BETWEEN 0 AND amount_fen),
    claimed_on date NOT NULL
);
CREATE INDEX provider_debts_open ON provider_debts (id) WHERE received_fen < amount_fen;
CREATE TABLE debt_receipts (
    id uuid PRIMARY KEY,
    debt_id uuid NOT NULL REFERENCES provider_debts,
    provider_id text NOT NULL,
    area_code text NOT NULL,
    receipt_no text NOT NULL UNIQUE,
    amount_fen bigint NOT NULL CHECK (amount_fen > 0),
    received_on date NOT NULL,
    booked_on date NOT NULL,
    booked_by text NOT NULL
);
CREATE INDEX debt_receipts_of_debt ON debt_receipts (debt_id);
"""
# A statement below zero that was approved stays booked, and the version before has no row for it;
# one that was not approved gives its lines back.
DOWN = """
DO $$ BEGIN
    IF EXISTS (SELECT 1 FROM settlements WHERE amount_fen <= 0 AND second_on IS NOT NULL) THEN
        RAISE EXCEPTION 'approved final statements below zero cannot be taken back';
    END IF;
END $$;
UPDATE redemptions r SET settlement_id = NULL FROM settlements s
    WHERE s.id = r.settlement_id AND s.amount_fen <= 0 AND s.void_on IS NULL;
DELETE FROM settlement_deductions d USING settlements s
    WHERE s.id = d.settlement_id AND s.amount_fen <= 0 AND s.void_on IS NULL;
DELETE FROM objections o USING settlements s
    WHERE s.id = o.settlement_id AND s.amount_fen <= 0 AND s.void_on IS NULL;
DELETE FROM settlements WHERE amount_fen <= 0 AND void_on IS NULL;
DROP TABLE debt_receipts, provider_debts;
"""


def upgrade() -> None:
    run_script(RULE.format(final=FINAL) + TABLES)
    protect(
        "vouchers",
        "provider_debts",
        agency="provider_id",
        writes="SELECT, INSERT, UPDATE (received_fen)",
    )
    protect("vouchers", "debt_receipts", agency="provider_id", writes="SELECT, INSERT")


def downgrade() -> None:
    run_script(DOWN + RULE.format(final=""))
