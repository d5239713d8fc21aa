"""Doors of applications: one at a time, or up to 1,000 with a result for each line."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import Field, model_validator

from services.intake.applications.domain import Applicant, Application
from services.intake.applications.store import Applications
from shared.caller import Caller
from shared.contracts.intake import Channel
from shared.contracts.letter import Letter
from shared.contracts.programmes import OFFERED
from shared.doors import Body, doors, opens, permit
from shared.errors import Conflict, NotFound, Refusal, invalid_field
from shared.pages import Cursor, Limit, Page, page_of, read_mark

router = doors("/v1/applications", "applications")
Store = Annotated[Applications, Depends(opens(Applications))]
TAKERS = ("community_worker", "street_officer", "district_officer", "hotline", "partner")
MOST = 1000
FIRST_ID = "00000000-0000-0000-0000-000000000000"
CHANNELS = {
    "community_worker": ("community_station", "roster"),
    "street_officer": ("street_office", "roster"),
    "district_officer": ("roster",),
    "hotline": ("hotline",),
    "partner": ("partner",),
}


class NewApplication(Body):
    """An application; a hotline call gives its `call_id`."""

    id: UUID
    person_id: UUID
    programme: Annotated[str, Field(pattern=r"^[a-z]+-\d{4}/[a-z-]+$")]
    channel: Channel
    call_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")] | None = None

    @model_validator(mode="after")
    def _call(self) -> NewApplication:
        if (self.channel == "hotline") != (self.call_id is not None):
            raise ValueError("call_id goes with the hotline channel, and only with it")
        return self


class ApplicationList(Body):
    """Up to 1,000 applications."""

    id: UUID
    applications: Annotated[list[NewApplication], Field(min_length=1, max_length=MOST)]


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


class LineResult(Body):
    """What became of one line; `code` and texts tell why it was not taken."""

    application_id: UUID
    taken: bool
    code: str = ""
    zh: str = ""
    en: str = ""

    @classmethod
    def refused(cls, application_id: UUID, no: Refusal) -> LineResult:
        return cls(application_id=application_id, taken=False, code=no.code, zh=no.zh, en=no.en)


@router.post("", status_code=201)
async def submit(
    body: NewApplication,
    store: Store,
    caller: Annotated[Caller, permit(*TAKERS)],
    response: Response,
) -> ApplicationView:
    """Take an application for a person on file."""
    applicants = await store.applicants([body.person_id])
    made, events = _made(body, applicants, caller, store)
    if made.application_id not in await store.save([made], events):
        raise _id_taken()
    response.headers["Location"] = f"/intake/v1/applications/{made.application_id}"
    return ApplicationView.of(made)


@router.post("/batch")
async def submit_many(
    body: ApplicationList, store: Store, caller: Annotated[Caller, permit(*TAKERS)]
) -> list[LineResult]:
    """Take many applications; a line that cannot be taken does not stop the others."""
    applicants = await store.applicants([one.person_id for one in body.applications])
    made: dict[UUID, Application] = {}
    events: list[Letter] = []
    results: list[LineResult] = []
    for line in body.applications:
        try:
            if line.id in made:
                raise _id_taken()
            made[line.id], letters = _made(line, applicants, caller, store)
        except Refusal as no:
            results.append(LineResult.refused(line.id, no))
            continue
        events += letters
        results.append(LineResult(application_id=line.id, taken=True))
    fresh = await store.save(list(made.values()), events)
    return [
        LineResult.refused(one.application_id, _id_taken())
        if one.taken and one.application_id not in fresh
        else one
        for one in results
    ]


@router.get("", dependencies=[permit(*TAKERS, "auditor")])
async def applications(
    store: Store, person_id: UUID | None = None, cursor: Cursor = None, limit: Limit = 100
) -> Page[ApplicationView]:
    """Applications of the caller's area and agency."""
    after = read_mark(cursor, 1) or [FIRST_ID]
    rows = await store.page(person_id, after[0], limit + 1)
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


def _made(
    line: NewApplication,
    applicants: dict[UUID, Applicant],
    caller: Caller,
    store: Applications,
) -> tuple[Application, list[Letter]]:
    if line.programme not in OFFERED:
        raise invalid_field(
            "body.programme",
            "unknown_programme",
            f"没有这个项目；可申请：{'、'.join(sorted(OFFERED))}",
            f"there is no such programme; offered: {', '.join(sorted(OFFERED))}",
        )
    if line.channel not in CHANNELS[caller.role]:
        raise invalid_field(
            "body.channel",
            "channel_not_yours",
            f"您的角色可用的渠道：{'、'.join(CHANNELS[caller.role])}",
            f"your role may use: {', '.join(CHANNELS[caller.role])}",
        )
    applicant = applicants.get(line.person_id)
    if applicant is None:
        raise NotFound("no_such_person", "辖区内没有这份档案", "there is no such file in your area")
    return Application.submit(
        line.id,
        applicant,
        line.programme,
        line.channel,
        store.now,
        caller.bound_agency or None,
        line.call_id,
    )


def _id_taken() -> Conflict:
    return Conflict(
        "id_taken",
        "已有同一标识的申请；新申请请用新标识",
        "there is an application with this id already; use a new id for a new one",
    )
