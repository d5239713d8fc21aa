"""GET /v1/exceptions: what finance is told of without asking; there is nothing to edit here."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Depends
from pydantic import BaseModel

from services.vouchers.reports.exceptions_store import ExceptionReports
from shared.doors import doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/exceptions", "reports")
Store = Annotated[ExceptionReports, Depends(opens(ExceptionReports))]
Kind = Literal[
    "after_death_decided_before",
    "nearly_used",
    "night_not_conserved",
    "override_in_force",
    "reclaim_open",
    "debt_open",
    "suspicion_open",
    "unsigned",
]


class ExceptionLine(BaseModel):
    """One thing to look at. `n` is a percentage where money is nearly used, else a count."""

    kind: Kind
    place: str
    subject: str
    since_on: date
    amount_fen: int | None
    n: int


@router.get("", dependencies=[permit("finance", "auditor", "district_officer")])
async def exceptions(
    store: Store, kind: Kind | None = None, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[ExceptionLine]:
    """Allocations nearly used, papers without a second signature for days, overrides in force,
    open reclaims and suspicions, debts, nights that were not conserved, and what a provider still
    has of a purchase after a death that was decided on before the death was known."""
    after = read_cursor(cursor, str, date.fromisoformat, str, str)
    rows = await store.page(kind, (after[0], after[1], after[2], after[-1]), limit + 1)
    lines = [ExceptionLine.model_validate(dict(row)) for row in rows]
    return page_of(lines, limit, lambda x: (x.kind, x.since_on, x.place, x.subject))
