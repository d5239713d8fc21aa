"""POST /v1/redemptions: a provider's till spends a holder's voucher money (C-05)."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from services.vouchers.cards.domain import NUMBER_DIGITS, check_number
from services.vouchers.redemptions.domain import (
    Accepted,
    Purchase,
    Refused,
    decide,
    provider_of,
    redeemed_on,
)
from services.vouchers.redemptions.store import Redemptions
from services.vouchers.redemptions.wording import WORDS
from shared.caller import AGENCY_ROLES, Caller
from shared.contracts.money import LARGEST_FEN
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor
from shared.problems import problem

router = doors("/v1/redemptions", "redemptions")
Store = Annotated[Redemptions, Depends(opens(Redemptions))]
CONFLICT = 409
LONGEST_CODE = 60


class RedemptionOrder(Body):
    """A till's request; `id` is made by the till and may be sent again until answered."""

    id: UUID
    card_no: str = Field(min_length=NUMBER_DIGITS, max_length=NUMBER_DIGITS)
    outlet_id: UUID
    item_code: str = Field(min_length=1, max_length=LONGEST_CODE)
    amount_fen: int = Field(gt=0, le=LARGEST_FEN, strict=True)
    occurred_on: date | None = None


class ChargedMonth(BaseModel):
    """A part of the amount, by the month that paid it."""

    month_on: date
    amount_fen: int


class Redeemed(BaseModel):
    """A booked redemption and what the holder has left, in fen."""

    redemption_id: UUID
    amount_fen: int
    balance_fen: int
    charged: list[ChargedMonth]


class RedemptionLine(BaseModel):
    """A redemption in the list; providers do not see whose it was."""

    redemption_id: UUID
    person_id: UUID | None
    area_code: str | None
    provider_id: UUID
    outlet_id: UUID
    item_code: str
    amount_fen: int
    redeemed_on: date
    booked_on: date
    settlement_id: UUID | None


@router.post("", status_code=201, response_model=Redeemed)
async def redeem(
    order: RedemptionOrder, caller: Annotated[Caller, permit("provider")], store: Store
) -> Redeemed | JSONResponse:
    """Spend voucher money; a refusal is a fact that is kept, and the same id gets it again."""
    check_number(order.card_no)
    purchase = Purchase(
        order.id,
        provider_of(caller),
        order.outlet_id,
        order.item_code,
        order.amount_fen,
        redeemed_on(order.occurred_on, store.today, store.policy),
    )
    till = await store.till(purchase, order.card_no)
    decision = decide(purchase, till, store.policy)
    if isinstance(decision, Refused):
        await store.refuse(purchase, decision.code, till)
        return problem(CONFLICT, decision.code, *WORDS[decision.code])
    await store.accept(purchase, decision)
    return _answer(purchase, decision)


@router.get("")
async def redemptions(
    caller: Annotated[Caller, permit("provider", "finance", "auditor", "district_officer")],
    store: Store,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[RedemptionLine]:
    """A provider's own redemptions; finance and auditors see all."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(after, limit + 1)
    hidden = {"person_id": None, "area_code": None} if caller.role in AGENCY_ROLES else {}
    lines = [RedemptionLine.model_validate({**row, **hidden}) for row in rows]
    return page_of(lines, limit, lambda line: (line.redemption_id,))


def _answer(purchase: Purchase, accepted: Accepted) -> Redeemed:
    return Redeemed(
        redemption_id=purchase.id,
        amount_fen=purchase.amount_fen,
        balance_fen=accepted.balance_fen,
        charged=[
            ChargedMonth(month_on=charge.month.month_on, amount_fen=charge.amount_fen)
            for charge in accepted.charges
        ],
    )
