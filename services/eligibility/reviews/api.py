"""Doors of the street's officer: the worklist, reviews in lists, and ties."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from services.eligibility.determinations.domain import Stage
from services.eligibility.policy import Outcome
from services.eligibility.reviews.domain import (
    CaseFile,
    Recommendation,
    Reviewed,
    done,
    found,
    review,
)
from services.eligibility.reviews.store import Cases
from services.eligibility.reviews.verdicts import WORDS, Verdict
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import Invalid, invalid_field
from shared.pages import Cursor, Limit, Page, page_of, read_mark

cases = doors("/v1/cases", "cases")
reviews = doors("/v1/reviews", "reviews")
ties = doors("/v1/ties", "ties")
Store = Annotated[Cases, Depends(opens(Cases))]
MOST_LINES = 1000
READERS = ("community_worker", "street_officer", "district_officer", "auditor", "operator")
FIRST = (date.min.isoformat(), str(UUID(int=0)))
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
    decisions: Annotated[list[ReviewLine], Field(min_length=1, max_length=MOST_LINES)]


class LineResult(BaseModel):
    """What became of one line."""

    case_id: UUID
    done: bool
    code: str
    zh: str
    en: str

    @classmethod
    def of(cls, verdict: Verdict) -> LineResult:
        zh, en = WORDS[verdict.code]
        return cls(case_id=verdict.case_id, done=verdict.done, code=verdict.code, zh=zh, en=en)


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
    limit: Limit = 100,
) -> Page[CaseView]:
    """Cases in the caller's area, the longest waiting first."""
    rows = await store.worklist(stage, outcome, programme, _after(cursor), limit + 1)
    views = [CaseView.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.opened_on, view.case_id))


@reviews.post("")
async def review_list(
    body: ReviewList,
    store: Store,
    caller: Annotated[Caller, permit("street_officer")],
    response: Response,
) -> list[LineResult]:
    """Review a list of cases; a line that cannot be reviewed does not stop the others."""
    files = await store.files([line.case_id for line in body.decisions])
    kept: list[Reviewed] = []
    verdicts = [_decide(line, file, kept) for line, file in found(body.decisions, files)]
    await store.save(kept, [one.letter(store.now) for one in kept])
    response.headers["x-count"] = str(len(body.decisions))
    return [LineResult.of(verdict) for verdict in verdicts]


@ties.post("", status_code=201)
async def declare_tie(
    body: Tie, store: Store, caller: Annotated[Caller, permit("street_officer", "district_officer")]
) -> TieView:
    """Declare a tie; from now on the caller may not decide on this person (N-49)."""
    await store.declare_tie(body.person_id)
    return TieView(sub=caller.sub, person_id=body.person_id)


def bad_cursor() -> Invalid:
    """The refusal of a cursor that another list made."""
    return invalid_field(
        "cursor",
        "bad_cursor",
        "翻页标记无效；请从第一页重新开始",
        "this cursor is not one of this list's; start again from the first page",
    )


def _after(cursor: str | None) -> tuple[date, UUID]:
    opened_on, case_id = read_mark(cursor, 2) or FIRST
    try:
        return date.fromisoformat(opened_on), UUID(case_id)
    except ValueError as foreign:
        raise bad_cursor() from foreign


def _decide(line: ReviewLine, file: CaseFile | Verdict, kept: list[Reviewed]) -> Verdict:
    if isinstance(file, Verdict):
        return file
    outcome = review(file, line.decision, line.note)
    if isinstance(outcome, str):
        return Verdict(line.case_id, outcome)
    kept.append(outcome)
    return done(line.case_id)
