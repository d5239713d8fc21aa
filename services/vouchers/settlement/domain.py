"""Settlement: a provider's statement, approved by two people of two bodies, then ordered paid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.vouchers.accounts.domain import account_id
from services.vouchers.funds.domain import check_signer
from services.vouchers.ledger.domain import Line
from shared.caller import Caller
from shared.contracts.months import month_of
from shared.contracts.vouchers import RedemptionSettled, SettlementApproved
from shared.errors import Conflict, Forbidden, NotFound, invalid_field

Step = Literal["first", "second"]
State = Literal["first", "approved"]


@dataclass(frozen=True, slots=True)
class Settlement:
    """A provider's statement as it stands."""

    id: UUID
    provider_id: str
    area_code: str
    month_on: date
    redemptions: int
    amount_fen: int
    first_by: str | None
    first_body: str | None
    second_by: str | None
    confirmed_by: str | None = None
    void_on: date | None = None
    objections_until_on: date | None = None
    open_objections: int = 0


@dataclass(frozen=True, slots=True)
class Approval:
    """One approval of a statement, to be kept; the second makes it payable."""

    settlement: Settlement
    step: Step

    @property
    def state(self) -> State:
        return "approved" if self.step == "second" else "first"


@dataclass(frozen=True, slots=True)
class Part:
    """What of a statement is paid from one fund for one month, street and class, net."""

    fund: str
    street_code: str
    month_on: date
    benefit_class: str
    payable_id: UUID
    settled_id: UUID
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Spent:
    """One redemption of a statement, with the journey that it belongs to."""

    id: UUID
    person_id: UUID
    application_id: UUID | None
    area_code: str
    amount_fen: int


def check_month(month_on: date, today: date) -> None:
    """A month is settled from its first day on; what comes later is settled with the next one.

    Raises:
        Invalid: not a month's first day, or in the future.
    """
    if month_on != month_of(month_on) or month_on > month_of(today):
        raise invalid_field(
            "body.month_on",
            "not_a_month",
            "应为某月一日，且不得是以后的月份",
            "must be the first day of a month that has begun",
        )


def approve(
    settlement: Settlement | None, caller: Caller, signing_bodies: Sequence[str], today: date
) -> Approval:
    """The caller's approval, the first or the second.

    Raises:
        Forbidden: another body than those that sign, or the same person or body twice.
        NotFound: no such statement in the caller's sight.
        Conflict: both approvals are there already, or the provider may still object.
    """
    check_signer(caller, signing_bodies)
    if settlement is None:
        raise NotFound("no_such_settlement", "没有此结算单", "there is no such settlement")
    step = _step(settlement, caller)
    if step == "second":
        _check_heard(settlement, today)
    return Approval(settlement, step)


def _check_heard(settlement: Settlement, today: date) -> None:
    """The second approval pays: not before the provider agreed or its days are over (C-46)."""
    until = settlement.objections_until_on
    if settlement.confirmed_by is None and until is not None and today <= until:
        raise Conflict(
            "objections_still_open",
            f"服务单位在{until.isoformat()}之前（含当日）可提异议；待其确认或期满后再批准",
            f"the provider may object until {until.isoformat()}; approve once it has confirmed "
            "or after that day",
        )


def _step(settlement: Settlement, caller: Caller) -> Step:
    if settlement.second_by is not None:
        raise Conflict("already_approved", "该结算单已批准", "this settlement is approved already")
    check_live(settlement)
    if settlement.open_objections:
        raise Conflict(
            "objection_open",
            "服务单位对该结算单有异议尚未处理；请先处理异议",
            "the provider objects to a line of this statement; decide on that first",
        )
    if settlement.first_by is None:
        return "first"
    if settlement.first_by == caller.sub:
        raise Forbidden(
            "same_person",
            "须由另一人批准：同一人不得批准两次",
            "another person must approve: nobody approves twice",
        )
    if settlement.first_body == caller.body:
        raise Forbidden(
            "same_body",
            "须由另一部门批准（民政与财政各一）",
            "the other body must approve (one of civil affairs, one of finance)",
        )
    return "second"


def check_live(settlement: Settlement) -> None:
    """A statement that lost all its lines pays nothing.

    Raises:
        Conflict: the statement is void.
    """
    if settlement.void_on is not None:
        raise Conflict(
            "statement_void",
            "该结算单各行均已移出，已作废；请见下一期结算单",
            "every line of this statement went out and it is void; see the next statement",
        )


def settlement_lines(settlement: Settlement, parts: Sequence[Part]) -> list[Line]:
    """The posting set of an approved statement: from what was payable to what is settled.

    A part may be below zero where more was given back than spent in its month, street and class.
    """
    assert sum(part.amount_fen for part in parts) == settlement.amount_fen
    lines: list[Line] = []
    for part in parts:
        where = (part.fund, part.street_code, part.month_on, part.benefit_class)
        own = (*where, settlement.provider_id)
        lines.append(Line(part.payable_id, "provider_payable", -part.amount_fen, *own))
        lines.append(Line(part.settled_id, "settled", part.amount_fen, *own))
    return lines


def letters(
    settlement: Settlement,
    spent: Sequence[Spent],
    payment_order_id: UUID | None,
    programmes: Sequence[str],
    now: datetime,
) -> list[SettlementApproved | RedemptionSettled]:
    """The letter of a statement that is paid, then one for each redemption in it."""
    provider = UUID(settlement.provider_id)
    settled = [
        RedemptionSettled(
            aggregate_id=account_id(one.person_id, programmes[0]),
            occurred_at=now,
            person_id=one.person_id,
            application_id=one.application_id,
            area_code=one.area_code,
            agency=settlement.provider_id,
            redemption_id=one.id,
            settlement_id=settlement.id,
            provider_id=provider,
            amount_fen=one.amount_fen,
        )
        for one in spent
    ]
    if payment_order_id is None:
        return list(settled)
    approved = SettlementApproved(
        aggregate_id=settlement.id,
        occurred_at=now,
        area_code=settlement.area_code,
        agency=settlement.provider_id,
        settlement_id=settlement.id,
        provider_id=provider,
        month_on=settlement.month_on,
        redemptions=settlement.redemptions,
        amount_fen=settlement.amount_fen,
        payment_order_id=payment_order_id,
    )
    return [approved, *settled]
