"""Doors of appeals: filing one, the list, hearing it; and the history of a case."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from services.eligibility.appeals.domain import Heard, Outcome, file_appeal, hear
from services.eligibility.appeals.store import Appeals
from services.eligibility.awards.domain import benefit_of
from services.eligibility.awards.store import Awards
from services.eligibility.publicity.domain import check_words
from services.eligibility.reviews.api import READERS as CASE_READERS
from services.eligibility.reviews.api import Note
from services.eligibility.reviews.store import Cases
from services.eligibility.reviews.verdicts import refusal
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

appeals = doors("/v1/appeals", "appeals")
histories = doors("/v1/cases", "cases")
CaseStore = Annotated[Cases, Depends(opens(Cases))]
AwardStore = Annotated[Awards, Depends(opens(Awards))]
Store = Annotated[Appeals, Depends(opens(Appeals))]
FILERS = ("community_worker", "street_officer", "district_officer", "hotline", "partner")
READERS = (*FILERS, "auditor", "operator")


class NewAppeal(Body):
    """An appeal against the refusal of a case, taken down for the applicant."""

    id: UUID
    case_id: UUID
    ground: Note


class Hearing(Body):
    """What came of an appeal: the refusal stands, the award is granted, or it is decided anew."""

    id: UUID
    outcome: Outcome
    note: Note


class AppealView(BaseModel):
    """An appeal; `last_on` was the last day for it."""

    appeal_id: UUID
    case_id: UUID
    application_id: UUID
    person_id: UUID
    programme: str
    area_code: str
    ground: str
    filed_on: date
    filed_by: str
    last_on: date
    reviewed_by: str
    refused_by: str
    outcome: Outcome | None
    note: str | None
    decided_by: str | None
    decided_body: str | None
    decided_on: date | None


class Step(BaseModel):
    """One thing that was done in a case; `sub` is empty where the office's rules did it."""

    on: date
    what: str
    said: str
    sub: str
    body: str
    note: str | None


@appeals.post("", status_code=201, dependencies=[permit(*FILERS)])
async def file(body: NewAppeal, store: Store, cases: CaseStore) -> AppealView:
    """Appeal against a refusal, within the document's days, once against each decision."""
    ground = check_words("body.ground", body.ground)
    refused = await store.refused(body.case_id)
    programme = cases.programme(refused.programme) if refused else None
    made = file_appeal(body.id, refused, programme, store.today)
    await store.file(made, ground, made.filed(store.now))
    return AppealView.model_validate(dict(await store.one(body.id)))


@appeals.get("", dependencies=[permit(*READERS)])
async def list_appeals(
    store: Store,
    is_open: bool | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[AppealView]:
    """Appeals in the caller's scope, the oldest first."""
    after = read_cursor(cursor, date.fromisoformat, UUID)
    rows = await store.page(is_open, after, limit + 1)
    views = [AppealView.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.filed_on, view.appeal_id))


@appeals.get("/{appeal_id}", dependencies=[permit(*READERS)])
async def one_appeal(appeal_id: UUID, store: Store) -> AppealView:
    """One appeal."""
    return AppealView.model_validate(dict(await store.one(appeal_id)))


@appeals.post("/{appeal_id}/outcomes", status_code=201)
async def hear_appeal(
    appeal_id: UUID,
    body: Hearing,
    store: Store,
    cases: CaseStore,
    awards: AwardStore,
    caller: Annotated[Caller, permit("district_officer")],
) -> AppealView:
    """Decide an appeal, by somebody who had no part in the case, with its remedy."""
    note = check_words("body.note", body.note)
    one = await store.appeal(appeal_id)
    file = (await cases.files([one.case_id]))[one.case_id]
    heard = hear(one, file, cases.programme(one.programme), body.outcome, note, caller)
    if isinstance(heard, str):
        raise refusal(heard)
    await _remedy(heard, cases, awards)
    await store.heard(heard, heard.letters(store.now))
    return AppealView.model_validate(dict(await store.one(appeal_id)))


@histories.get("/{case_id}/history", dependencies=[permit(*CASE_READERS)])
async def history(case_id: UUID, store: Store, cases: CaseStore) -> list[Step]:
    """Everything that was done in a case: determinations, both parties, papers, appeals."""
    await cases.one(case_id)
    return [Step.model_validate(dict(row)) for row in await store.history(case_id)]


async def _remedy(heard: Heard, cases: Cases, awards: Awards) -> None:
    """Grant the award from its original month, or send the case back to the street."""
    appeal = heard.appeal
    if heard.outcome == "remitted" and not await cases.reopen(appeal.case_id):
        raise refusal("another_open")
    if heard.granted is not None:
        running = await awards.running([appeal.person_id])
        if (appeal.person_id, benefit_of(appeal.programme)) in running:
            raise refusal("already_awarded")
        await awards.save([heard.granted], [])
