"""The catalogue: approved service items, public and bound to no person."""

from __future__ import annotations

from shared.ground.v1 import run_script, share

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ITEMS = """
CREATE TABLE items (
    item_code text PRIMARY KEY,
    id uuid NOT NULL UNIQUE,
    category text NOT NULL CHECK (category IN ('life_care', 'household', 'rehabilitation',
        'spiritual_comfort', 'medical', 'legal', 'culture', 'sport', 'meals', 'day_care')),
    name text NOT NULL,
    price_mode text NOT NULL CHECK (price_mode IN ('free', 'low_price', 'paid')),
    price_fen bigint NOT NULL CHECK (price_fen >= 0),
    voucher_allowed boolean NOT NULL,
    area_code text NOT NULL,
    published_by text NOT NULL,
    published_on date NOT NULL,
    CHECK ((price_mode = 'free') = (price_fen = 0))
);
"""


def upgrade() -> None:
    run_script(ITEMS)
    share("scheduling", "items", writes="SELECT, INSERT")


def downgrade() -> None:
    run_script("DROP TABLE items")
