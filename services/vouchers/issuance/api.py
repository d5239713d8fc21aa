"""POST /v1/issue-runs: a month is previewed, approved by a second person and issued."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel

from services.vouchers.issuance.domain import (
    Run,
    approve,
    check_covered,
    check_month,
    preview,
    summary,
)
from services.vouchers.issuance.store import Issuance
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/issue-runs", "issuance")
Officer = Annotated[Caller, permit("district_officer")]
Reader = Annotated[Caller, permit("district_officer", "finance", "auditor")]
Store = Annotated[Issuance, Depends(opens(Issuance))]


class RunOrder(Body):
    """A month of a programme to be issued; `month_on` is the month's first day."""

    id: UUID
    programme: str
    month_on: date


class RunApproval(Body):
    """The second person's approval; `id` is made by the client."""

    id: UUID


class Preview(BaseModel):
    """What a run would issue now, in fen; a shortage must be allocated before approval."""

    people: int
    total_fen: int
    by_fund: dict[str, int]
    by_street: dict[str, int]
    by_class: dict[str, int]
    shortage_fen: int


class RunMade(Preview):
    """A run that waits for approval."""

    run_id: UUID


class IssuedSummary(BaseModel):
    """What a run issued, in fen."""

    people: int
    total_fen: int
    by_fund: dict[str, int]
    by_street: dict[str, int]


class RunIssued(IssuedSummary):
    """A run that was approved and issued."""

    run_id: UUID


class RunLine(BaseModel):
    """A run in the list."""

    run_id: UUID
    programme: str
    month_on: date
    supplementary: bool
    made_on: date
    made_by: str
    preview: Preview
    approved_on: date | None
    approved_by: str | None
    issued: IssuedSummary | None


@router.post("", status_code=201)
async def make(order: RunOrder, caller: Officer, store: Store) -> RunMade:
    """Preview a month: who is due it and which funds would pay."""
    check_month(store.policy, order.programme, order.month_on, store.today)
    dues = await store.dues(order.programme, order.month_on)
    shown = preview(dues, await store.coverage(order.programme, order.month_on, dues))
    await store.make(Run(order.id, order.programme, order.month_on, caller.sub, None), shown)
    return RunMade(run_id=order.id, **shown)


@router.post("/{run_id}/approval", status_code=201)
async def approval(
    run_id: UUID, body: RunApproval, caller: Officer, store: Store, response: Response
) -> RunIssued:
    """Approve a run as a second person and issue the month to all who are due it now."""
    run = await store.load(run_id)
    approve(run, caller)
    check_month(store.policy, run.programme, run.month_on, store.today)
    dues = await store.dues(run.programme, run.month_on)
    coverage = await store.coverage(run.programme, run.month_on, dues, lock=True)
    check_covered(coverage)
    made = summary(await store.issue(run, coverage))
    response.headers["x-count"] = str(made["people"])
    return RunIssued(run_id=run_id, **made)


@router.get("")
async def runs(
    caller: Reader, store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[RunLine]:
    """Runs with their previews and what they issued."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(after, limit + 1)
    lines = [RunLine.model_validate(row) for row in rows]
    return page_of(lines, limit, lambda line: (line.run_id,))


@router.get("/{run_id}")
async def run(run_id: UUID, caller: Reader, store: Store) -> RunLine:
    """One run."""
    return RunLine.model_validate(await store.show(run_id))
