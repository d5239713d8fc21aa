"""/v1/payouts: payment orders for claims, devices, rewards and training, and their payment."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from services.vouchers.payouts.store import Kind, Payouts
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import invalid_field
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/payouts", "payouts")
Store = Annotated[Payouts, Depends(opens(Payouts))]
NUMBER = r"^[\w\-〔〕（）()／/]+$"
LONGEST_NUMBER = 60


class PaymentOrder(Body):
    """What the bank paid; `id` is made by the client."""

    id: UUID
    payment_no: str = Field(min_length=1, max_length=LONGEST_NUMBER, pattern=NUMBER)
    paid_on: date


class Paid(BaseModel):
    """An order that has been paid."""

    payout_id: UUID
    paid_on: date


class PayoutLine(BaseModel):
    """A payment order in the list; it has the id of what it is made for."""

    payout_id: UUID
    kind: Kind
    area_code: str
    person_id: UUID | None
    provider_id: UUID | None
    amount_fen: int
    ordered_on: date
    due_from_on: date
    paid_on: date | None
    payment_no: str | None
    void_on: date | None


@router.get("")
async def payouts(
    caller: Annotated[Caller, permit("finance", "district_officer", "auditor")],
    store: Store,
    kind: Kind | None = None,
    unpaid: bool = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[PayoutLine]:
    """Payment orders; with `unpaid` those that wait for their payment."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.payouts(after, limit + 1, kind, unpaid=unpaid)
    lines = [PayoutLine.model_validate(dict(row)) for row in rows]
    return page_of(lines, limit, lambda line: (line.payout_id,))


@router.post("/{payout_id}/payments", status_code=201)
async def pay(
    payout_id: UUID,
    order: PaymentOrder,
    caller: Annotated[Caller, permit("finance")],
    store: Store,
) -> Paid:
    """Record that the bank has paid an order."""
    if order.paid_on > store.today:
        raise invalid_field(
            "body.paid_on", "in_the_future", "付款日期不得晚于今天", "must not be after today"
        )
    await store.paid(payout_id, order.payment_no, order.paid_on)
    return Paid(payout_id=payout_id, paid_on=order.paid_on)
