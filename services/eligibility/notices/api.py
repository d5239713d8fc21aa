"""Doors of notices: a decision to print, by application number or with the addressee's name."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from anyio import to_thread
from fastapi import Depends, Response
from pydantic import Field

from services.eligibility.notices.printing import printed
from services.eligibility.notices.store import DecidedCases
from services.eligibility.notices.wording import notice
from shared.doors import READS_BY_POST, Body, doors, opens, permit

router = doors("/v1/notices", "notices")
Store = Annotated[DecidedCases, Depends(opens(DecidedCases))]
PRINTERS = ("community_worker", "street_officer", "district_officer")
PDF = "application/pdf"
PAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {PDF: {}}, "description": "the notice, as a page to print"}
}


class Addressee(Body):
    """Whom the notice is for; the name is put on the page and kept nowhere (PIPL 6)."""

    addressee: Annotated[str, Field(min_length=1, max_length=60)]


@router.get(
    "/{application_id}.pdf",
    dependencies=[permit(*PRINTERS, "auditor")],
    response_class=Response,
    responses=PAGE,
)
async def notice_by_number(application_id: UUID, store: Store) -> Response:
    """The decision on an application with its reasons, addressed by the application's number."""
    return await _page(application_id, None, store)


@router.post(
    "/{application_id}/prints",
    dependencies=[permit(*PRINTERS)],
    openapi_extra={READS_BY_POST: True},
    response_class=Response,
    responses=PAGE,
)
async def notice_by_name(application_id: UUID, body: Addressee, store: Store) -> Response:
    """The same with the addressee's name, which only the one who prints it knows."""
    return await _page(application_id, body.addressee, store)


async def _page(application_id: UUID, addressee: str | None, store: DecidedCases) -> Response:
    case = await store.newest(application_id)
    said = notice(case, store.programme(case.programme), addressee)
    page = await to_thread.run_sync(printed, said, case.heard_on or case.decided_on)
    await store.printed(application_id)
    headers = {"Content-Disposition": f'inline; filename="notice-{application_id}.pdf"'}
    return Response(page, media_type=PDF, headers=headers)
