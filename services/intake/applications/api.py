"""Doors of applications: one at a time, or up to 1,000 with a result for each line."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import Field, model_validator

from services.intake.applications.domain import Application, Wanted, id_taken
from services.intake.applications.store import Applications
from shared.caller import Caller
from shared.contracts.intake import Channel
from shared.doors import Body, doors, opens, permit
from shared.lines import BulkAnswer, LineResult, Lines, Listed, added, stood, tried
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/applications", "applications")
Store = Annotated[Applications, Depends(opens(Applications))]
TAKERS = ("community_worker", "street_officer", "district_officer", "hotline", "partner")


class NewApplication(Body):
    """An application; a hotline call gives its `call_id`."""

    id: UUID
    person_id: UUID
    programme: Annotated[str, Field(pattern=r"^[a-z]+-[0-9]{4}/[a-z-]+$")]
    channel: Channel
    call_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")] | None = None

    @model_validator(mode="after")
    def _call(self) -> NewApplication:
        if (self.channel == "hotline") != (self.call_id is not None):
            raise ValueError("call_id goes with the hotline channel, and only with it")
        return self

    def wanted(self) -> Wanted:
        return Wanted(self.id, self.person_id, self.programme, self.channel, self.call_id)


class ApplicationList(Body):
    """Up to 1,000 applications."""

    id: UUID
    applications: Listed[NewApplication]


class ApplicationView(Body):
    """An application as it was taken."""

    application_id: UUID
    person_id: UUID
    programme: str
    channel: str
    area_code: str
    applied_on: date
    agency: str | None
    call_id: str | None
    state: str

    @classmethod
    def of(cls, application: Application) -> ApplicationView:
        return cls(**{name: getattr(application, name) for name in cls.model_fields})


@router.post("", status_code=201)
async def submit(
    body: NewApplication,
    store: Store,
    caller: Annotated[Caller, permit(*TAKERS)],
    response: Response,
) -> ApplicationView:
    """Take an application for a person on file."""
    applicants = await store.applicants([body.person_id])
    made, letter = Application.submit(
        body.wanted(), applicants.get(body.person_id), caller, store.now
    )
    if not await store.save([(made, letter)]):
        raise id_taken()
    response.headers["Location"] = f"/intake/v1/applications/{made.application_id}"
    return ApplicationView.of(made)


@router.post("/batch")
async def submit_many(
    body: ApplicationList,
    store: Store,
    caller: Annotated[Caller, permit(*TAKERS)],
    response: Response,
) -> BulkAnswer[LineResult]:
    """Take up to 1,000 applications, each decided by itself."""
    lines = Lines("applications", NewApplication, body.applications)
    applicants = await store.applicants([line.person_id for line in lines.sound])
    decided = [
        tried(Application.submit, line.wanted(), applicants.get(line.person_id), caller, store.now)
        for line in lines.sound
    ]
    fresh = await store.save(stood(decided))
    ids = [line.id for line in lines.sound]
    return lines.answer(added(ids, decided, fresh, "submitted", id_taken), response)


@router.get("", dependencies=[permit(*TAKERS, "auditor")])
async def applications(
    store: Store, person_id: UUID | None = None, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> Page[ApplicationView]:
    """Applications of the caller's area and agency."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(person_id, after, limit + 1)
    return page_of(
        [ApplicationView.of(one) for one in rows], limit, lambda view: (view.application_id,)
    )


@router.get("/{application_id}", dependencies=[permit(*TAKERS, "auditor")])
async def application(application_id: UUID, store: Store) -> ApplicationView:
    """One application."""
    return ApplicationView.of(await store.application(application_id))


class Withdrawal(Body):
    """Withdraw an application (K8)."""

    id: UUID


@router.post("/{application_id}/withdrawals", status_code=201, dependencies=[permit(*TAKERS)])
async def withdraw(application_id: UUID, body: Withdrawal, store: Store) -> ApplicationView:
    """Withdraw; benefits end by letters."""
    before = await store.application(application_id)
    after, events = before.withdraw(store.now)
    await store.withdrawn(after, events)
    return ApplicationView.of(after)
