"""POST /v1/card-losses: a word stops a card at once; in writing it is replaced by a new number."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from services.vouchers.cards.domain import card_exists
from services.vouchers.cards.losses import (
    LossState,
    Reporter,
    confirmable,
    replaceable,
    standing,
    stoppable,
)
from services.vouchers.cards.losses_store import Losses
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/card-losses", "cards")
Store = Annotated[Losses, Depends(opens(Losses))]
Officer = Annotated[Caller, permit("street_officer")]
Counter = Annotated[Caller, permit("street_officer", "community_worker")]


class LossOrder(Body):
    """Whose card is lost and who says so; by telephone or in writing."""

    id: UUID
    person_id: UUID
    reported_by: Reporter
    in_writing: bool = False


class LossAct(Body):
    """An act on a report; `id` is made by the client."""

    id: UUID


class ReplacementOrder(Body):
    """The new card; `id` is made by the client and becomes the card's id."""

    id: UUID


class Stopped(BaseModel):
    """A card that no till takes any more, and until when the report is to be put in writing."""

    loss_id: UUID
    card_id: UUID
    stopped_on: date
    write_until_on: date | None


class LossShown(BaseModel):
    """A report after an act on it."""

    loss_id: UUID
    card_id: UUID
    state: LossState


class Replaced(BaseModel):
    """The new card, without its number: it is shown by a disclosure."""

    loss_id: UUID
    closed_card_id: UUID
    card_id: UUID


class LossLine(BaseModel):
    """A report in the list."""

    loss_id: UUID
    card_id: UUID
    person_id: UUID
    area_code: str
    reported_by: Reporter
    reported_on: date
    write_until_on: date
    written_on: date | None
    ended_on: date | None
    new_card_id: UUID | None
    state: LossState


@router.post("", status_code=201)
async def report(
    order: LossOrder,
    caller: Annotated[Caller, permit("hotline", "community_worker", "street_officer")],
    store: Store,
) -> Stopped:
    """Stop a person's card at once, at the first word (口头挂失)."""
    card = stoppable(await store.open_card(order.person_id))
    await store.report(order.id, card, order.reported_by, in_writing=order.in_writing)
    until = None if order.in_writing else store.write_until
    return Stopped(
        loss_id=order.id, card_id=card.card_id, stopped_on=store.today, write_until_on=until
    )


@router.post("/{loss_id}/confirmation", status_code=201)
async def confirm(loss_id: UUID, act: LossAct, caller: Counter, store: Store) -> LossShown:
    """The report was put in writing at the counter (书面挂失)."""
    loss = confirmable(await store.load(loss_id))
    await store.confirm(loss)
    return LossShown(loss_id=loss_id, card_id=loss.card_id, state="written")


@router.post("/{loss_id}/reinstatement", status_code=201)
async def reinstate(loss_id: UUID, act: LossAct, caller: Officer, store: Store) -> LossShown:
    """The card was found and shown at the counter (解挂); it is good again."""
    loss = standing(await store.load(loss_id))
    await store.found(loss)
    return LossShown(loss_id=loss_id, card_id=loss.card_id, state="found")


@router.post("/{loss_id}/replacement", status_code=201)
async def replace(
    loss_id: UUID, order: ReplacementOrder, caller: Officer, store: Store
) -> Replaced:
    """Close the lost card and open a new one with a new number (补卡); the money stays."""
    loss = replaceable(await store.load(loss_id))
    if not await store.replace(loss, order.id):
        raise card_exists()
    return Replaced(loss_id=loss_id, closed_card_id=loss.card_id, card_id=order.id)


@router.get("")
async def losses(
    caller: Annotated[
        Caller, permit("community_worker", "street_officer", "district_officer", "auditor")
    ],
    store: Store,
    state: LossState | None = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[LossLine]:
    """Reports of the caller's area; `overdue` ones wait too long for their writing."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(state, after, limit + 1)
    return page_of(
        [LossLine.model_validate(row) for row in rows], limit, lambda line: (line.loss_id,)
    )
