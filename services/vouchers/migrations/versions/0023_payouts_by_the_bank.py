"""Claims, devices, rewards and training go to the bank as statements do, to people as well."""

from __future__ import annotations

from shared.ground.v1 import run_script

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

# An order pays a statement or a payout, to a provider or to a person.
UP = """
ALTER TABLE payment_orders
    ALTER settlement_id DROP NOT NULL,
    ADD payout_id uuid REFERENCES payouts,
    ADD person_id uuid,
    ADD CONSTRAINT one_purpose CHECK (num_nonnulls(settlement_id, payout_id) = 1),
    ADD CONSTRAINT one_payee CHECK ((provider_id = '') = (person_id IS NOT NULL)),
    ADD CONSTRAINT one_payout_a_turn UNIQUE (payout_id, nth);
ALTER TABLE payments
    ADD person_id uuid,
    ADD CONSTRAINT one_payee CHECK ((provider_id = '') = (person_id IS NOT NULL));
ALTER TABLE payees
    ADD person_id uuid,
    ADD CONSTRAINT one_payee CHECK ((provider_id = '') = (person_id IS NOT NULL));
DROP INDEX one_proposal_a_provider;
CREATE UNIQUE INDEX one_proposal_a_payee ON payees (provider_id, person_id) NULLS NOT DISTINCT
    WHERE decision IS NULL;
DROP INDEX payees_in_force;
CREATE INDEX payees_in_force ON payees (provider_id, person_id, valid_from_on)
    WHERE decision = 'approved';
CREATE INDEX payouts_unpaid ON payouts (due_from_on) WHERE paid_on IS NULL AND void_on IS NULL;
"""
# What went to the bank for a payout is not known to the version before; the payout stays.
DOWN = """
DROP INDEX payouts_unpaid;
DELETE FROM discrepancies d USING payment_orders o
    WHERE o.id = d.order_id AND o.payout_id IS NOT NULL;
UPDATE bank_answer_lines l SET order_id = NULL, result = 'unknown' FROM payment_orders o
    WHERE o.id = l.order_id AND o.payout_id IS NOT NULL;
DELETE FROM payments y USING payment_orders o WHERE o.id = y.order_id AND o.payout_id IS NOT NULL;
DELETE FROM payment_orders WHERE payout_id IS NOT NULL;
DELETE FROM payees WHERE person_id IS NOT NULL;
DROP INDEX payees_in_force;
CREATE INDEX payees_in_force ON payees (provider_id, valid_from_on) WHERE decision = 'approved';
DROP INDEX one_proposal_a_payee;
CREATE UNIQUE INDEX one_proposal_a_provider ON payees (provider_id) WHERE decision IS NULL;
ALTER TABLE payees DROP person_id;
ALTER TABLE payments DROP person_id;
ALTER TABLE payment_orders DROP payout_id, DROP person_id, ALTER settlement_id SET NOT NULL;
"""


def upgrade() -> None:
    run_script(UP)


def downgrade() -> None:
    run_script(DOWN)
