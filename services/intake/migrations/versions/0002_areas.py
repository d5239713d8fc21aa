"""The area tree and the streets' activation (N-22)."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script, share

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run_script("""
        CREATE TABLE areas (
            code text PRIMARY KEY CHECK (code ~ '^[0-9]{6}([0-9]{3}){0,2}$'),
            name text NOT NULL,
            level text NOT NULL CHECK (level IN ('district', 'street', 'community'))
        );
        CREATE TABLE activations (
            programme text NOT NULL,
            street_code text NOT NULL,
            state text NOT NULL,
            changed_on date,
            PRIMARY KEY (programme, street_code)
        );
    """)
    share("intake", "areas")
    protect("intake", "activations", area="street_code")


def downgrade() -> None:
    run_script("DROP TABLE activations, areas")
