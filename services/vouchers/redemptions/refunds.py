"""Giving back what was spent: to the months it came from, never in cash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal
from uuid import UUID

from services.vouchers.policy.model import VoucherPolicy
from shared.errors import Conflict, NotFound, invalid_field

EndAct = Literal["", "expire", "revoke"]


@dataclass(frozen=True, slots=True)
class Part:
    """What one month has paid of a redemption and has not got back yet."""

    account_id: UUID
    month_on: date
    valid_until_on: date
    left_fen: int
    not_due: bool = False


@dataclass(frozen=True, slots=True)
class Booked:
    """A redemption as it stands, its holder and itself locked."""

    redemption_id: UUID
    person_id: UUID
    application_id: UUID | None
    area_code: str
    provider_id: str
    amount_fen: int
    redeemed_on: date
    settled: bool
    died_on: date | None
    refunded_fen: int
    reclaimed_fen: int
    channel: str
    taken: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Returned:
    """A part of a refund: where it goes back, and how it ends at once if it cannot be spent."""

    part: Part
    amount_fen: int
    ends: EndAct


def give_back(
    booked: Booked | None,
    amount_fen: int | None,
    today: date,
    policy: VoucherPolicy,
    *,
    by_office: bool,
) -> list[Returned]:
    """What a refund gives back to each month, the newest first; no amount means all.

    Raises:
        NotFound: no such redemption of this provider.
        Conflict: given back or reclaimed already, too late for a provider, or paid on paper.
        Invalid: more than is left.
    """
    found = _refundable(booked)
    left = found.amount_fen - found.refunded_fen - found.reclaimed_fen
    due = left if amount_fen is None else amount_fen
    if left == 0:
        raise _nothing_left(found)
    _in_time(found, today, policy, by_office=by_office)
    if due > left:
        raise invalid_field(
            "body.amount_fen",
            "more_than_spent",
            "退款金额超过该笔交易未退部分；请核对金额",
            "more than is left of this redemption; check the amount",
        )
    return _spread(found, due, today)


def _refundable(booked: Booked | None) -> Booked:
    if booked is None:
        raise NotFound(
            "unknown_redemption",
            "没有这笔交易；请核对交易编号",
            "there is no such redemption; check its id",
        )
    if booked.taken:
        raise Conflict(
            "id_taken", "该退款编号已使用；请换用新编号", "this refund id is taken; use a new one"
        )
    if booked.channel == "paper":
        raise Conflict(
            "paper_not_refunded",
            "以纸质券支付的不退款；纸质券一次使用",
            "paid with paper vouchers, which are used once; not refunded",
        )
    return booked


def _nothing_left(booked: Booked) -> Conflict:
    if booked.reclaimed_fen == 0:
        return Conflict(
            "already_refunded", "这笔交易已全额退款", "this redemption was given back in full"
        )
    return Conflict(
        "reclaimed_already",
        "这笔交易已由追回决定处理，不再退款；请见追回案件",
        "a reclaim has taken this money back already, no refund is left; see its case",
    )


def _in_time(booked: Booked, today: date, policy: VoucherPolicy, *, by_office: bool) -> None:
    days = policy.refund_days.on(today)
    if not by_office and booked.redeemed_on < today - timedelta(days=days):
        raise Conflict(
            "refund_too_late",
            f"已超过 {days} 天的退款期限；请联系区财政办理",
            f"more than {days} days ago; ask the district's finance office",
        )


def _spread(booked: Booked, due: int, today: date) -> list[Returned]:
    """The newest month first: it can be spent longest."""
    back: list[Returned] = []
    for part in sorted(booked.parts, key=lambda part: part.month_on, reverse=True):
        amount = min(due, part.left_fen)
        if amount > 0:
            back.append(Returned(part, amount, _end_of(part, booked.died_on, today)))
            due -= amount
    assert due == 0
    return back


def _end_of(part: Part, died_on: date | None, today: date) -> EndAct:
    # Nobody's to spend again: the holder is dead, or had no claim to the month (C-44).
    if died_on is not None or part.not_due:
        return "revoke"
    return "expire" if part.valid_until_on < today else ""


def spendable_fen(back: Sequence[Returned]) -> int:
    """What of a refund the holder can spend again."""
    return sum(one.amount_fen for one in back if one.ends == "")
