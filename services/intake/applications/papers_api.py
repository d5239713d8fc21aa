"""Doors of the papers that an applicant was asked for: what is missing, and handing it in."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field

from services.intake.applications.api import TAKERS
from services.intake.applications.api import Store as ApplicationStore
from services.intake.applications.papers import hand_in
from services.intake.applications.papers_store import Papers
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/applications", "applications")
asked = doors("/v1/asked-papers", "applications")
PaperStore = Annotated[Papers, Depends(opens(Papers))]
Document = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")]
MOST_PAPERS = 50


class PaperView(BaseModel):
    """A paper that was asked for; `received_on` is null while it is missing."""

    model_config = ConfigDict(from_attributes=True)
    document: str
    name: str
    asked_on: date
    received_on: date | None


class MissingPaper(PaperView):
    """A missing paper on the worklist, with its application."""

    application_id: UUID


class HandedIn(Body):
    """Papers that the applicant brought."""

    id: UUID
    documents: Annotated[list[Document], Field(min_length=1, max_length=MOST_PAPERS)]


@router.get("/{application_id}/papers", dependencies=[permit(*TAKERS, "auditor")])
async def papers_of(
    application_id: UUID, applications: ApplicationStore, store: PaperStore
) -> list[PaperView]:
    """What the applicant was asked for, and what has come in."""
    await applications.application(application_id)
    return [PaperView.model_validate(one) for one in await store.of(application_id)]


@router.post("/{application_id}/papers", status_code=201, dependencies=[permit(*TAKERS)])
async def hand_papers_in(
    application_id: UUID, body: HandedIn, applications: ApplicationStore, store: PaperStore
) -> list[PaperView]:
    """Take papers in; with the last one the case goes back to the street by a letter."""
    application = await applications.application(application_id)
    people = await applications.applicants([application.person_id])
    before = await store.of(application_id)
    after, events = hand_in(
        application, before, body.documents, people.get(application.person_id), store.now
    )
    await store.received(application_id, body.documents, events)
    return [PaperView.model_validate(one) for one in after]


@asked.get("", dependencies=[permit(*TAKERS, "auditor")])
async def missing_papers(
    store: PaperStore, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Page[MissingPaper]:
    """Papers still missing in the caller's area, the longest asked for first."""
    after = read_cursor(cursor, date.fromisoformat, UUID, str)
    rows = await store.missing(after, limit + 1)
    views = [MissingPaper.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda one: (one.asked_on, one.application_id, one.document))
