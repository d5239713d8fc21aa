"""Doors of imports: bring a roster, watch it, fetch what was rejected and what people wish."""

from __future__ import annotations

import io
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, File, Query, Request, Response, UploadFile

from services.intake.imports.domain import Import, area_of, check_size
from services.intake.imports.job import Bell
from services.intake.imports.rejects import write_rejects
from services.intake.imports.store import Imports
from shared.caller import Caller
from shared.contracts.ids import new_id
from shared.doors import Body, doors, need_key, opens, permit
from shared.pages import LARGEST_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/imports", "imports")
Store = Annotated[Imports, Depends(opens(Imports))]
IMPORTERS = ("community_worker", "street_officer", "district_officer")
LONGEST_WAIT_S = 30
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ImportView(Body):
    """How far an import is; rows are counted without the heading."""

    import_id: UUID
    area_code: str
    state: str
    submitted_on: date
    rows_total: int
    next_row: int
    persons_new: int
    persons_updated: int
    persons_unchanged: int
    rejected: int
    trouble_code: str
    trouble_zh: str
    trouble_en: str

    @classmethod
    def of(cls, taken: Import) -> ImportView:
        return cls(**{name: getattr(taken, name) for name in cls.model_fields})


class Wish(Body):
    """Who asks for what, according to the roster; nobody has applied yet."""

    person_id: UUID
    programme: str
    area_code: str


@router.post("", status_code=202, dependencies=[Depends(need_key)])
async def bring(
    request: Request,
    file: Annotated[UploadFile, File(description=".xlsx or .xls roster")],
    store: Store,
    caller: Annotated[Caller, permit(*IMPORTERS)],
    response: Response,
    within: Annotated[str | None, Query(pattern=r"^[0-9]{6,12}$")] = None,
) -> ImportView:
    """Bring a roster; it is worked off in the background, chunk by chunk."""
    content = await file.read()
    check_size(content)
    taken = await store.receive(new_id(), area_of(caller, within), content)
    bell: Bell = request.app.state.runtime.state["bell"]
    bell.arrived.set()
    response.headers["Location"] = f"/intake/v1/imports/{taken.import_id}"
    return ImportView.of(taken)


@router.get("/{import_id}", dependencies=[permit(*IMPORTERS, "auditor")])
async def progress(
    request: Request,
    import_id: UUID,
    store: Store,
    wait_s: Annotated[int, Query(ge=0, le=LONGEST_WAIT_S)] = 0,
) -> ImportView:
    """How far it is; `wait_s` lets the answer wait for the next step."""
    bell: Bell = request.app.state.runtime.state["bell"]
    moves = bell.moves
    taken = await store.one(import_id)
    if wait_s and not taken.ended:
        await store.let_go()
        await bell.wait(moves, wait_s)
        taken = await store.one(import_id)
    return ImportView.of(taken)


@router.get("/{import_id}/rejects.xlsx", dependencies=[permit(*IMPORTERS)])
async def rejects(import_id: UUID, store: Store) -> Response:
    """The rejected rows with their reasons, as a workbook to correct and bring again."""
    titles, rows = await store.rejects(import_id)
    await store.persons.disclosed(import_id, ["rejects"], "rejects.xlsx")
    book = io.BytesIO()
    write_rejects(titles, rows, book)
    headers = {"Content-Disposition": f'attachment; filename="rejects-{import_id}.xlsx"'}
    return Response(book.getvalue(), media_type=XLSX, headers=headers)


@router.get("/{import_id}/wishes", dependencies=[permit(*IMPORTERS)])
async def wishes(
    import_id: UUID, store: Store, cursor: Cursor = None, limit: Limit = LARGEST_LIMIT
) -> Page[Wish]:
    """Who asks for what in this roster, for the applications to come."""
    after = read_cursor(cursor, UUID, str)
    rows = await store.wishes(import_id, (after[0], after[1]), limit + 1)
    views = [Wish(**row) for row in rows]
    return page_of(views, limit, lambda wish: (wish.person_id, wish.programme))
