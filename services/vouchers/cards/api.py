"""POST /v1/cards: the street opens cards; a number is shown by an audited disclosure alone."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from services.vouchers.cards.domain import CardOutcome, decide
from services.vouchers.cards.store import Cards, NewCard
from shared.caller import Caller
from shared.contracts.ids import derived_id
from shared.doors import READS_BY_POST, Body, doors, opens, permit
from shared.errors import Conflict, NotFound

router = doors("/v1/cards", "cards")
LARGEST_LIST = 1000
READS = {READS_BY_POST: True}
Officer = Annotated[Caller, permit("street_officer")]
Store = Annotated[Cards, Depends(opens(Cards), scope="function")]

WORDS: dict[CardOutcome, tuple[str, str]] = {
    "unknown_holder": (
        "本辖区没有此人的券待遇；请核对人员编号或先办理审批",
        "no voucher award of this person in your area; check the id or have the award approved",
    ),
    "holder_died": ("此人已去世，不再发卡", "the person has died; no card is issued"),
    "card_exists": ("此人已有有效卡，不再重复发卡", "the person has an open card already"),
}


class CardOrder(Body):
    """One card for one person; `id` is made by the client and becomes the card's id."""

    id: UUID
    person_id: UUID


class CardBatch(Body):
    """Cards for up to 1,000 people; each line is decided by itself."""

    id: UUID
    person_ids: list[UUID] = Field(min_length=1, max_length=LARGEST_LIST)


class CardsWanted(Body):
    """Cards whose numbers are to be shown, to be written on the cards."""

    card_ids: list[UUID] = Field(min_length=1, max_length=LARGEST_LIST)


class CardOpened(BaseModel):
    """An opened card, without its number."""

    card_id: UUID
    person_id: UUID
    opened_on: date


class CardLine(BaseModel):
    """What became of one line of a batch."""

    person_id: UUID
    outcome: CardOutcome
    card_id: UUID | None = None
    zh: str = ""
    en: str = ""


class CardLines(BaseModel):
    """All lines of a batch, in the order asked for."""

    opened: int
    lines: list[CardLine]


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
    lines = await _open(store, {order.person_id: order.id})
    line = lines[0]
    if line.outcome == "unknown_holder":
        raise NotFound(line.outcome, line.zh, line.en)
    if line.outcome != "opened":
        raise Conflict(line.outcome, line.zh, line.en)
    return CardOpened(card_id=order.id, person_id=order.person_id, opened_on=store.today)


@router.post("/batch", status_code=201)
async def open_cards(
    batch: CardBatch, caller: Officer, store: Store, response: Response
) -> CardLines:
    """Open cards for a list of holders; one bad line stops no other."""
    lines = await _open(store, {who: derived_id(batch.id, who) for who in batch.person_ids})
    opened = sum(line.outcome == "opened" for line in lines)
    response.headers["x-count"] = str(opened)
    return CardLines(opened=opened, lines=lines)


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
            "unknown_card",
            "本辖区没有这张有效卡；请核对卡的编号（不是卡号）",
            "no such open card in your area; check the card's id (not its number)",
        )
    who, number = shown[card_id]
    return CardNumber(card_id=card_id, person_id=who, card_no=number)


async def _open(store: Cards, wanted: dict[UUID, UUID]) -> list[CardLine]:
    applicants = await store.applicants(list(wanted))
    outcomes = {who: decide(applicants.get(who)) for who in wanted}
    opened = await store.open(
        [
            NewCard(wanted[who], who, applicants[who].area_code)
            for who, outcome in outcomes.items()
            if outcome == "opened"
        ]
    )
    return [_line(who, wanted[who], outcome, opened) for who, outcome in outcomes.items()]


def _line(who: UUID, card: UUID, outcome: CardOutcome, opened: set[UUID]) -> CardLine:
    if outcome == "opened" and card in opened:
        return CardLine(person_id=who, outcome=outcome, card_id=card)
    lost: CardOutcome = "card_exists" if outcome == "opened" else outcome
    zh, en = WORDS[lost]
    return CardLine(person_id=who, outcome=lost, zh=zh, en=en)
