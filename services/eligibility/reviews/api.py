"""Doors of the street's officer: the worklist, reviews in lists, and ties."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.eligibility.determinations.domain import Stage
from services.eligibility.policy import Outcome
from services.eligibility.reviews.clock import MOST_WARN_DAYS, WARN_DAYS, Due
from services.eligibility.reviews.domain import Recommendation, TieKind, decide_each, review
from services.eligibility.reviews.store import Cases, Wanted
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import Forbidden, Refusal
from shared.lines import BulkAnswer, LineResult, Lines, Listed, stood
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

cases = doors("/v1/cases", "cases")
reviews = doors("/v1/reviews", "reviews")
ties = doors("/v1/ties", "ties")
Store = Annotated[Cases, Depends(opens(Cases))]
READERS = ("community_worker", "street_officer", "district_officer", "auditor", "operator")
Note = Annotated[str, Field(min_length=1, max_length=500)]
Document = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")]
WarnDays = Annotated[int, Query(ge=0, le=MOST_WARN_DAYS, description="days left that are `soon`")]
MOST_DOCUMENTS = 50


class CaseView(BaseModel):
    """A case on the worklist.

    `decide_by` is null while the clock stands still: papers are awaited (`asked_on` says since
    when), or the street is not activated. `digest` is its determination's.
    """

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
    decide_by: date | None
    asked_on: date | None
    evidence: list[str]
    digest: str


class ReviewLine(Body):
    """What the street says on one case; `documents` are the papers wanted with needs_evidence."""

    case_id: UUID
    decision: Recommendation
    note: Note | None = None
    documents: Annotated[tuple[Document, ...], Field(max_length=MOST_DOCUMENTS)] = ()


class ReviewList(Body):
    """Up to 1,000 reviews, each line its own decision."""

    id: UUID
    decisions: Listed[ReviewLine]


class Tie(Body):
    """A tie to a person: the caller's own, or (`sub`) a colleague's that the applicant named."""

    id: UUID
    person_id: UUID
    kind: TieKind = "interest"
    sub: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@:-]{1,80}$")] | None = None


class TieView(BaseModel):
    """A declared tie."""

    sub: str
    person_id: UUID
    kind: TieKind


@cases.get("", dependencies=[permit(*READERS)])
async def worklist(
    store: Store,
    stage: Stage | None = None,
    outcome: Outcome | None = None,
    programme: str | None = None,
    due: Due | None = None,
    warn_days: WarnDays = WARN_DAYS,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[CaseView]:
    """Cases in the caller's area, the longest waiting first; `due` shows what is late or near."""
    after = read_cursor(cursor, date.fromisoformat, UUID)
    wanted = Wanted(stage, outcome, programme, due, warn_days)
    rows = await store.worklist(wanted, after, limit + 1)
    views = [CaseView.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.opened_on, view.case_id))


@cases.get("/{case_id}", dependencies=[permit(*READERS)])
async def one_case(case_id: UUID, store: Store) -> CaseView:
    """One case."""
    return CaseView.model_validate(dict(await store.one(case_id)))


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
        lines.sound,
        files,
        lambda line, file: review(
            file, line.decision, line.note, store.programme(file.programme), line.documents
        ),
    )
    kept = stood(decided)
    await store.save(kept, [letter for one in kept for letter in one.letters(store.now)])
    return lines.answer(
        [one if isinstance(one, Refusal) else one.stage for one in decided], response
    )


@ties.post("", status_code=201)
async def declare_tie(
    body: Tie, store: Store, caller: Annotated[Caller, permit("street_officer", "district_officer")]
) -> TieView:
    """Declare a tie; from now on that officer may not decide on this person (N-49)."""
    sub = body.sub or caller.sub
    if sub != caller.sub and caller.role != "district_officer":
        raise Forbidden(
            "not_your_tie",
            "只能申报本人的利害关系；他人的回避由区级登记",
            "declare your own ties; a colleague's is entered by the district",
        )
    await store.declare_tie(sub, body.person_id, body.kind)
    return TieView(sub=sub, person_id=body.person_id, kind=body.kind)
