"""What was spent after a death or of months not due: who pays it back, and by which instalments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from services.vouchers.ledger.domain import Line
from shared.contracts.ids import derived_id
from shared.errors import Conflict, invalid_field

Reason = Literal["spent_after_death", "not_due"]
Way = Literal["waive", "provider", "family"]


@dataclass(frozen=True, slots=True)
class Part:
    """What of a redemption one fund paid for a month, street and class, and what came back."""

    redemption_id: UUID
    provider_id: str
    fund: str
    street_code: str
    month_on: date
    benefit_class: str
    amount_fen: int
    recovered_fen: int = 0

    @property
    def left_fen(self) -> int:
        return self.amount_fen - self.recovered_fen


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of the debt and the day it is due."""

    due_on: date
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What of one redemption waits for a decision."""

    redemption_id: UUID
    settled: bool
    decision_id: UUID | None


@dataclass(frozen=True, slots=True)
class Taken:
    """So much of a part, taken back now."""

    part: Part
    amount_fen: int


def case_of(person_id: UUID, reason: Reason) -> UUID:
    """The one case of a person for a reason."""
    return derived_id("reclaim", person_id, reason)


def chosen(lines: Sequence[Spent], wanted: Sequence[UUID], way: Way) -> list[UUID]:
    """The redemptions that a proposal is about: those named, or all that are undecided.

    Raises:
        Invalid: one that is not in the case.
        Conflict: one has a decision already, none is left, or the family would pay back what the
            provider has not been paid.
    """
    known = {line.redemption_id: line for line in lines}
    if not set(wanted) <= set(known):
        raise invalid_field(
            "body.redemption_ids",
            "not_in_case",
            "所列交易不都属于本案；请核对交易编号",
            "some of these redemptions are not in this case; check their ids",
        )
    meant = [known[one] for one in dict.fromkeys(wanted)] if wanted else _open(lines)
    if not meant or any(line.decision_id is not None for line in meant):
        raise Conflict(
            "nothing_undecided",
            "所列交易已有决定或待决定；请刷新后重试",
            "there is a decision or a proposal on these already; load the case again",
        )
    if way == "family" and not all(line.settled for line in meant):
        raise Conflict(
            "not_settled_yet",
            "尚未向服务单位结算；请改为从服务单位结算款中扣减，或待结算后再向家属追回",
            "the provider has not been paid yet; deduct it there, or wait for the settlement",
        )
    return [line.redemption_id for line in meant]


def _open(lines: Sequence[Spent]) -> list[Spent]:
    return [line for line in lines if line.decision_id is None]


def check_plan(way: Way, plan: Sequence[Instalment], amount_fen: int, today: date) -> None:
    """Instalments belong to a family's debt, make it up to the fen, and fall due one by one.

    Raises:
        Invalid: they do not.
    """
    days = [one.due_on for one in plan]
    if way != "family" and not plan:
        return
    if way != "family" or sum(one.amount_fen for one in plan) != amount_fen:
        raise invalid_field(
            "body.instalments",
            "plan_does_not_add_up",
            f"分期只用于向家属追回，且各期之和须等于 {amount_fen} 分",
            f"instalments are for the family alone and must add up to {amount_fen} fen",
        )
    if days != sorted(set(days)) or days[0] < today:
        raise invalid_field(
            "body.instalments",
            "plan_out_of_order",
            "各期日期须依次递增，且不得早于今天",
            "the days must follow each other and must not lie in the past",
        )


def check_unchanged(proposed: Sequence[Part], now: Sequence[Part]) -> None:
    """Between proposal and decision nothing of it was given back in another way.

    Raises:
        Conflict: something was.
    """
    if sorted(map(_said, proposed)) != sorted(map(_said, now)):
        raise Conflict(
            "changed_since",
            "提出之后该交易已有退款；请驳回本件并重新提出",
            "something was refunded since this was proposed; refuse it and propose again",
        )


def _said(part: Part) -> tuple[str, str, str, date, str, int]:
    where = (part.fund, part.street_code, part.month_on, part.benefit_class)
    return (str(part.redemption_id), *where, part.amount_fen)


def taken_back(parts: Sequence[Part], amount_fen: int) -> list[Taken]:
    """Spread a receipt over what is still owed, the oldest month first; exact to the fen.

    Raises:
        Conflict: more than is owed.
    """
    left, taken = amount_fen, list[Taken]()
    for part in sorted(parts, key=lambda p: (p.month_on, p.fund, str(p.redemption_id))):
        here = min(left, part.left_fen)
        if here > 0:
            taken.append(Taken(part, here))
            left -= here
    if left:
        owed = amount_fen - left
        raise Conflict(
            "more_than_owed",
            f"收款超过尚欠金额；尚欠 {owed} 分",
            f"more than is still owed; {owed} fen are left",
        )
    return taken


def recovery_lines(
    taken: Sequence[Taken],
    way: Way,
    payables: dict[str, UUID],
    a_fund: dict[tuple[str, str], UUID],
) -> list[Line]:
    """From what is payable to the provider, or from what was settled, to the recovered account."""
    lines: list[Line] = []
    for one in taken:
        part = one.part
        own = (part.fund, part.street_code, part.month_on, part.benefit_class, part.provider_id)
        recovered = a_fund["recovered", part.fund]
        if way == "provider":
            payable = payables[part.provider_id]
            lines.append(Line(payable, "provider_payable", -one.amount_fen, *own))
        else:
            settled = a_fund["settled", part.fund]
            lines.append(Line(settled, "settled", -one.amount_fen, *own))
        lines.append(Line(recovered, "recovered", one.amount_fen, *own))
    return lines
