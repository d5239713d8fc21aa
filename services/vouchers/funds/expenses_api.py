"""/v1/work-expenses: each street's line of a year by heads, decided and spent by two (C-24)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field

from services.vouchers.funds.expenses import (
    BudgetLine,
    Expense,
    Headcount,
    check_line,
    check_year,
    proposed_fen,
    sign_paper,
)
from services.vouchers.funds.expenses_store import WorkExpenses
from shared.caller import Caller
from shared.contracts.money import LARGEST_FEN
from shared.doors import Body, doors, opens, permit

router = doors("/v1/work-expenses", "funds")
Officer = Annotated[Caller, permit("district_officer", "finance")]
Reader = permit("district_officer", "finance", "auditor")
Store = Annotated[WorkExpenses, Depends(opens(WorkExpenses))]
Street = Annotated[str, Field(pattern=r"^[0-9]{9}$")]
Amount = Annotated[int, Field(gt=0, le=LARGEST_FEN, strict=True)]
Reason = Annotated[str, Field(min_length=2, max_length=500)]
Year = Annotated[int, Query(ge=2010, le=2100)]


class LineOrder(Body):
    """A sum to be put on a street's line; `id` is made by the client."""

    id: UUID
    street_code: Street
    year: int
    amount_fen: Amount
    reason: Reason


class Signature(Body):
    """The second person's signature; `id` is made by the client."""

    id: UUID


class StreetLine(BaseModel):
    """A street's line: its holders, what was budgeted and spent, and what is proposed to add."""

    street_code: str
    headcount: int
    budget_fen: int
    spent_fen: int
    left_fen: int
    proposed_fen: int


class LineMade(BaseModel):
    """A budget line and whether it counts already."""

    line_id: UUID
    headcount: int
    proposed_fen: int
    effective: bool


class ExpenseMade(BaseModel):
    """An expense and whether it is paid already."""

    expense_id: UUID
    paid: bool


@router.get("", dependencies=[Reader])
async def lines(store: Store, year: Year) -> list[StreetLine]:
    """Every street's line of a year, with a proposal by its number of holders."""
    per_head = store.policy.work_expense_per_head_fen.on(store.today)
    return [_shown(head, per_head) for head in await store.heads(year)]


@router.post("/lines", status_code=201)
async def propose(order: LineOrder, caller: Officer, store: Store) -> LineMade:
    """Put a sum on a street's line; the heads and the proposal of the day are kept with it."""
    check_year(order.year, store.today.year)
    found = await store.heads(order.year, order.street_code)
    per_head = store.policy.work_expense_per_head_fen.on(store.today)
    head = _shown(found[0] if found else Headcount(order.street_code, 0, 0, 0), per_head)
    line = BudgetLine(
        order.id,
        order.street_code,
        order.year,
        head.headcount,
        head.proposed_fen,
        order.amount_fen,
        order.reason,
        caller.sub,
        caller.body,
    )
    await store.make(line)
    return _made(line, effective=False)


@router.post("/lines/{line_id}/signatures", status_code=201)
async def sign_line(line_id: UUID, body: Signature, caller: Officer, store: Store) -> LineMade:
    """Sign a line as a second person; from now on it can be spent."""
    line = await store.line(line_id)
    sign_paper(line, caller)
    await store.sign(line)
    return _made(line, effective=True)


@router.post("/expenses", status_code=201)
async def claim(order: LineOrder, caller: Officer, store: Store) -> ExpenseMade:
    """Enter something to be paid from a street's line."""
    expense = Expense(
        order.id,
        order.street_code,
        order.year,
        order.amount_fen,
        order.reason,
        caller.sub,
        caller.body,
    )
    line = await store.alone(order.street_code, order.year)
    check_line(expense, line.budget_fen, line.spent_fen)
    await store.make(expense)
    return ExpenseMade(expense_id=order.id, paid=False)


@router.post("/expenses/{expense_id}/signatures", status_code=201)
async def pay(expense_id: UUID, body: Signature, caller: Officer, store: Store) -> ExpenseMade:
    """Sign an expense as a second person: it is paid from the book of work expenses."""
    expense = await store.expense(expense_id)
    sign_paper(expense, caller)
    line = await store.alone(expense.area_code, expense.year)
    check_line(expense, line.budget_fen, line.spent_fen)
    await store.sign(expense)
    return ExpenseMade(expense_id=expense_id, paid=True)


def _shown(head: Headcount, per_head_fen: int) -> StreetLine:
    return StreetLine(
        street_code=head.street_code,
        headcount=head.headcount,
        budget_fen=head.budget_fen,
        spent_fen=head.spent_fen,
        left_fen=head.budget_fen - head.spent_fen,
        proposed_fen=proposed_fen(head.headcount, per_head_fen, head.budget_fen),
    )


def _made(line: BudgetLine, *, effective: bool) -> LineMade:
    return LineMade(
        line_id=line.id,
        headcount=line.headcount,
        proposed_fen=line.proposed_fen,
        effective=effective,
    )
