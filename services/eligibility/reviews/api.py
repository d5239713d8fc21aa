"""Doors of the street's officer: the worklist, reviews in lists, and ties."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from services.eligibility.determinations.domain import Stage
from services.eligibility.policy import Outcome
from services.eligibility.reviews.domain import Recommendation, decide_each, review
from services.eligibility.reviews.store import Cases
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import Refusal
from shared.lines import BulkAnswer, LineResult, Lines, Listed, stood
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

cases = doors("/v1/cases", "cases")
reviews = doors("/v1/reviews", "reviews")
ties = doors("/v1/ties", "ties")
Store = Annotated[Cases, Depends(opens(Cases))]
READERS = ("community_worker", "street_officer", "district_officer", "auditor", "operator")
Note = Annotated[str, Field(min_length=1, max_length=500)]


class CaseView(BaseModel):
    """A case on the worklist."""

    model_config = ConfigDict(from_attributes=True)
    case_id: UUID
    application_id: UUID
    person_id: UUID
    programme: str
    outcome: str
    benefit_class: str | None
    area_code: str
    stage: str
    reviewed_by: str | None
    recommendation: str | None
    opened_on: date


class ReviewLine(Body):
    """What the street says on one case."""

    case_id: UUID
    decision: Recommendation
    note: Note | None = None


class ReviewList(Body):
    """Up to 1,000 reviews, each line its own decision."""

    id: UUID
    decisions: Listed[ReviewLine]


class Tie(Body):
    """The caller's own tie to a person: kin, same household, or another interest."""

    id: UUID
    person_id: UUID


class TieView(BaseModel):
    """A declared tie."""

    sub: str
    person_id: UUID


@cases.get("", dependencies=[permit(*READERS)])
async def worklist(
    store: Store,
    stage: Stage | None = None,
    outcome: Outcome | None = None,
    programme: str | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[CaseView]:
    """Cases in the caller's area, the longest waiting first."""
    after = read_cursor(cursor, date.fromisoformat, UUID)
    rows = await store.worklist(stage, outcome, programme, after, limit + 1)
    views = [CaseView.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.opened_on, view.case_id))


@reviews.post("")
async def review_list(
    body: ReviewList,
    store: Store,
    caller: Annotated[Caller, permit("street_officer")],
    response: Response,
) -> BulkAnswer[LineResult]:
    """Review a list of cases; a line that cannot be reviewed does not stop the others."""
    lines = Lines("decisions", ReviewLine, body.decisions, "case_id", once=True)
    files = await store.files([line.case_id for line in lines.sound])
    decided = decide_each(
        lines.sound, files, lambda line, file: review(file, line.decision, line.note)
    )
    await store.save(stood(decided), [one.letter(store.now) for one in stood(decided)])
    return lines.answer(
        [one if isinstance(one, Refusal) else one.stage for one in decided], response
    )


@ties.post("", status_code=201)
async def declare_tie(
    body: Tie, store: Store, caller: Annotated[Caller, permit("street_officer", "district_officer")]
) -> TieView:
    """Declare a tie; from now on the caller may not decide on this person (N-49)."""
    await store.declare_tie(body.person_id)
    return TieView(sub=caller.sub, person_id=body.person_id)
