"""/v1/periods: finance closes a month by two people; there is no door that opens one again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from services.vouchers.periods.domain import check_closer, check_next
from services.vouchers.periods.store import Periods
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/periods", "periods")
Closer = Annotated[Caller, permit("finance")]
Store = Annotated[Periods, Depends(opens(Periods))]


class ClosingOrder(Body):
    """A month to be closed, by its first day; `id` is made by the client."""

    id: UUID
    month_on: date


class Closing(Body):
    """The second person's act; `id` is made by the client."""

    id: UUID


class PeriodMade(BaseModel):
    """A month, and whether it is closed; the journal up to the position belongs to it or before."""

    month_on: date
    closed: bool
    position: int | None = None


class Booked(BaseModel):
    """What was booked in a month: `late` lines happened in a month that was closed by then."""

    fund: str
    act: str
    account_kind: str
    amount_fen: int
    lines: int
    late: int


class PeriodLine(BaseModel):
    """A month with the two people who closed it and what was booked in it."""

    month_on: date
    made_on: date
    made_by: str
    signed_on: date | None
    signed_by: str | None
    closed_at: datetime | None
    closed_at_position: int | None
    totals: list[Booked]


@router.post("", status_code=201)
async def ask(order: ClosingOrder, caller: Closer, store: Store) -> PeriodMade:
    """Ask for the closing of a month that is over."""
    check_next(await store.calendar(), order.month_on, store.today)
    await store.ask(order.id, order.month_on)
    return PeriodMade(month_on=order.month_on, closed=False)


@router.post("/{month_on}/closing", status_code=201)
async def close(month_on: date, body: Closing, caller: Closer, store: Store) -> PeriodMade:
    """Close the month as a second person: what is booked from now on belongs to a later one."""
    period = await store.load(month_on)
    check_closer(period, caller)
    check_next(await store.calendar(), month_on, store.today)
    position = await store.close(period)
    return PeriodMade(month_on=month_on, closed=True, position=position)


@router.get("", dependencies=[permit("finance", "auditor", "district_officer")])
async def periods(
    store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[PeriodLine]:
    """Months that are closed or about to be, newest first, with what was booked in each."""
    (before,) = read_cursor(cursor, date.fromisoformat)
    lines = [_line(row) for row in await store.page(before, limit + 1)]
    return page_of(lines, limit, lambda line: (line.month_on,))


def _line(row: dict[str, Any]) -> PeriodLine:
    totals = [dict(zip(Booked.model_fields, counted, strict=True)) for counted in row.pop("totals")]
    return PeriodLine(**row, totals=[Booked.model_validate(line) for line in totals])
