"""A redemption is booked by one plan for all: making one for each cost more than running it."""

from __future__ import annotations

from shared.ground.v1 import run_script

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

BOOKING = (
    "book_redemption(uuid, uuid, uuid, uuid, text, text, uuid, text, bigint, date, date, text, "
    "uuid[], bigint[])"
)


# The arrays of charges have one to three members; a planner that sees them plans every time anew.
def upgrade() -> None:
    run_script(f"ALTER FUNCTION {BOOKING} SET plan_cache_mode = 'force_generic_plan'")


def downgrade() -> None:
    run_script(f"ALTER FUNCTION {BOOKING} RESET plan_cache_mode")
