"""The catalogue's rows, for its doors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.scheduling.catalogue.domain import Item
from shared.contracts.scheduling import CatalogueItemPublished
from shared.errors import Conflict
from shared.work import Work

ADD = """
INSERT INTO items (id, item_code, category, name, price_mode, price_fen, voucher_allowed,
    area_code, published_by, published_on)
VALUES (:id, :item_code, :category, :name, :price_mode, :price_fen, :voucher_allowed,
    :area_code, :published_by, :published_on)
ON CONFLICT DO NOTHING
"""
LIST = """
SELECT item_code, category, name, price_mode, price_fen, voucher_allowed, area_code, published_on
FROM items
WHERE (CAST(:category AS text) IS NULL OR category = :category)
    AND (CAST(:after AS text) IS NULL OR item_code > :after)
ORDER BY item_code LIMIT :most
"""


class Catalogue:
    """Approved items."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def now(self) -> datetime:
        return self._work.now

    async def save(self, item: Item, event: CatalogueItemPublished) -> None:
        """Keep an item.

        Raises:
            Conflict: the code or the id is taken.
        """
        if not await self._work.run(ADD, **asdict(item)):
            raise Conflict(
                "item_code_taken",
                "该项目代码已有项目使用，请换用其他代码",
                "another item has this code; use another one",
            )
        self._work.send(event)

    async def page(
        self, category: str | None, after: str | None, most: int
    ) -> Sequence[Mapping[str, Any]]:
        """Items by code, after a code."""
        return await self._work.rows(LIST, category=category, after=after, most=most)
