"""Service items: what the district may approve, decided for the catalogue's doors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.caller import CIVIL_AFFAIRS
from shared.contracts.scheduling import CatalogueItemPublished, Category, PriceMode
from shared.errors import Forbidden, invalid_field


@dataclass(frozen=True, slots=True)
class Item:
    """An approved item; `area_code` is the district that approved it, empty for all."""

    id: UUID
    item_code: str
    category: Category
    name: str
    price_mode: PriceMode
    price_fen: int
    voucher_allowed: bool
    area_code: str
    published_by: str
    published_on: date


def publish(item: Item, body: str, now: datetime) -> CatalogueItemPublished:
    """Approve an item: civil affairs alone does so, and free items have no price.

    Raises:
        Forbidden: the officer does not belong to civil affairs.
        Invalid: mode and price contradict each other.
    """
    if body != CIVIL_AFFAIRS:  # N-28 审定服务项目
        raise Forbidden(
            "civil_affairs_only",
            "服务项目由民政部门审定",
            "service items are approved by civil affairs",
        )
    if (item.price_mode == "free") != (item.price_fen == 0):  # N-04 无偿、低偿、有偿
        raise invalid_field(
            "body.price_fen",
            "price_contradicts_mode",
            "无偿项目的价格应为 0，低偿、有偿项目的价格应大于 0",
            "a free item costs 0 fen, a low-price or paid item more than 0",
        )
    return CatalogueItemPublished(
        aggregate_id=item.id,
        occurred_at=now,
        area_code=item.area_code or None,
        item_code=item.item_code,
        category=item.category,
        voucher_allowed=item.voucher_allowed,
        price_mode=item.price_mode,
        price_fen=item.price_fen,
        published_on=item.published_on,
    )
