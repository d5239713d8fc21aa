"""Doors of the worklist: differences with the bank, each resolved by two people."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from services.vouchers.payments.discrepancies import (
    Code,
    Resolution,
    check_confirmation,
    check_resolution,
)
from services.vouchers.payments.discrepancies_store import Discrepancies
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/discrepancies", "payments")
Store = Annotated[Discrepancies, Depends(opens(Discrepancies))]
Officer = Annotated[Caller, permit("finance", "district_officer")]
LONGEST_REASON = 400


class ResolutionOrder(Body):
    """How a difference ends: the order was paid, came back, or the case is noted only."""

    id: UUID
    resolution: Resolution
    reason: Annotated[str, Field(max_length=LONGEST_REASON)]


class ConfirmationOrder(Body):
    """The second person's word; `id` is made by the client."""

    id: UUID


class ResolutionView(BaseModel):
    """How a difference ends, and whether both people have said so."""

    discrepancy_id: UUID
    resolution: Resolution
    confirmed: bool


class DiscrepancyView(BaseModel):
    """A difference; `line` is that of the bank's file, absent where the bank said nothing."""

    discrepancy_id: UUID
    batch_id: UUID
    answer_id: UUID
    line: int | None
    order_id: UUID | None
    order_ref: str | None
    code: Code
    provider_id: UUID | None
    person_id: UUID | None
    ordered_fen: int | None
    answered_fen: int | None
    resolution: Resolution | None
    reason: str | None
    first_on: date | None
    first_by: str | None
    second_on: date | None
    second_by: str | None
    answered_by: UUID | None = Field(description="the later answer that named a missing order")


@router.get("", dependencies=[permit("finance", "district_officer", "auditor")])
async def discrepancies(
    store: Store,
    *,
    resolved: Annotated[bool, Query(description="with those that are resolved")] = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[DiscrepancyView]:
    """Differences with the bank that wait for two people."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(after, limit + 1, resolved=resolved)
    views = [DiscrepancyView.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.discrepancy_id,))


@router.post("/{discrepancy_id}/resolution", status_code=201)
async def resolve(
    discrepancy_id: UUID, order: ResolutionOrder, caller: Officer, store: Store
) -> ResolutionView:
    """The first person says how it ends and why; nothing is booked yet."""
    found = check_resolution(await store.load(discrepancy_id), order.resolution, order.reason)
    await store.resolve(found, order.resolution, order.reason)
    return ResolutionView(
        discrepancy_id=discrepancy_id, resolution=order.resolution, confirmed=False
    )


@router.post("/{discrepancy_id}/confirmation", status_code=201)
async def confirm(
    discrepancy_id: UUID, order: ConfirmationOrder, caller: Officer, store: Store
) -> ResolutionView:
    """Another person confirms, and the order ends so."""
    found = check_confirmation(await store.load(discrepancy_id), caller)
    await store.confirm(found)
    assert found.resolution is not None
    return ResolutionView(
        discrepancy_id=discrepancy_id, resolution=found.resolution, confirmed=True
    )
