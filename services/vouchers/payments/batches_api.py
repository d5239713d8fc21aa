"""Doors of payment batches: orders go to the bank once, and again only when they came back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from anyio import to_thread
from fastapi import Depends, Query, Response
from pydantic import BaseModel

from services.vouchers.payments.batches_store import Batches
from services.vouchers.payments.orders import CSV_TYPE, XLSX, Form, written
from services.vouchers.payments.waiting import LeftOut, check_renewal, left_out
from shared.doors import Body, doors, opens, permit
from shared.errors import Conflict, NotFound
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor
from shared.work import Row

router = doors("/v1", "payments")
Store = Annotated[Batches, Depends(opens(Batches))]
Finance = permit("finance")
Readers = permit("finance", "district_officer", "auditor")
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {CSV_TYPE: {}, XLSX: {}}, "description": "the orders as a file for the bank"}
}


class BatchOrder(Body):
    """Every statement and payout that waits for payment; `id` is made by the client."""

    id: UUID


class RenewalOrder(Body):
    """Pay again what came back; `payee_kept` says that the account was right after all."""

    id: UUID
    payee_kept: bool = False


class LeftOutView(BaseModel):
    """An order that is not in the batch, and why."""

    order_id: UUID
    provider_id: UUID | None
    person_id: UUID | None
    amount_fen: int
    code: str
    zh: str
    en: str


class BatchView(BaseModel):
    """A batch; `digest` is over every order, payee and amount in it."""

    batch_id: UUID
    orders: int
    total_fen: int
    made_on: date
    made_by: str
    digest: str


class BatchMade(BatchView):
    """The batch, and what had to stay behind."""

    left_out: list[LeftOutView]


class OrderView(BaseModel):
    """A payment order for a statement or a payout, to a provider or a person, and its end."""

    order_id: UUID
    settlement_id: UUID | None
    payout_id: UUID | None
    provider_id: UUID | None
    person_id: UUID | None
    amount_fen: int
    nth: int
    ordered_on: date
    batch_id: UUID | None
    paid_on: date | None
    returned_on: date | None
    return_reason: str | None


class Renewed(BaseModel):
    """The order that takes the returned one's place."""

    payment_order_id: UUID
    settlement_id: UUID | None
    payout_id: UUID | None
    amount_fen: int


@router.post("/payment-batches", status_code=201, dependencies=[Finance])
async def make(order: BatchOrder, store: Store) -> BatchMade:
    """Put all waiting orders with an account in force into one batch for the bank."""
    waiting = await store.waiting()
    behind = left_out(waiting)
    payable = [row for row in waiting if row["payee_id"] is not None]
    if not payable:
        raise _nothing(behind)
    made = await store.make(order.id, payable)
    views = [LeftOutView.model_validate(one, from_attributes=True) for one in behind]
    return BatchMade(**dict(made), left_out=views)


@router.get("/payment-batches", dependencies=[Readers])
async def batches(
    store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[BatchView]:
    """Batches in order of their ids."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(after, limit + 1)
    views = [BatchView.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.batch_id,))


@router.get(
    "/payment-batches/{batch_id}/file",
    dependencies=[Finance],
    response_class=Response,
    responses=FILE,
)
async def file(
    batch_id: UUID,
    store: Store,
    form: Annotated[Form, Query(description="UTF-8 with BOM, GBK, or a workbook")] = "csv",
) -> Response:
    """The batch for the bank, account numbers included; every fetch is written down."""
    if await store.one(batch_id) is None:
        raise NotFound("no_such_batch", "没有此付款批次", "there is no such batch")
    content, kind = await to_thread.run_sync(written, await store.lines(batch_id), form)
    ending = form.split("_")[0]
    headers = {"Content-Disposition": f'attachment; filename="payments-{batch_id}.{ending}"'}
    return Response(content, headers=headers, media_type=kind)


@router.get(
    "/payment-orders",
    dependencies=[permit("finance", "district_officer", "auditor", "provider")],
)
async def orders(
    store: Store,
    *,
    returned: Annotated[bool, Query(description="only those that came back")] = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[OrderView]:
    """Payment orders and how they ended; a provider sees its own."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.orders(after, limit + 1, returned=returned)
    views = [OrderView.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.order_id,))


@router.post("/payment-orders/{order_id}/renewal", status_code=201, dependencies=[Finance])
async def renew(order_id: UUID, order: RenewalOrder, store: Store) -> Renewed:
    """Pay a returned order again, to the account that is in force now."""
    found: Row = check_renewal(await store.order(order_id), payee_kept=order.payee_kept)
    made = await store.renew(found)
    return Renewed(
        payment_order_id=made,
        settlement_id=found["settlement_id"],
        payout_id=found["payout_id"],
        amount_fen=found["amount_fen"],
    )


def _nothing(behind: Sequence[LeftOut]) -> Conflict:
    return Conflict(
        "nothing_to_pay",
        f"没有可付款的指令；{len(behind)}笔因收款账户未生效而留下",
        f"nothing can be paid; {len(behind)} orders stay behind for want of an account in force",
    )
