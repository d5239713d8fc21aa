"""Work expenses: a street's budget line by heads and year, and what is paid of it (C-24)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from shared.caller import Caller
from shared.contracts.money import yuan_text
from shared.errors import Conflict, Forbidden, NotFound, invalid_field


@dataclass(frozen=True, slots=True)
class Headcount:
    """How many holders a street has, and what it has been given and has spent in a year."""

    street_code: str
    headcount: int
    budget_fen: int
    spent_fen: int


@dataclass(frozen=True, slots=True)
class BudgetLine:
    """A sum put on a street's line for a year; it counts when a second person signed."""

    id: UUID
    area_code: str
    year: int
    headcount: int
    proposed_fen: int
    amount_fen: int
    reason: str
    made_by: str
    made_body: str
    signed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Expense:
    """Something to be paid from a street's line; paid when a second person signed."""

    id: UUID
    area_code: str
    year: int
    amount_fen: int
    reason: str
    made_by: str
    made_body: str
    signed_by: str | None = None


def proposed_fen(headcount: int, per_head_fen: int, budget_fen: int) -> int:
    """What the line lacks: it follows the number of holders (C-24), and is never lowered."""
    return max(headcount * per_head_fen - budget_fen, 0)


def check_year(year: int, today_year: int) -> None:
    """A budget is for this year or the next one.

    Raises:
        Invalid: another year.
    """
    if year not in (today_year, today_year + 1):
        raise invalid_field(
            "body.year",
            "year_out_of_bounds",
            "只能编列本年度或下一年度的经费",
            "only this year's or next year's line can be budgeted",
        )


def sign_paper(paper: BudgetLine | Expense, caller: Caller) -> None:
    """The second person's signature.

    Raises:
        Conflict: signed already.
        Forbidden: the person who made it.
    """
    if paper.signed_by is not None:
        raise Conflict("already_signed", "此件已签署", "this is signed already")
    if paper.made_by == caller.sub:
        raise Forbidden(
            "same_person",
            "须由另一人签署：制单人不得自行签署",
            "another person must sign: whoever made it may not",
        )


def check_line(expense: Expense, budget_fen: int, spent_fen: int) -> None:
    """A street spends no more than its line of the year.

    Raises:
        Conflict: the line does not cover the expense.
    """
    left = budget_fen - spent_fen
    if expense.amount_fen > left:
        raise Conflict(
            "beyond_budget_line",
            f"超出该街道本年度工作经费，余 {yuan_text(left)} 元；请先调整预算",
            f"beyond the street's line of the year, {yuan_text(left)} yuan are left; "
            "have the budget adjusted first",
        )


def unknown_paper() -> NotFound:
    """No budget line or expense of this id."""
    return NotFound("no_such_expense", "没有此经费单据", "there is no such budget line or expense")
