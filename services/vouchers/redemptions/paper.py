"""A purchase with paper vouchers: the serials in hand are the holder, and pay whole."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from uuid import UUID

from services.vouchers.paper.presenting import PaperHand, PaperNote, refusal_of
from services.vouchers.policy.model import VoucherPolicy
from services.vouchers.redemptions.domain import (
    Accepted,
    Charge,
    Decision,
    MonthLeft,
    Payer,
    Purchase,
    Refused,
    Till,
    id_taken,
    refusal_of_sale,
)


def paper_till(till: Till, hand: PaperHand) -> Till:
    """The till's facts with the holder of the paper, if all of it is of one."""
    if hand.person_id is None or hand.area_code is None:
        return till
    payer = Payer(None, None, hand.person_id, hand.area_code, hand.died_on)
    return replace(till, payer=payer)


def decide_paper(
    purchase: Purchase, till: Till, hand: PaperHand, asked: int, policy: VoucherPolicy
) -> Decision:
    """Accept or refuse; no change is given, so the serials must make the amount.

    Raises:
        Conflict: the id belongs to another redemption.
    """
    if till.taken:
        raise id_taken()
    refusal = refusal_of_sale(purchase, till, policy) or refusal_of(
        hand, asked, purchase.amount_fen, purchase.redeemed_on
    )
    if refusal is not None or till.payer is None:
        return Refused(refusal or "serial_unknown")
    if till.payer.died_on is not None:
        return Refused("account_closed")
    return Accepted(till.payer, _charges(hand), 0)


def _charges(hand: PaperHand) -> tuple[Charge, ...]:
    """One charge for each month that the serials are of."""
    months: defaultdict[UUID, list[PaperNote]] = defaultdict(list)
    for note in hand.notes:
        months[note.account_id].append(note)
    return tuple(_charge(notes) for _, notes in sorted(months.items()))


def _charge(notes: list[PaperNote]) -> Charge:
    one, worth = notes[0], sum(note.amount_fen for note in notes)
    month = MonthLeft(one.account_id, one.month_on, one.valid_until_on, worth, one.application_id)
    return Charge(month, worth)
