"""POST /v1/cards: the street opens cards; a number is shown by an audited disclosure alone."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from services.vouchers.cards.domain import card_exists, new_card
from services.vouchers.cards.store import Cards
from shared.caller import Caller
from shared.contracts.ids import derived_id
from shared.doors import READS_BY_POST, Body, doors, opens, permit
from shared.errors import NotFound, Refusal
from shared.lines import (
    MOST_LINES,
    BulkAnswer,
    LineResult,
    Lines,
    Listed,
    added,
    answer,
    stood,
    tried,
)

router = doors("/v1/cards", "cards")
READS = {READS_BY_POST: True}
Officer = Annotated[Caller, permit("street_officer")]
Store = Annotated[Cards, Depends(opens(Cards))]


class CardOrder(Body):
    """One card for one person; `id` is made by the client and becomes the card's id."""

    id: UUID
    person_id: UUID


class CardBatch(Body):
    """Cards for up to 1,000 people; each line is decided by itself."""

    id: UUID
    person_ids: Listed[UUID]


class CardsWanted(Body):
    """Cards whose numbers are to be shown, to be written on the cards."""

    card_ids: list[UUID] = Field(min_length=1, max_length=MOST_LINES)


class CardOpened(BaseModel):
    """An opened card, without its number."""

    card_id: UUID
    person_id: UUID
    opened_on: date


class CardLine(LineResult):
    """What became of one person's card."""

    card_id: UUID | None = None


class CardNumber(BaseModel):
    """A card's number, shown to be written on the card."""

    card_id: UUID
    person_id: UUID
    card_no: str


class CardNumbers(BaseModel):
    """Numbers of the wanted cards that the caller may see."""

    cards: list[CardNumber]


@router.post("", status_code=201)
async def open_card(order: CardOrder, caller: Officer, store: Store) -> CardOpened:
    """Open a card for a holder of the caller's area."""
    applicants = await store.applicants([order.person_id])
    card = new_card(order.id, order.person_id, applicants.get(order.person_id))
    if not await store.open([card]):
        raise card_exists()
    return CardOpened(card_id=order.id, person_id=order.person_id, opened_on=store.today)


@router.post("/batch")
async def open_cards(
    batch: CardBatch, caller: Officer, store: Store, response: Response
) -> BulkAnswer[CardLine]:
    """Open cards for up to 1,000 holders, each decided by itself."""
    lines = Lines("person_ids", UUID, batch.person_ids, once=True)
    applicants = await store.applicants(lines.sound)
    cards = {who: derived_id(batch.id, who) for who in lines.sound}
    decided = [tried(new_card, card, who, applicants.get(who)) for who, card in cards.items()]
    opened = await store.open(stood(decided))
    outcomes = added(list(cards.values()), decided, opened, "opened", card_exists)
    made = [
        {} if isinstance(outcome, Refusal) else {"card_id": card}
        for card, outcome in zip(cards.values(), outcomes, strict=True)
    ]
    return answer(lines.told(CardLine, outcomes, made), response)


@router.post("/disclosures", openapi_extra=READS)
async def disclose_many(wanted: CardsWanted, caller: Officer, store: Store) -> CardNumbers:
    """Show the numbers of cards; audited, and kept in no stored answer."""
    shown = await store.numbers(wanted.card_ids)
    return CardNumbers(
        cards=[
            CardNumber(card_id=card, person_id=who, card_no=number)
            for card, (who, number) in shown.items()
        ]
    )


@router.post("/{card_id}/disclosures", openapi_extra=READS)
async def disclose(card_id: UUID, caller: Officer, store: Store) -> CardNumber:
    """Show one card's number; audited, and kept in no stored answer."""
    shown = await store.numbers([card_id])
    if card_id not in shown:
        raise NotFound(
            "no_such_card",
            "本辖区没有这张有效卡；请核对卡的编号（不是卡号）",
            "no such open card in your area; check the card's id (not its number)",
        )
    who, number = shown[card_id]
    return CardNumber(card_id=card_id, person_id=who, card_no=number)
