"""GET /v1/conservation/…: the cross cut, funds, books, the nights, and all as a workbook."""

from __future__ import annotations

import asyncio
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import BaseModel

from services.vouchers.policy.model import FundName
from services.vouchers.reports.store import Cut, Reports
from services.vouchers.reports.workbook import workbook
from shared.doors import doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/conservation", "reports")
READERS = permit("finance", "auditor", "district_officer", "operator")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Store = Annotated[Reports, Depends(opens(Reports))]


class CellLine(BaseModel):
    """One month, street, class and fund, in fen; `held` is the sum of the kept balances."""

    month_on: date
    street_code: str
    benefit_class: str
    fund: str
    issued_fen: int
    redeemed_fen: int
    expired_fen: int
    revoked_fen: int
    outstanding_fen: int
    held_fen: int
    conserved: bool


class FundLine(BaseModel, from_attributes=True):
    """A fund's benefit money: reserved = issued, released = expired + revoked, paid = settled."""

    fund: str
    allocated_fen: int
    reserved_fen: int
    issued_fen: int
    released_fen: int
    expired_fen: int
    revoked_fen: int
    redeemed_fen: int
    earned_fen: int
    recovered_fen: int
    paid_fen: int
    settled_fen: int
    payable_fen: int
    conserved: bool


class BookLine(BaseModel, from_attributes=True):
    """One book's money of one fund: allocated = spent + left."""

    book: str
    fund: str
    allocated_fen: int
    spent_fen: int
    left_fen: int
    conserved: bool


class Funds(BaseModel):
    """All funds, and the four books that never mix (C-24)."""

    funds: list[FundLine]
    books: list[BookLine]


class Night(BaseModel):
    """What one night's check of the whole found."""

    night_on: date
    checked_at: datetime
    checks: int
    wrong: list[str]
    totals: dict[str, int]


def asked(
    month_on: Annotated[date | None, Query(description="a month's first day")] = None,
    street: Annotated[str | None, Query(pattern=r"^[0-9]{6,9}$")] = None,
    benefit_class: Annotated[str | None, Query(max_length=10)] = None,
    fund: FundName | None = None,
) -> Cut:
    """The part of the books that is asked for."""
    return Cut(month_on, street, benefit_class, fund)


Asked = Annotated[Cut, Depends(asked)]


@router.get("/cells", dependencies=[READERS])
async def cells(
    store: Store, cut: Asked, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[CellLine]:
    """The books by month, street, class and fund together."""
    after = read_cursor(cursor, date.fromisoformat, str, str, str)
    found = await store.cells(cut, (after[0], after[1], after[2], after[-1]), limit + 1)
    lines = [
        CellLine(
            month_on=cell.month_on,
            street_code=cell.street_code,
            benefit_class=cell.benefit_class,
            fund=cell.fund,
            issued_fen=cell.issue_fen,
            redeemed_fen=cell.redeem_fen,
            expired_fen=cell.expire_fen,
            revoked_fen=cell.revoke_fen,
            outstanding_fen=cell.outstanding_fen,
            held_fen=cell.held_fen,
            conserved=cell.conserved,
        )
        for cell in found
    ]
    return page_of(lines, limit, lambda x: (x.month_on, x.street_code, x.benefit_class, x.fund))


@router.get("/funds", dependencies=[READERS])
async def funds(store: Store) -> Funds:
    """Both ends of every step of each fund's money, and what is left of each book."""
    return Funds(
        funds=[FundLine.model_validate(line) for line in await store.funds()],
        books=[BookLine.model_validate(line) for line in await store.books()],
    )


@router.get("/nights", dependencies=[READERS])
async def nights(store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> Page[Night]:
    """What the last nights' checks found, newest first."""
    (before,) = read_cursor(cursor, date.fromisoformat)
    found = await store.nights(before, limit + 1)
    lines = [Night.model_validate(night) for night in found]
    return page_of(lines, limit, lambda night: (night.night_on,))


@router.get("/report.xlsx", dependencies=[READERS])
async def report(store: Store, cut: Asked) -> Response:
    """The whole as a workbook: the cells that are asked for, funds, books and providers."""
    parts = (
        await store.cells(cut),
        await store.funds(),
        await store.books(),
        await store.providers(),
    )
    content = await asyncio.to_thread(workbook, *parts)
    name = 'attachment; filename="conservation.xlsx"'
    return Response(content, media_type=XLSX, headers={"Content-Disposition": name})
