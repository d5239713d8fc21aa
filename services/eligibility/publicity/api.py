"""Doors of the public notice: what is posted per community, objections, and judging them."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from services.eligibility.awards.store import Awards
from services.eligibility.publicity.domain import (
    NOTICE_DAYS,
    Outcome,
    check_words,
    judge,
    raise_objection,
)
from services.eligibility.publicity.store import Notices
from services.eligibility.reviews.api import Note
from services.eligibility.reviews.store import Cases
from services.eligibility.reviews.verdicts import refusal
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, Within, page_of, read_cursor

posted = doors("/v1/public-notices", "public notice")
objections = doors("/v1/objections", "public notice")
CaseStore = Annotated[Cases, Depends(opens(Cases))]
AwardStore = Annotated[Awards, Depends(opens(Awards))]
Store = Annotated[Notices, Depends(opens(Notices))]
POSTERS = ("community_worker", "street_officer", "district_officer")
READERS = (*POSTERS, "auditor", "operator")


class PostedView(BaseModel):
    """A case on public notice; the name comes masked from intake's `POST /v1/notice-names`."""

    case_id: UUID
    application_id: UUID
    person_id: UUID
    programme: str
    benefit_class: str | None
    area_code: str
    kind: str
    posted_on: date
    last_on: date
    objected: bool


class NewObjection(Body):
    """What somebody says against a posted case; who says it is not kept."""

    id: UUID
    case_id: UUID
    ground: Note


class JudgedObjection(Body):
    """What came of an objection, and why."""

    id: UUID
    outcome: Outcome
    note: Note


class ObjectionView(BaseModel):
    """An objection; while it is open, the award's coming months wait (`held_on`)."""

    objection_id: UUID
    case_id: UUID
    award_id: UUID | None
    application_id: UUID
    person_id: UUID
    programme: str
    area_code: str
    ground: str
    raised_on: date
    recorded_by: str
    held_on: date | None
    outcome: Outcome | None
    note: str | None
    decided_by: str | None
    decided_body: str | None
    decided_on: date | None


class ObjectionAnswer(BaseModel):
    """An objection as it stands now."""

    objection_id: UUID
    case_id: UUID
    held_on: date | None
    outcome: Outcome | None


@posted.get("", dependencies=[permit(*READERS)])
async def public_notices(
    store: Store,
    within: Within = "",
    programme: str | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[PostedView]:
    """Cases whose public notice runs today, to be posted by community and class."""
    after = read_cursor(cursor, date.fromisoformat, UUID)
    rows = await store.posted(within, programme, after, limit + 1)
    views = [PostedView.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.posted_on, view.case_id))


@objections.post("", status_code=201, dependencies=[permit(*POSTERS, "hotline")])
async def object_to(body: NewObjection, store: Store, cases: CaseStore) -> ObjectionAnswer:
    """Record an objection made during the notice; the award waits until people have judged it."""
    ground = check_words("body.ground", body.ground)
    await cases.files([body.case_id])
    case = await store.posted_case(body.case_id)
    held_on = await store.held_since(body.case_id)
    made = raise_objection(body.id, case, held_on, store.today)
    article = cases.programme(made.programme).parameters[NOTICE_DAYS].article
    await store.raise_objection(made, ground, article, made.raised(store.now))
    return ObjectionAnswer(
        objection_id=made.objection_id, case_id=made.case_id, held_on=made.held_on, outcome=None
    )


@objections.get("", dependencies=[permit(*READERS)])
async def list_objections(
    store: Store,
    is_open: bool | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[ObjectionView]:
    """Objections in the caller's area, the oldest first."""
    after = read_cursor(cursor, date.fromisoformat, UUID)
    rows = await store.objections(is_open, after, limit + 1)
    views = [ObjectionView.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.raised_on, view.objection_id))


@objections.post("/{objection_id}/judgements", status_code=201)
async def judge_objection(
    objection_id: UUID,
    body: JudgedObjection,
    store: Store,
    cases: CaseStore,
    awards: AwardStore,
    caller: Annotated[Caller, permit("district_officer")],
) -> ObjectionAnswer:
    """Judge an objection: the award goes on without a month lost, or it ends; or the case does."""
    note = check_words("body.note", body.note)
    one = await store.objection(objection_id)
    programme = cases.programme(one.programme)
    file = (await cases.files([one.case_id]))[one.case_id]
    if (stopped := judge(one, file, programme, caller)) is not None:
        raise refusal(stopped)
    article = programme.parameters[NOTICE_DAYS].article
    await store.judged(one, body.outcome, note, article, one.decided(body.outcome, store.now))
    if body.outcome == "sustained":
        await _undo(one.application_id, one.case_id, one.award_id, cases, awards)
    return ObjectionAnswer(
        objection_id=one.objection_id,
        case_id=one.case_id,
        held_on=None if one.frees(body.outcome) else one.held_on,
        outcome=body.outcome,
    )


async def _undo(
    application_id: UUID, case_id: UUID, award_id: UUID | None, cases: Cases, awards: Awards
) -> None:
    """End the award that was not rightly given, or give a case not yet approved to the street."""
    if award_id is None:
        await cases.reopen(case_id)
    else:
        await awards.end("no_longer_eligible", awards.now.date(), application_id=application_id)
