"""Months that a suspended award is not due, and the class an award has from a month on."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Rows of the offices alone: whoever is bound to an agency sees none of them.
OFFICES = "''"


def upgrade() -> None:
    run_script("""
        CREATE TABLE award_pauses (
            award_id uuid NOT NULL,
            suspended_on date NOT NULL,
            resumed_on date CHECK (resumed_on >= suspended_on),
            reason text NOT NULL,
            area_code text NOT NULL,
            PRIMARY KEY (award_id, suspended_on)
        );
        CREATE TABLE award_classes (
            award_id uuid NOT NULL,
            starts_on date NOT NULL,
            benefit_class text NOT NULL,
            amount_fen bigint CHECK (amount_fen > 0),
            area_code text NOT NULL,
            PRIMARY KEY (award_id, starts_on)
        );
    """)
    protect("vouchers", "award_pauses", agency=OFFICES)
    protect("vouchers", "award_classes", agency=OFFICES)


def downgrade() -> None:
    run_script("DROP TABLE award_pauses, award_classes")
