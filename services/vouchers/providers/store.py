"""Mirrors of providers' standings, outlets and catalogue items."""

from __future__ import annotations

from services.vouchers.providers.domain import StandingNote
from shared.contracts.evaluation import OutletOpened
from shared.contracts.scheduling import CatalogueItemPublished
from shared.work import Work

NOTE = """
INSERT INTO provider_standings (provider_id, from_on, told_at, standing)
VALUES (:provider_id, :from_on, :told_at, :standing) ON CONFLICT DO NOTHING
"""
OUTLET = """
INSERT INTO outlets (outlet_id, provider_id, area_code)
VALUES (:outlet_id, :provider_id, :area_code)
ON CONFLICT (outlet_id) DO UPDATE
    SET provider_id = excluded.provider_id, area_code = excluded.area_code
"""
ITEM = """
INSERT INTO items AS i (item_code, category, voucher_allowed, published_on, told_at)
VALUES (:item_code, :category, :voucher_allowed, :published_on, :told_at)
ON CONFLICT (item_code) DO UPDATE SET category = excluded.category,
    voucher_allowed = excluded.voucher_allowed, told_at = excluded.told_at,
    published_on = least(i.published_on, excluded.published_on)
WHERE i.told_at < excluded.told_at
"""


class Providers:
    """What a till is checked against."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def note(self, note: StandingNote) -> None:
        """Keep a standing; a note told twice stays one."""
        await self._work.run(
            NOTE,
            provider_id=note.provider_id,
            from_on=note.from_on,
            told_at=note.told_at,
            standing=note.standing,
        )

    async def open_outlet(self, letter: OutletOpened) -> None:
        """Keep an outlet of a provider."""
        await self._work.run(
            OUTLET,
            outlet_id=letter.outlet_id,
            provider_id=str(letter.provider_id),
            area_code=letter.area_code or "",
        )

    async def publish(self, letter: CatalogueItemPublished) -> None:
        """Keep an item as it was last published."""
        await self._work.run(
            ITEM,
            item_code=letter.item_code,
            category=letter.category,
            voucher_allowed=letter.voucher_allowed,
            published_on=letter.published_on,
            told_at=letter.occurred_at,
        )
