"""Cards: known by a keyed digest of their number; the number itself is nowhere in the database."""

from __future__ import annotations

from shared.ground.v1 import protect, run_script

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Rows of the offices alone: whoever is bound to an agency sees none of them.
OFFICES = "''"


def upgrade() -> None:
    run_script("""
        CREATE TABLE cards (
            card_id uuid PRIMARY KEY,
            person_id uuid NOT NULL,
            digest bytea NOT NULL UNIQUE,
            opened_on date NOT NULL,
            closed_on date,
            area_code text NOT NULL
        );
        CREATE UNIQUE INDEX one_open_card ON cards (person_id) WHERE closed_on IS NULL;
    """)
    protect(
        "vouchers", "cards", agency=OFFICES, writes="SELECT, INSERT, UPDATE (area_code, closed_on)"
    )


def downgrade() -> None:
    run_script("DROP TABLE cards;")
