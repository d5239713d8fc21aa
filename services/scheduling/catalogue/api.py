"""The catalogue's doors: civil affairs publishes items, anybody may read them."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from services.scheduling.catalogue.domain import Item, publish
from services.scheduling.catalogue.store import Catalogue
from shared.caller import EVERYWHERE, Caller, job
from shared.contracts.scheduling import Category, PriceMode
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/items", "catalogue")
public = APIRouter(prefix="/v1/items", tags=["public"])
CODE = r"^[a-z0-9][a-z0-9_-]{1,39}$"
LARGEST_PRICE_FEN = 10**7


class ItemBody(Body):
    """An item as the district approves it."""

    id: UUID
    item_code: Annotated[str, Field(pattern=CODE)]
    category: Category
    name: Annotated[str, Field(min_length=1, max_length=80)]
    price_mode: PriceMode
    price_fen: Annotated[int, Field(ge=0, le=LARGEST_PRICE_FEN, strict=True)]
    voucher_allowed: bool


class ItemShown(BaseModel):
    """An item as everybody sees it; `area_code` is the district, empty for all."""

    item_code: str
    category: Category
    name: str
    price_mode: PriceMode
    price_fen: int
    voucher_allowed: bool
    area_code: str
    published_on: date


@router.post("", status_code=201)
async def publish_item(
    body: ItemBody,
    caller: Annotated[Caller, permit("district_officer")],
    catalogue: Annotated[Catalogue, Depends(opens(Catalogue))],
) -> ItemShown:
    """Approve a service item (N-28)."""
    item = Item(
        **body.model_dump(),
        area_code="" if caller.area == EVERYWHERE else caller.area,
        published_by=caller.sub,
        published_on=catalogue.now.date(),
    )
    await catalogue.save(item, publish(item, caller.body, catalogue.now))
    return ItemShown.model_validate(item, from_attributes=True)


@public.get("")
async def list_items(
    request: Request,
    category: Annotated[Category | None, Query()] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[ItemShown]:
    """The menu (N-04 菜单式): public, without a token."""
    (after,) = read_cursor(cursor, str)
    work = request.app.state.runtime.work(job("public"))
    try:
        rows = await Catalogue(work).page(category, after, limit + 1)
    finally:
        await work.abandon()
    return page_of([ItemShown(**row) for row in rows], limit, lambda item: (item.item_code,))
