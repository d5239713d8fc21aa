"""Settlements: a provider's statement, the two approvals and the payment order."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script("""
        CREATE TABLE settlements (
            id uuid PRIMARY KEY DEFAULT uuidv7(),
            batch_id uuid NOT NULL,
            provider_id text NOT NULL,
            area_code text NOT NULL,
            month_on date NOT NULL CHECK (extract(day FROM month_on) = 1),
            redemptions integer NOT NULL CHECK (redemptions > 0),
            amount_fen bigint NOT NULL CHECK (amount_fen > 0),
            made_on date NOT NULL,
            made_by text NOT NULL,
            first_on date,
            first_by text,
            first_body text,
            second_on date,
            second_by text,
            second_body text,
            UNIQUE (batch_id, provider_id),
            CONSTRAINT two_people CHECK (second_by <> first_by),
            CONSTRAINT two_bodies CHECK (second_body <> first_body),
            CONSTRAINT first_whole CHECK (num_nulls(first_on, first_by, first_body) IN (0, 3)),
            CONSTRAINT second_whole CHECK (num_nulls(second_on, second_by, second_body) IN (0, 3)),
            CONSTRAINT in_order CHECK (second_on IS NULL OR first_on IS NOT NULL)
        );
        CREATE INDEX settlements_of_month ON settlements (month_on, id);
        CREATE TABLE payment_orders (
            id uuid PRIMARY KEY DEFAULT uuidv7(),
            settlement_id uuid NOT NULL UNIQUE REFERENCES settlements,
            provider_id text NOT NULL,
            area_code text NOT NULL,
            amount_fen bigint NOT NULL CHECK (amount_fen > 0),
            ordered_on date NOT NULL
        );
    """)
    protect(
        "vouchers",
        "settlements",
        agency="provider_id",
        writes="SELECT, INSERT, UPDATE (first_on, first_by, first_body, second_on, second_by, "
        "second_body)",
    )
    protect("vouchers", "payment_orders", agency="provider_id", writes="SELECT, INSERT")


def downgrade() -> None:
    run_script("DROP TABLE payment_orders, settlements;")
