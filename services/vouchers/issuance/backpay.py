"""Back-pay: one person's past month that no run issued, with a reason and two signatures (C-38)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from services.vouchers.funds.domain import Source
from services.vouchers.ledger.domain import Line
from services.vouchers.policy.model import VoucherPolicy
from shared.contracts.months import month_of
from shared.errors import Conflict, NotFound, invalid_field

Reason = Literal["suspension_lifted", "appeal_upheld", "late_decision", "correction"]


@dataclass(frozen=True, slots=True)
class Backpay:
    """A past month to be paid to a person; issued when the other body signed."""

    id: UUID
    person_id: UUID
    programme: str
    month_on: date
    area_code: str
    application_id: UUID | None
    benefit_class: str
    amount_fen: int
    reason: str
    note: str
    made_by: str
    made_body: str
    signed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person's award says of a month, and whether the month was issued already."""

    area_code: str
    died_on: date | None
    application_id: UUID | None
    benefit_class: str | None
    amount_fen: int | None
    starts_on: date
    ended_on: date | None
    issued: bool


def check_past_month(policy: VoucherPolicy, programme: str, month_on: date, today: date) -> None:
    """Back-pay is for a past month; this month is issued by a run.

    Raises:
        Invalid: another programme, no month's first day, before the policy, or not past.
    """
    if programme not in policy.programmes:
        raise invalid_field(
            "body.programme",
            "unknown_programme",
            f"没有此券项目；可选：{'、'.join(policy.programmes)}",
            f"no such voucher programme; choose one of {', '.join(policy.programmes)}",
        )
    if month_on != month_of(month_on) or not policy.counts_from <= month_on < month_of(today):
        raise invalid_field(
            "body.month_on",
            "not_a_past_month",
            f"应为已过月份的一日，且不早于 {policy.counts_from}；当月请用发放批次",
            f"must be the first day of a past month, not before {policy.counts_from}; "
            "this month is issued by a run",
        )


def check_due(standing: Standing, month_on: date) -> tuple[str, int]:
    """The class and amount that the award gives for the month.

    Raises:
        Conflict: died (C-43), before the application (C-38), after the award, or issued already.
    """
    if standing.issued:
        raise Conflict("already_issued", "该月已发放", "this month has been issued already")
    if standing.died_on is not None:
        raise Conflict(
            "holder_died", "持券人已去世，不再发放", "the holder has died; nothing more is issued"
        )
    if standing.benefit_class is None or standing.amount_fen is None:
        raise Conflict(
            "before_application",
            f"不补发申请以前的月份：自 {standing.starts_on:%Y-%m} 起计发",
            f"no month before the application: counted from {standing.starts_on:%Y-%m}",
        )
    if standing.ended_on is not None and month_of(standing.ended_on) < month_on:
        raise Conflict(
            "after_award",
            f"资格已于 {standing.ended_on} 终止，其后月份不发放",
            f"the award ended on {standing.ended_on}; no month after it",
        )
    return standing.benefit_class, standing.amount_fen


def valid_until(policy: VoucherPolicy, month_on: date, today: date) -> date:
    """Back-paid money can be spent as long as that of the month in which it is paid."""
    return max(policy.valid_until(month_on), policy.valid_until(month_of(today)))


def backpay_lines(backpay: Backpay, source: Source, account: UUID) -> tuple[Line, ...]:
    """The posting set: from the allocation to the holder's month, whole."""
    street = backpay.area_code
    about = (source.fund, street, backpay.month_on, backpay.benefit_class)
    return (
        Line(source.account_id, "allocation", -backpay.amount_fen, *about),
        Line(account, "holder", backpay.amount_fen, *about),
    )


def unknown_award() -> NotFound:
    """Nobody of this id with an award of the programme, within the caller's area."""
    return NotFound(
        "no_such_award", "没有此人在该项目的资格记录", "no award of this programme for this person"
    )


def unknown_backpay() -> NotFound:
    """No back-pay of this id."""
    return NotFound("no_such_backpay", "没有此补发单", "there is no such back-pay")
