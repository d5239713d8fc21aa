"""A batch of purchases, each decided by itself on what is left after those before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias
from uuid import UUID

from services.vouchers.policy.model import VoucherPolicy
from services.vouchers.redemptions.domain import (
    Accepted,
    Decision,
    MonthLeft,
    Payer,
    Purchase,
    RefusalCode,
    Refused,
    Till,
    decide,
)
from shared.errors import Refusal


@dataclass(frozen=True, slots=True)
class Asked:
    """One purchase of a batch, what its holder is looked up by, and why it comes too late if so."""

    purchase: Purchase
    digest: bytes
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class CardKnown:
    """A card or QR code that some line shows."""

    card_id: UUID
    closed_on: date | None
    lost_on: date | None
    token_until_on: date | None
    person_id: UUID


@dataclass(slots=True)
class Purse:
    """What a holder of the batch has left; it changes as lines are accepted."""

    area_code: str
    died_on: date | None
    lapsed_on: date | None
    held_fen: int
    months: tuple[MonthLeft, ...]

    def take(self, accepted: Accepted) -> None:
        """Leave only what an accepted purchase has not spent."""
        spent = {charge.month.account_id: charge.amount_fen for charge in accepted.charges}
        left = [
            _less(month, spent[month.account_id]) if month.account_id in spent else month
            for month in self.months
        ]
        self.months = tuple(month for month in left if month.balance_fen > 0)


def _less(month: MonthLeft, amount_fen: int) -> MonthLeft:
    left = month.balance_fen - amount_fen
    return MonthLeft(
        month.account_id, month.month_on, month.valid_until_on, left, month.application_id
    )


@dataclass(frozen=True, slots=True)
class Known:
    """An id of the batch that was booked or refused before; refusals have no day."""

    provider_id: str
    outlet_id: UUID
    item_code: str
    amount_fen: int
    person_id: UUID | None = None
    day: date | None = None
    code: RefusalCode | None = None

    def is_of(self, purchase: Purchase, person_id: UUID | None) -> bool:
        """Whether the same was asked then: a till that got no answer sends again."""
        return (
            self.provider_id == str(purchase.provider_id)
            and self.outlet_id == purchase.outlet_id
            and self.item_code == purchase.item_code
            and self.amount_fen == purchase.amount_fen
            and self.person_id == person_id
            and self.day in {None, purchase.redeemed_on}
        )


@dataclass(slots=True)
class BatchFacts:
    """Everything that the lines of one batch are decided on."""

    cards: Mapping[bytes, CardKnown] = field(default_factory=dict)
    purses: Mapping[UUID, Purse] = field(default_factory=dict)
    known: dict[UUID, Known] = field(default_factory=dict)
    standings: Sequence[tuple[date, str]] = ()
    outlets: Mapping[UUID, tuple[str, str | None]] = field(default_factory=dict)
    items: Mapping[str, tuple[str, bool, date]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fresh:
    """A line decided now."""

    purchase: Purchase
    till: Till
    decision: Decision


@dataclass(frozen=True, slots=True)
class Again:
    """A line that was decided before, with the answer of then: booked, or why not."""

    code: RefusalCode | None


@dataclass(frozen=True, slots=True)
class Taken:
    """A line whose id belongs to something else."""


LineDecision: TypeAlias = Fresh | Again | Taken | Refusal
"""What became of a line; a refusal: it was not even asked, and nothing of it is kept."""


def decide_batch(
    asked: Sequence[Asked], facts: BatchFacts, policy: VoucherPolicy
) -> list[LineDecision]:
    """Decide every line, in the order of the lines.

    An offline till sends in any order: earlier days spend first, and of one day the earlier line.
    """
    decided: dict[int, LineDecision] = {}
    days = {one.purchase.redeemed_on for one in asked}
    standings = {day: _standing(facts.standings, day) for day in days}
    for nth in sorted(range(len(asked)), key=lambda nth: asked[nth].purchase.redeemed_on):
        decided[nth] = _line(asked[nth], facts, standings, policy)
    return [decided[nth] for nth in range(len(asked))]


def _line(
    one: Asked, facts: BatchFacts, standings: Mapping[date, str | None], policy: VoucherPolicy
) -> LineDecision:
    purchase, card = one.purchase, facts.cards.get(one.digest)
    person_id = card.person_id if card else None
    before = facts.known.get(purchase.id)
    if before is not None:
        return Again(before.code) if before.is_of(purchase, person_id) else Taken()
    if one.refusal is not None:
        return one.refusal
    till = _till(purchase, card, facts, standings[purchase.redeemed_on])
    decision = decide(purchase, till, policy)
    if isinstance(decision, Accepted) and person_id is not None:
        facts.purses[person_id].take(decision)
    facts.known[purchase.id] = _now_known(purchase, person_id, decision)
    return Fresh(purchase, till, decision)


def _now_known(purchase: Purchase, person_id: UUID | None, decision: Decision) -> Known:
    refused = isinstance(decision, Refused)
    return Known(
        str(purchase.provider_id),
        purchase.outlet_id,
        purchase.item_code,
        purchase.amount_fen,
        person_id,
        None if refused else purchase.redeemed_on,
        decision.code if isinstance(decision, Refused) else None,
    )


def _till(
    purchase: Purchase, card: CardKnown | None, facts: BatchFacts, standing: str | None
) -> Till:
    purse = facts.purses.get(card.person_id) if card else None
    owner, area = facts.outlets.get(purchase.outlet_id, (None, None))
    category, allowed, published_on = facts.items.get(purchase.item_code, (None, False, None))
    return Till(
        taken=False,
        payer=_payer(card, purse),
        outlet_provider=owner,
        outlet_area=area,
        standing=standing,
        category=category,
        voucher_allowed=allowed,
        published_on=published_on,
        months=purse.months if purse else (),
        held_fen=purse.held_fen if purse else 0,
        # As at a single till: of money that is left, its own last days tell what has lapsed.
        lapsed_on=purse.lapsed_on if purse and not purse.months else None,
    )


def _payer(card: CardKnown | None, purse: Purse | None) -> Payer | None:
    if card is None or purse is None:
        return None
    return Payer(
        card.card_id,
        card.closed_on,
        card.person_id,
        purse.area_code,
        purse.died_on,
        card.lost_on,
        card.token_until_on,
    )


def _standing(standings: Sequence[tuple[date, str]], day: date) -> str | None:
    """The newest standing on a day; they come in the order in which they count."""
    return next((said for from_on, said in reversed(standings) if from_on <= day), None)
