"""Paper at a till: what the shown vouchers are worth, and why they may not be taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

PaperRefusal = Literal[
    "serial_unknown", "serial_not_handed_out", "serial_used", "serial_lost", "serial_expired",
    "serial_void", "serial_destroyed", "serials_of_several_holders",
    "serials_do_not_make_the_amount",
]  # fmt: skip
STANDING: Mapping[str, PaperRefusal | None] = {
    "generated": "serial_not_handed_out",
    "handed_out": None,
    "lost": "serial_lost",
    "used": "serial_used",
    "recollected": "serial_used",
    "settled": "serial_used",
    "expired": "serial_expired",
    "void": "serial_void",
    "destroyed": "serial_destroyed",
}


@dataclass(frozen=True, slots=True)
class PaperNote:
    """One voucher in the customer's hand, locked until the end of the work."""

    state: str
    person_id: UUID
    account_id: UUID
    month_on: date
    valid_until_on: date
    amount_fen: int
    application_id: UUID | None


@dataclass(frozen=True, slots=True)
class PaperHand:
    """All vouchers of one purchase; a holder only if they are all of one."""

    notes: tuple[PaperNote, ...]
    person_id: UUID | None = None
    area_code: str | None = None
    died_on: date | None = None


def refusal_of(hand: PaperHand, asked: int, amount_fen: int, day: date) -> PaperRefusal | None:
    """Why so many shown vouchers may not pay an amount on a day; the first thing that is wrong."""
    if len(hand.notes) < asked:
        return "serial_unknown"
    for note in hand.notes:
        standing = STANDING[note.state]
        if standing is not None:
            return standing
        if not note.month_on <= day <= note.valid_until_on:
            return "serial_expired"
    if hand.person_id is None:
        return "serials_of_several_holders"
    worth = sum(note.amount_fen for note in hand.notes)
    return None if worth == amount_fen else "serials_do_not_make_the_amount"
