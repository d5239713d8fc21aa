"""POST /v1/allocations: civil affairs and finance order together what may be spent (N-19)."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from services.vouchers.funds.domain import Allocation, check_purpose, check_signer, sign
from services.vouchers.funds.store import Funds
from services.vouchers.policy.model import FundName, Purpose
from shared.caller import Caller
from shared.contracts.money import LARGEST_FEN
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/allocations", "funds")
Signer = Annotated[Caller, permit("district_officer", "finance")]
Reader = Annotated[Caller, permit("district_officer", "finance", "auditor")]
Store = Annotated[Funds, Depends(opens(Funds))]


class AllocationOrder(Body):
    """An order of one body; it counts when the other body has signed it too."""

    id: UUID
    fund: FundName
    amount_fen: int = Field(gt=0, le=LARGEST_FEN, strict=True)
    purpose: Purpose = "benefits"
    order_no: str = Field(min_length=1, max_length=60, pattern=r"^[\w\-〔〕（）()／/]+$")


class Signature(Body):
    """A signature; `id` is made by the client."""

    id: UUID


class AllocationMade(BaseModel):
    """An order and whether it counts already."""

    allocation_id: UUID
    effective: bool


class AllocationLine(BaseModel):
    """An order in the list; the balance is there once it is effective."""

    allocation_id: UUID
    fund: str
    purpose: str
    book: str
    amount_fen: int
    balance_fen: int | None
    order_no: str
    made_on: date
    made_by: str
    made_body: str
    signed_on: date | None
    signed_by: str | None
    signed_body: str | None


@router.post("", status_code=201)
async def order(order: AllocationOrder, caller: Signer, store: Store) -> AllocationMade:
    """Make an order and sign it for the caller's body."""
    policy, today = store.policy, store.today
    check_signer(caller, store.signing_bodies)
    check_purpose(order.fund, order.purpose, policy.waterfall.on(today))
    made = Allocation(
        **order.model_dump(), area_code=policy.district, made_by=caller.sub, made_body=caller.body
    )
    await store.make(made)
    return AllocationMade(allocation_id=order.id, effective=False)


@router.post("/{allocation_id}/signatures", status_code=201)
async def signature(
    allocation_id: UUID, body: Signature, caller: Signer, store: Store
) -> AllocationMade:
    """Sign for the other body; from now on the money can be issued."""
    check_signer(caller, store.signing_bodies)
    allocation = await store.load(allocation_id)
    sign(allocation, caller)
    await store.sign(allocation)
    return AllocationMade(allocation_id=allocation_id, effective=True)


@router.get("")
async def allocations(
    caller: Reader, store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[AllocationLine]:
    """Orders with their signatures and what is left of each."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(after, limit + 1)
    lines = [AllocationLine.model_validate(dict(row)) for row in rows]
    return page_of(lines, limit, lambda line: (line.allocation_id,))
