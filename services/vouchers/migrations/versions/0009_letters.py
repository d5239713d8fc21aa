"""Ground 2 of the vouchers schema: a letter has its size and key, a refused one is held."""

from __future__ import annotations

from shared.ground.v2 import hold_letters, unhold_letters

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    hold_letters("vouchers")


def downgrade() -> None:
    unhold_letters("vouchers")
