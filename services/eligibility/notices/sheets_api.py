"""The door of the public notice's sheet: what a community posts on its wall, as a page to print."""

from __future__ import annotations

from dataclasses import fields
from typing import Annotated
from uuid import UUID

from anyio import to_thread
from fastapi import Depends, Response
from pydantic import Field

from services.eligibility.notices.api import PAGE, PDF
from services.eligibility.notices.printing import posted_sheet
from services.eligibility.notices.sheets import PostedLine, sheet
from services.eligibility.publicity.api import POSTERS
from services.eligibility.publicity.store import Notices
from services.eligibility.reviews.store import Cases
from shared.doors import READS_BY_POST, Body, doors, opens, permit
from shared.errors import Conflict, NotFound
from shared.lines import MOST_LINES

router = doors("/v1/public-notices", "public notice")
Store = Annotated[Notices, Depends(opens(Notices))]
CaseStore = Annotated[Cases, Depends(opens(Cases))]
MASKED = r"^(.\*.{0,58}|（已删除）)$"
FIELDS = tuple(field.name for field in fields(PostedLine))


class MaskedName(Body):
    """One line of the answer of intake's `POST /v1/notice-names`; whole names are refused."""

    person_id: UUID
    shown: Annotated[str, Field(pattern=MASKED)]


class Sheet(Body):
    """Which community's sheet; the masked names and the place's name are put on it and not kept.

    Somebody whose name is not given stands there by the end of the application's number.
    """

    area_code: Annotated[str, Field(pattern=r"^[0-9]{12}$")]
    place: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    programme: str | None = None
    names: Annotated[tuple[MaskedName, ...], Field(max_length=MOST_LINES)] = ()


@router.post(
    "/prints",
    dependencies=[permit(*POSTERS)],
    openapi_extra={READS_BY_POST: True},
    response_class=Response,
    responses=PAGE,
)
async def print_sheet(body: Sheet, store: Store, cases: CaseStore) -> Response:
    """The public notices that run today in one community, as a sheet for its notice board."""
    rows = await store.posted(body.area_code, body.programme, (None, None), MOST_LINES + 1)
    _check(len(rows))
    lines = [PostedLine(**{name: row[name] for name in FIELDS}) for row in rows]
    names = {one.person_id: one.shown for one in body.names}
    place = body.place or f"社区（村）{body.area_code}"
    said = sheet(lines, cases.programme, names, place, store.today)
    page = await to_thread.run_sync(posted_sheet, said, store.today)
    await store.printed(body.area_code, len(lines))
    headers = {"Content-Disposition": f'inline; filename="public-notice-{body.area_code}.pdf"'}
    return Response(page, media_type=PDF, headers=headers)


def _check(count: int) -> None:
    if count == 0:
        raise NotFound(
            "nothing_posted",
            "该社区今日没有公示，或不在您的辖区",
            "nothing is on public notice in this community today, or it is not in your area",
        )
    if count > MOST_LINES:
        raise Conflict(
            "sheet_too_long",
            f"一张公示最多{MOST_LINES}人，请按项目分别打印",
            f"a sheet holds up to {MOST_LINES} people; print one programme at a time",
        )
