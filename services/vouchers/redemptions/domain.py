"""Spending a voucher: what must hold at the till, and which months pay, the oldest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Literal, TypeAlias
from uuid import UUID

from services.vouchers.accounts.domain import account_id
from services.vouchers.paper.presenting import PaperRefusal
from services.vouchers.policy.model import VoucherPolicy
from shared.caller import Caller
from shared.contracts.vouchers import RedemptionRefused, VoucherRedeemed
from shared.errors import Conflict, Forbidden, invalid_field

PROVIDERS_KEPT = 4096
TillRefusal = Literal[
    "unknown_card", "card_closed", "card_lost", "token_expired", "account_closed",
    "unknown_outlet", "foreign_outlet", "provider_not_admitted", "provider_suspended",
    "provider_exited", "unknown_item", "item_not_allowed", "insufficient_balance",
    "voucher_expired", "partial_not_allowed", "hold_captured", "hold_voided",
    "hold_expired", "more_than_held",
]  # fmt: skip
RefusalCode: TypeAlias = TillRefusal | PaperRefusal


@dataclass(frozen=True, slots=True)
class Purchase:
    """What a provider asks for. The card's number is not here: only its digest is looked up."""

    id: UUID
    provider_id: UUID
    outlet_id: UUID
    item_code: str
    amount_fen: int
    redeemed_on: date


@dataclass(frozen=True, slots=True)
class MonthLeft:
    """What a holder has left of one month."""

    account_id: UUID
    month_on: date
    valid_until_on: date
    balance_fen: int
    application_id: UUID | None


@dataclass(frozen=True, slots=True)
class Payer:
    """The holder of the card or the paper, locked until the end of the work."""

    card_id: UUID | None
    card_closed_on: date | None
    person_id: UUID
    area_code: str
    died_on: date | None
    card_lost_on: date | None = None
    token_until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Till:
    """Everything a redemption is decided on."""

    taken: bool
    payer: Payer | None
    outlet_provider: str | None
    outlet_area: str | None
    standing: str | None
    category: str | None
    voucher_allowed: bool
    published_on: date | None
    months: tuple[MonthLeft, ...]
    held_fen: int = 0
    lapsed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """A part of the amount, taken from one month."""

    month: MonthLeft
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """The redemption is booked so; `balance_fen` is what the holder has left afterwards."""

    payer: Payer
    charges: tuple[Charge, ...]
    balance_fen: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The redemption is refused; a fact that is kept."""

    code: RefusalCode


Decision: TypeAlias = Accepted | Refused


def provider_of(caller: Caller) -> UUID:
    """The provider at whose till the caller stands.

    Raises:
        Forbidden: the token names none.
    """
    if (provider_id := _id_of(caller.agency)) is None:
        raise Forbidden(
            "no_provider",
            "令牌中没有服务单位编号；请向管理员申请本单位的令牌",
            "the token names no provider; ask for a token of your organisation",
        )
    return provider_id


@lru_cache(maxsize=PROVIDERS_KEPT)
def _id_of(agency: str) -> UUID | None:
    """A provider's id, if it is written as one."""
    try:
        provider_id = UUID(agency)
    except ValueError:
        return None
    return provider_id if str(provider_id) == agency else None


def redeemed_on(given: date | None, today: date, policy: VoucherPolicy) -> date:
    """The day of the act: today, or a day that a till reports late (C-46).

    Raises:
        Invalid: in the future (the till's clock is wrong), or reported too late.
    """
    day = given or today
    late = policy.late_redemption_days.on(today)
    if day > today:
        raise invalid_field(
            "body.occurred_on",
            "till_clock_ahead",
            "终端日期晚于今天；未扣款，请校准终端时钟后以正确日期原单重发",
            "the till's date is ahead of today; nothing was booked: set its clock and send again",
        )
    if day < today - timedelta(days=late):
        raise invalid_field(
            "body.occurred_on",
            "reported_too_late",
            f"已超过 {late} 天的补报期限，或终端日期偏早；未扣款，请核对时钟，逾期走人工补报",
            f"more than {late} days ago, or the till's clock is behind; nothing was booked: "
            "check the clock, later acts need the office",
        )
    return day


def decide(purchase: Purchase, till: Till, policy: VoucherPolicy) -> Decision:
    """Accept or refuse; the first thing that does not hold is the reason.

    Raises:
        Conflict: the id belongs to another redemption.
    """
    if till.taken:
        raise id_taken()
    refusal = refusal_of_sale(purchase, till, policy) or _of_payer(purchase, till)
    if refusal or till.payer is None:
        return Refused(refusal or "unknown_card")
    return _pay(purchase, till, till.payer, policy)


def refusal_of_sale(purchase: Purchase, till: Till, policy: VoucherPolicy) -> RefusalCode | None:
    """Why this provider may not sell this item for vouchers, whoever pays."""
    return _of_provider(purchase, till) or _of_item(purchase, till, policy)


def id_taken() -> Conflict:
    """The id belongs to another redemption."""
    return Conflict(
        "id_taken",
        "该交易编号已使用；请换用新编号",
        "this redemption id is taken; use a new one",
    )


def _of_provider(purchase: Purchase, till: Till) -> RefusalCode | None:
    standings: dict[str | None, RefusalCode] = {
        None: "provider_not_admitted",
        "suspended": "provider_suspended",
        "exited": "provider_exited",
    }
    if till.standing in standings:
        return standings[till.standing]
    if till.outlet_provider is None:
        return "unknown_outlet"
    return None if till.outlet_provider == str(purchase.provider_id) else "foreign_outlet"


def _of_item(purchase: Purchase, till: Till, policy: VoucherPolicy) -> RefusalCode | None:
    day = purchase.redeemed_on
    if till.published_on is None or till.published_on > day:
        return "unknown_item"
    allowed = till.voucher_allowed and till.category in policy.categories.on(day)
    return None if allowed else "item_not_allowed"


def _of_payer(purchase: Purchase, till: Till) -> RefusalCode | None:
    payer, day = till.payer, purchase.redeemed_on
    if payer is None:
        return "unknown_card"
    if payer.card_closed_on is not None and payer.card_closed_on <= day:
        return "card_closed"
    # What was bought before the loss was reported is the holder's (C-42).
    if payer.card_lost_on is not None and payer.card_lost_on <= day:
        return "card_lost"
    if payer.token_until_on is not None and payer.token_until_on < day:
        return "token_expired"
    return None if payer.died_on is None else "account_closed"


def _pay(purchase: Purchase, till: Till, payer: Payer, policy: VoucherPolicy) -> Decision:
    """Take the oldest valid month first (C-39), several if need be."""
    day, due, charges = purchase.redeemed_on, purchase.amount_fen, []
    valid = [m for m in till.months if m.month_on <= day <= m.valid_until_on]
    left = _free(valid, till, day)
    if left < due:
        return Refused("insufficient_balance" if valid else _why_nothing(till, day))
    for month in sorted(valid, key=lambda m: m.month_on):
        part = min(due, month.balance_fen)
        if part > 0:
            charges.append(Charge(month, part))
            due -= part
    whole = all(charge.amount_fen == charge.month.balance_fen for charge in charges)
    if not whole and not policy.partial_spending.on(day):
        return Refused("partial_not_allowed")
    assert sum(charge.amount_fen for charge in charges) == purchase.amount_fen
    return Accepted(payer, tuple(charges), left - purchase.amount_fen)


def _free(valid: Sequence[MonthLeft], till: Till, day: date) -> int:
    """What may be spent: what is valid on the day, unless so much of all is held for visits."""
    unlapsed = sum(m.balance_fen for m in till.months if day <= m.valid_until_on)
    return min(sum(m.balance_fen for m in valid), unlapsed - till.held_fen)


def _why_nothing(till: Till, day: date) -> RefusalCode:
    """Whether a holder without valid money had some that lapsed."""
    lapsed = [m.valid_until_on for m in till.months if m.valid_until_on < day]
    if till.lapsed_on is not None:
        lapsed.append(till.lapsed_on)
    return "voucher_expired" if lapsed and max(lapsed) < day else "insufficient_balance"


def redeemed(
    purchase: Purchase, accepted: Accepted, programmes: Sequence[str], now: datetime
) -> VoucherRedeemed:
    """The letter of an accepted redemption."""
    payer = accepted.payer
    return VoucherRedeemed(
        aggregate_id=account_id(payer.person_id, programmes[0]),
        occurred_at=now,
        person_id=payer.person_id,
        application_id=accepted.charges[0].month.application_id,
        area_code=payer.area_code,
        agency=str(purchase.provider_id),
        redemption_id=purchase.id,
        provider_id=purchase.provider_id,
        outlet_id=purchase.outlet_id,
        item_code=purchase.item_code,
        amount_fen=purchase.amount_fen,
        redeemed_on=purchase.redeemed_on,
    )


def refused(
    purchase: Purchase, code: RefusalCode, till: Till, programmes: Sequence[str], now: datetime
) -> RedemptionRefused:
    """The letter of a refusal; it names a person only when the card is known."""
    payer = till.payer
    journey = till.months[0].application_id if till.months else None
    return RedemptionRefused(
        aggregate_id=account_id(payer.person_id, programmes[0]) if payer else purchase.id,
        occurred_at=now,
        person_id=payer.person_id if payer else None,
        application_id=journey,
        area_code=payer.area_code if payer else till.outlet_area,
        agency=str(purchase.provider_id),
        provider_id=purchase.provider_id,
        amount_fen=purchase.amount_fen,
        code=code,
    )
