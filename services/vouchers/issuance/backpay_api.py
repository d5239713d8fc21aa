"""/v1/backpays: a person's past month, ordered with a reason and signed by the other body."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from services.vouchers.funds.domain import check_signer, sign
from services.vouchers.issuance.backpay import Backpay, Reason, check_due, check_past_month
from services.vouchers.issuance.backpay_store import Backpays, street_of
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/backpays", "issuance")
Signer = Annotated[Caller, permit("district_officer", "finance")]
Reader = Annotated[Caller, permit("district_officer", "finance", "auditor")]
Store = Annotated[Backpays, Depends(opens(Backpays))]


class BackpayOrder(Body):
    """A past month of a person; the award says how much. `id` is made by the client."""

    id: UUID
    person_id: UUID
    programme: str
    month_on: date
    reason: Reason
    note: str = Field(min_length=2, max_length=500)


class Signature(Body):
    """The other body's signature; `id` is made by the client."""

    id: UUID


class BackpayMade(BaseModel):
    """A back-pay, and which fund paid it once it is signed."""

    backpay_id: UUID
    benefit_class: str
    amount_fen: int
    paid: bool
    fund: str | None = None


class BackpayLine(BaseModel):
    """A back-pay in the list."""

    backpay_id: UUID
    person_id: UUID
    programme: str
    month_on: date
    area_code: str
    benefit_class: str
    amount_fen: int
    reason: str
    note: str
    made_on: date
    made_by: str
    made_body: str
    signed_on: date | None
    signed_by: str | None
    signed_body: str | None


@router.post("", status_code=201)
async def make(order: BackpayOrder, caller: Signer, store: Store) -> BackpayMade:
    """Order a past month for a person, with a reason."""
    check_signer(caller, store.signing_bodies)
    check_past_month(store.policy, order.programme, order.month_on, store.today)
    standing = await store.standing(order.person_id, order.programme, order.month_on)
    benefit_class, amount_fen = check_due(standing, order.month_on)
    backpay = Backpay(
        **order.model_dump(),
        area_code=street_of(standing.area_code),
        application_id=standing.application_id,
        benefit_class=benefit_class,
        amount_fen=amount_fen,
        made_by=caller.sub,
        made_body=caller.body,
    )
    await store.make(backpay)
    return BackpayMade(
        backpay_id=order.id, benefit_class=benefit_class, amount_fen=amount_fen, paid=False
    )


@router.post("/{backpay_id}/signatures", status_code=201)
async def signature(backpay_id: UUID, body: Signature, caller: Signer, store: Store) -> BackpayMade:
    """Sign for the other body: the month is issued to the person now."""
    check_signer(caller, store.signing_bodies)
    backpay = await store.load(backpay_id)
    sign(backpay, caller)
    standing = await store.standing(backpay.person_id, backpay.programme, backpay.month_on)
    check_due(standing, backpay.month_on)
    fund = await store.sign(backpay, standing.area_code)
    return BackpayMade(
        backpay_id=backpay_id,
        benefit_class=backpay.benefit_class,
        amount_fen=backpay.amount_fen,
        paid=True,
        fund=fund,
    )


@router.get("")
async def backpays(
    caller: Reader, store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[BackpayLine]:
    """Back-pays with their reasons and signatures."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(after, limit + 1)
    lines = [BackpayLine.model_validate(dict(row)) for row in rows]
    return page_of(lines, limit, lambda line: (line.backpay_id,))
