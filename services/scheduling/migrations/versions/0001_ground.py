"""The ground of the scheduling schema: scope functions, outbox, inbox, idempotency and audit."""

from __future__ import annotations

from shared.ground.v1 import ground, run_script

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    ground("scheduling")


def downgrade() -> None:
    run_script("""
        DROP TABLE audit_seals, audit, idempotency, parked;
        DROP TABLE inbox_heads, inbox, outbox, outbox_heads;
        DROP FUNCTION prune_letters(integer, integer, integer), scope_areas(), scope_agency();
    """)
