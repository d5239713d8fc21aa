"""Allocation orders, signed by two people of two bodies (N-19)."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Rows of the offices alone: whoever is bound to an agency sees none of them.
OFFICES = "''"


def upgrade() -> None:
    run_script("""
        CREATE TABLE allocations (
            id uuid PRIMARY KEY,
            fund text NOT NULL,
            purpose text NOT NULL,
            amount_fen bigint NOT NULL CHECK (amount_fen > 0),
            order_no text NOT NULL UNIQUE,
            area_code text NOT NULL,
            made_on date NOT NULL,
            made_by text NOT NULL,
            made_body text NOT NULL,
            signed_on date,
            signed_by text,
            signed_body text,
            CONSTRAINT two_people CHECK (signed_by <> made_by),
            CONSTRAINT two_bodies CHECK (signed_body <> made_body),
            CONSTRAINT signed_whole CHECK (num_nulls(signed_on, signed_by, signed_body) IN (0, 3))
        );
    """)
    protect(
        "vouchers",
        "allocations",
        agency=OFFICES,
        writes="SELECT, INSERT, UPDATE (signed_on, signed_by, signed_body)",
    )


def downgrade() -> None:
    run_script("DROP TABLE allocations;")
