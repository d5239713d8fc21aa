"""A provider's word on its statement: it confirms the whole, or objects line by line (C-46)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from services.vouchers.settlement.domain import Settlement, check_live
from shared.caller import Caller
from shared.errors import Conflict, Forbidden, NotFound, Refusal, invalid_field

Decision = Literal["accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One line of a statement as far as an objection needs it; deductions are below zero."""

    line_id: UUID
    amount_fen: int
    objected: bool


@dataclass(frozen=True, slots=True)
class Objection:
    """What a provider said against one line, and what finance said to that."""

    id: UUID
    settlement_id: UUID
    line_id: UUID
    objected_by: str
    decision: Decision | None


@dataclass(frozen=True, slots=True)
class Left:
    """What a statement says after a line has gone out."""

    redemptions: int
    amount_fen: int
    deductions: int
    deducted_fen: int

    @property
    def void(self) -> bool:
        return self.redemptions == 0 or self.amount_fen <= 0


def confirm(settlement: Settlement | None) -> Settlement:
    """The provider accepts every line; afterwards it does not object any more.

    Raises:
        NotFound: no such statement of this provider.
        Conflict: void, confirmed already, or with an objection that waits for its decision.
    """
    found = _open(settlement)
    if found.open_objections:
        raise Conflict(
            "objection_open",
            "尚有异议未处理，处理后再确认",
            "an objection waits for its decision; confirm after that",
        )
    return found


def check_time(settlement: Settlement | None, today: date) -> Settlement:
    """Lines may be objected to until the named day, until confirmed or wholly approved.

    Raises:
        NotFound: no such statement of this provider.
        Conflict: it is too late, and what to do instead.
    """
    found = _open(settlement)
    until = found.objections_until_on
    if until is not None and until < today:
        raise Conflict(
            "objections_closed",
            f"异议期已于{until.isoformat()}届满；请与区财政联系，差错以退款方式在下期更正",
            f"objections ended on {until.isoformat()}; ask the finance office, "
            "errors are mended by a refund in the next statement",
        )
    return found


def object_to(line: StatementLine | None) -> StatementLine:
    """An objection to one line.

    Raises:
        NotFound: the statement has no such line.
        Conflict: this line has been objected to before.
    """
    if line is None:
        raise NotFound("no_such_line", "结算单中没有此行", "the statement has no such line")
    if line.objected:
        raise Conflict(
            "objected_already", "此行已提出过异议", "this line has been objected to already"
        )
    return line


def decide(objection: Objection, decision: Decision, reason: str, caller: Caller) -> None:
    """Finance's decision on an objection.

    Raises:
        Conflict: decided already.
        Forbidden: by the one who objected.
        Invalid: a rejection without a reason.
    """
    if objection.decision is not None:
        raise Conflict("already_decided", "该异议已处理", "this objection has been decided")
    if objection.objected_by == caller.sub:
        raise Forbidden(
            "same_person", "须由另一人处理", "another person than the one who objected must decide"
        )
    if decision == "rejected" and not reason.strip():
        raise invalid_field(
            "body.reason", "reason_missing", "驳回须写明理由", "a rejection needs a reason"
        )


def unknown_objection() -> Refusal:
    return NotFound("no_such_objection", "没有此异议", "there is no such objection")


def _open(settlement: Settlement | None) -> Settlement:
    if settlement is None:
        raise NotFound("no_such_settlement", "没有此结算单", "there is no such settlement")
    check_live(settlement)
    if settlement.second_by is not None:
        raise Conflict(
            "already_approved",
            "该结算单已批准付款；差错以退款方式在下期更正",
            "this statement is approved; errors are mended by a refund in the next statement",
        )
    if settlement.confirmed_by is not None:
        raise Conflict(
            "already_confirmed", "该结算单已确认", "this statement has been confirmed already"
        )
    return settlement
