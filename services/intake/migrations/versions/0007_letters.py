"""Ground 2 of the intake schema: a letter has its size and key, a refused one is held."""

from __future__ import annotations

from shared.ground.v2 import hold_letters, unhold_letters

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    hold_letters("intake")


def downgrade() -> None:
    unhold_letters("intake")
