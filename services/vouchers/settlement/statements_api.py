"""Doors of one statement: its sums, its lines, and both as a page or a workbook."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from anyio import to_thread
from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict

from services.vouchers.settlement.sheets import XLSX, workbook
from services.vouchers.settlement.statement import Head, said
from services.vouchers.settlement.statements_store import Statements
from shared.doors import doors, opens, permit
from shared.errors import Conflict, NotFound
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor
from shared.printing import PDF, printed

router = doors("/v1/settlements", "settlement")
Store = Annotated[Statements, Depends(opens(Statements))]
Readers = permit("finance", "district_officer", "auditor", "provider")
TEMPLATE = (Path(__file__).parent / "statement.typ").read_bytes()
OFFICE = "北京市朝阳区民政局 北京市朝阳区财政局"
MOST_PRINTED = 5000
BEGINNING = (None, None)


def _file(kind: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {kind: {}}, "description": "the statement as a file"}}


class CutView(BaseModel):
    """What one outlet gets from one fund for one category, in fen, from the postings."""

    model_config = ConfigDict(from_attributes=True)
    outlet_id: UUID | None
    category: str
    fund: str
    redeemed_fen: int
    deducted_fen: int
    amount_fen: int


class StatementView(BaseModel):
    """A provider's statement with its sums; `amount_fen` is what is paid."""

    model_config = ConfigDict(from_attributes=True)
    settlement_id: UUID
    provider_id: UUID
    month_on: date
    redemptions: int
    amount_fen: int
    deductions: int
    deducted_fen: int
    final: bool
    made_on: date
    objections_until_on: date | None
    confirmed_on: date | None
    void_on: date | None
    cuts: list[CutView] = []


class EntryView(BaseModel):
    """One line; a refund or a recovery is a deduction and below zero."""

    model_config = ConfigDict(from_attributes=True)
    line_id: UUID
    kind: str
    occurred_on: date
    outlet_id: UUID | None
    item_code: str
    category: str
    amount_fen: int


@router.get(
    "/{settlement_id}.pdf",
    dependencies=[Readers],
    response_class=Response,
    responses=_file(PDF),
)
async def as_page(settlement_id: UUID, store: Store) -> Response:
    """The statement as a page to print, with every line (up to 5,000; more as a workbook)."""
    head = await _head(settlement_id, store)
    if head.redemptions + head.deductions > MOST_PRINTED:
        raise Conflict(
            "too_long_to_print",
            f"结算单超过{MOST_PRINTED}行，请下载 .xlsx",
            f"the statement has more than {MOST_PRINTED} lines; fetch it as .xlsx",
        )
    cuts = await store.cuts(settlement_id)
    entries = await store.entries(settlement_id, BEGINNING, None)
    words = said(head, cuts, entries, OFFICE)
    page = await to_thread.run_sync(printed, TEMPLATE, words, head.made_on)
    store.read("statement.printed", settlement_id)
    return _named(page, PDF, f"statement-{settlement_id}.pdf")


@router.get(
    "/{settlement_id}.xlsx",
    dependencies=[Readers],
    response_class=Response,
    responses=_file(XLSX),
)
async def as_workbook(settlement_id: UUID, store: Store) -> Response:
    """The statement as a workbook: sums and lines."""
    head = await _head(settlement_id, store)
    cuts = await store.cuts(settlement_id)
    entries = await store.entries(settlement_id, BEGINNING, None)
    book = await to_thread.run_sync(workbook, head, cuts, entries)
    store.read("statement.exported", settlement_id)
    return _named(book, XLSX, f"statement-{settlement_id}.xlsx")


@router.get("/{settlement_id}", dependencies=[Readers])
async def statement(settlement_id: UUID, store: Store) -> StatementView:
    """A statement with its sums per outlet, category and fund; a provider sees its own."""
    view = StatementView.model_validate(await _head(settlement_id, store))
    cuts = await store.cuts(settlement_id)
    return view.model_copy(update={"cuts": [CutView.model_validate(cut) for cut in cuts]})


@router.get("/{settlement_id}/lines", dependencies=[Readers])
async def lines(
    settlement_id: UUID, store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[EntryView]:
    """The lines of a statement by day: redemptions, and refunds as deductions."""
    await _head(settlement_id, store)
    day, after = read_cursor(cursor, date.fromisoformat, UUID)
    found = await store.entries(settlement_id, (day, after), limit + 1)
    views = [EntryView.model_validate(entry) for entry in found]
    return page_of(views, limit, lambda view: (view.occurred_on, view.line_id))


async def _head(settlement_id: UUID, store: Statements) -> Head:
    head = await store.head(settlement_id)
    if head is None:
        raise NotFound("no_such_settlement", "没有此结算单", "there is no such settlement")
    return head


def _named(content: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)
