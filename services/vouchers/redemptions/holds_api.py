"""POST /v1/holds: hold money for a visit, capture it when the visit is done, or void it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from services.vouchers.redemptions.api import CONFLICT, Redeemed, Sale, answered
from services.vouchers.redemptions.domain import (
    Purchase,
    RefusalCode,
    Refused,
    decide,
    provider_of,
    redeemed_on,
)
from services.vouchers.redemptions.holds import check_voidable, decide_capture, expires_on, known
from services.vouchers.redemptions.holds_store import Holds
from services.vouchers.redemptions.wording import WORDS
from shared.caller import Caller
from shared.contracts.money import LARGEST_FEN
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor
from shared.problems import problem

router = doors("/v1/holds", "redemptions")
Store = Annotated[Holds, Depends(opens(Holds))]
Provider = Annotated[Caller, permit("provider")]


class HoldOrder(Sale):
    """What is to be held for a visit, today; `id` becomes the hold's id."""


class CaptureOrder(Body):
    """What the visit came to; `id` becomes the redemption's id."""

    id: UUID
    amount_fen: int = Field(gt=0, le=LARGEST_FEN, strict=True)
    occurred_on: date | None = None


class VoidOrder(Body):
    """The visit does not take place; `id` is made by the client."""

    id: UUID


class Held(BaseModel):
    """A hold that stands to the end of its last day, and what the holder can still spend."""

    hold_id: UUID
    amount_fen: int
    expires_on: date
    balance_fen: int


class HoldEnded(BaseModel):
    """A hold that was voided."""

    hold_id: UUID
    state: Literal["voided"] = "voided"


class HoldLine(BaseModel):
    """A hold in the list."""

    hold_id: UUID
    provider_id: UUID
    outlet_id: UUID
    item_code: str
    amount_fen: int
    held_on: date
    expires_on: date
    state: Literal["open", "captured", "voided", "expired"]
    redemption_id: UUID | None


@router.post("", status_code=201, response_model=Held)
async def hold(order: HoldOrder, caller: Provider, store: Store) -> Held | JSONResponse:
    """Hold money: nobody else can spend it, until it is captured, voided or its time is over."""
    purchase = Purchase(
        order.id,
        provider_of(caller),
        order.outlet_id,
        order.item_code,
        order.amount_fen,
        store.today,
    )
    till = await store.till(purchase, order.shown(store.vault).card)
    decision = decide(purchase, till, store.policy)
    if isinstance(decision, Refused):
        await store.refuse(purchase, decision.code, till)
        return _refused(decision.code)
    until = expires_on(decision, store.today, store.policy)
    await store.hold(purchase, decision, until)
    return Held(
        hold_id=order.id,
        amount_fen=order.amount_fen,
        expires_on=until,
        balance_fen=decision.balance_fen,
    )


@router.post("/{hold_id}/capture", status_code=201, response_model=Redeemed)
async def capture(
    hold_id: UUID, order: CaptureOrder, caller: Provider, store: Store
) -> Redeemed | JSONResponse:
    """Spend what was held, or less; the rest is free again. A hold is captured once."""
    provider_id = provider_of(caller)
    held = known(await store.load(hold_id, provider_id))
    day = redeemed_on(order.occurred_on, store.today, store.policy)
    purchase = Purchase(
        order.id, provider_id, held.outlet_id, held.item_code, order.amount_fen, day
    )
    till = await store.till(purchase, held.digest)
    decision = decide_capture(held, purchase, till, store.policy, store.today)
    if isinstance(decision, Refused):
        await store.refuse(purchase, decision.code, till)
        return _refused(decision.code)
    await store.capture(held, purchase, decision)
    return answered(purchase, decision)


@router.post("/{hold_id}/void", status_code=201)
async def void(hold_id: UUID, order: VoidOrder, caller: Provider, store: Store) -> HoldEnded:
    """Let go of what was held; the holder can spend it again."""
    provider_id = provider_of(caller)
    held = known(await store.load(hold_id, provider_id))
    check_voidable(held, store.today)
    await store.void(held, provider_id)
    return HoldEnded(hold_id=hold_id)


@router.get("")
async def holds(
    caller: Annotated[Caller, permit("provider", "finance", "auditor", "district_officer")],
    store: Store,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[HoldLine]:
    """A provider's own holds; finance and auditors see all. Nobody's name stands in it."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.held(after, limit + 1)
    return page_of(
        [HoldLine.model_validate(row) for row in rows], limit, lambda line: (line.hold_id,)
    )


def _refused(code: RefusalCode) -> JSONResponse:
    return problem(CONFLICT, code, *WORDS[code])
