"""Money held for a visit: what may be held, and what may be captured of it afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from services.vouchers.policy.model import VoucherPolicy
from services.vouchers.redemptions.domain import (
    Accepted,
    Decision,
    Purchase,
    RefusalCode,
    Refused,
    Till,
    decide,
    id_taken,
)
from services.vouchers.redemptions.wording import WORDS
from shared.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as it stands, its holder locked; `digest` finds his card."""

    id: UUID
    digest: bytes
    outlet_id: UUID
    item_code: str
    amount_fen: int
    expires_on: date
    ended: str | None


def expires_on(accepted: Accepted, today: date, policy: VoucherPolicy) -> date:
    """The last day of a hold: within the policy's days, and while all of its money is valid."""
    last = today + timedelta(days=policy.hold_days.on(today))
    return min(last, *(charge.month.valid_until_on for charge in accepted.charges))


def known(hold: Hold | None) -> Hold:
    """The hold that was named.

    Raises:
        NotFound: this provider has no such hold.
    """
    if hold is None:
        raise NotFound(
            "unknown_hold",
            "没有这笔预留；请核对预留编号",
            "there is no such hold; check its id",
        )
    return hold


def decide_capture(
    hold: Hold, purchase: Purchase, till: Till, policy: VoucherPolicy, today: date
) -> Decision:
    """Spend what was held, or less; the card itself has been shown before.

    Raises:
        Conflict: the id belongs to another redemption.
    """
    if till.taken:
        raise id_taken()
    refusal = _ended(hold, today) or _too_much(hold, purchase)
    if refusal is not None:
        return Refused(refusal)
    payer = till.payer and replace(
        till.payer, card_closed_on=None, card_lost_on=None, token_until_on=None
    )
    own = replace(till, payer=payer, held_fen=till.held_fen - hold.amount_fen)
    return decide(purchase, own, policy)


def check_voidable(hold: Hold, today: date) -> None:
    """Only a hold that stands can be voided.

    Raises:
        Conflict: it was captured or voided, or has ended by itself.
    """
    refusal = _ended(hold, today)
    if refusal is not None:
        raise Conflict(refusal, *WORDS[refusal])


def _ended(hold: Hold, today: date) -> RefusalCode | None:
    ends: dict[str, RefusalCode] = {"captured": "hold_captured", "voided": "hold_voided"}
    if hold.ended is not None:
        return ends[hold.ended]
    return "hold_expired" if hold.expires_on < today else None


def _too_much(hold: Hold, purchase: Purchase) -> RefusalCode | None:
    return "more_than_held" if purchase.amount_fen > hold.amount_fen else None
