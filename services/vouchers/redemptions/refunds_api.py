"""POST /v1/redemptions/{id}/refunds: the provider or finance gives back what was spent."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from services.vouchers.redemptions.refunds import give_back, spendable_fen
from services.vouchers.redemptions.refunds_store import Refunds
from shared.caller import AGENCY_ROLES, Caller
from shared.contracts.money import LARGEST_FEN
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1", "redemptions")
Store = Annotated[Refunds, Depends(opens(Refunds))]
LONGEST_REASON = 200


class RefundOrder(Body):
    """What is given back, all that is left if no amount is named, and why."""

    id: UUID
    amount_fen: int | None = Field(default=None, gt=0, le=LARGEST_FEN, strict=True)
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


class ReturnedMonth(BaseModel):
    """What went back to one month; `ends` says if it lapsed or was revoked at once."""

    month_on: date
    amount_fen: int
    ends: str


class Refunded(BaseModel):
    """A booked refund; a settled redemption's is deducted from the next statement."""

    refund_id: UUID
    redemption_id: UUID
    amount_fen: int
    spendable_fen: int
    deducted_later: bool
    months: list[ReturnedMonth]


class RefundLine(BaseModel):
    """A refund in the list."""

    refund_id: UUID
    redemption_id: UUID
    provider_id: UUID
    amount_fen: int
    reason: str
    refunded_on: date
    refunded_by: str


@router.post("/redemptions/{redemption_id}/refunds", status_code=201)
async def refund(
    redemption_id: UUID,
    order: RefundOrder,
    caller: Annotated[Caller, permit("provider", "finance")],
    store: Store,
) -> Refunded:
    """Give back the whole or a part, to the months it came from; never in cash."""
    booked = await store.load(order.id, redemption_id)
    by_office = caller.role not in AGENCY_ROLES
    back = give_back(booked, order.amount_fen, store.today, store.policy, by_office=by_office)
    await store.save(order.id, redemption_id, order.reason, back)
    return Refunded(
        refund_id=order.id,
        redemption_id=redemption_id,
        amount_fen=sum(one.amount_fen for one in back),
        spendable_fen=spendable_fen(back),
        deducted_later=booked is not None and booked.settled,
        months=[
            ReturnedMonth(month_on=x.part.month_on, amount_fen=x.amount_fen, ends=x.ends)
            for x in back
        ],
    )


@router.get("/refunds")
async def refunds(
    caller: Annotated[Caller, permit("provider", "finance", "auditor", "district_officer")],
    store: Store,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[RefundLine]:
    """A provider's own refunds; finance and auditors see all."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(after, limit + 1)
    return page_of(
        [RefundLine.model_validate(row) for row in rows], limit, lambda line: (line.refund_id,)
    )
