"""Doors of feedback: rating one visit or many, and reading what was said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from services.evaluation.feedback.domain import Feedback, Visit, already_rated
from services.evaluation.feedback.store import FeedbackBook
from services.evaluation.lines import (
    MOST_LINES,
    LineResult,
    LineResults,
    answer,
    read_lines,
    refuse,
)
from shared.caller import Caller
from shared.contracts.evaluation import FeedbackGiven
from shared.doors import Body, doors, opens, permit
from shared.errors import Refusal
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_mark

router = doors("/v1/feedback", "feedback")
Store = Annotated[FeedbackBook, Depends(opens(FeedbackBook), scope="function")]
Giver = Annotated[Caller, permit("community_worker", "street_officer", "hotline")]
Reader = Annotated[
    Caller,
    permit(
        "community_worker", "street_officer", "district_officer", "hotline", "provider", "auditor",
    ),
]  # fmt: skip


class NewFeedback(Body):
    """A visit's rating, 5 being best, and words if there are any."""

    id: UUID
    visit_id: UUID
    rating: Annotated[int, Field(ge=1, le=5)]
    comment: Annotated[str, Field(max_length=500)] = ""


class MuchFeedback(Body):
    """Up to 1,000 ratings; each line as for one."""

    id: UUID
    feedback: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=MOST_LINES)]


class Given(BaseModel):
    """Feedback that was taken down."""

    id: UUID
    visit_id: UUID
    rating: int


class FeedbackView(BaseModel):
    """Feedback as shown; a provider sees the rating without the words."""

    id: UUID
    visit_id: UUID
    provider_id: UUID
    rating: int
    comment: str | None
    given_on: date


def decide(
    new: NewFeedback, visits: Mapping[UUID, Visit], book: FeedbackBook
) -> tuple[Feedback, FeedbackGiven]:
    """One line's decision."""
    feedback = Feedback(new.id, new.visit_id, new.rating, new.comment)
    return feedback, feedback.give(visits.get(new.visit_id), book.now)


@router.post("", status_code=201)
async def give(new: NewFeedback, caller: Giver, store: Store) -> Given:
    """Rate a visit."""
    given = decide(new, await store.visits([new.visit_id]), store)
    if not await store.save([given]):
        raise already_rated()
    return Given(id=new.id, visit_id=new.visit_id, rating=new.rating)


@router.post("/batch")
async def give_many(
    many: MuchFeedback, caller: Giver, store: Store, response: Response
) -> LineResults:
    """Rate up to 1,000 visits, each line for itself."""
    read, results = read_lines(many.feedback, NewFeedback)
    visits = await store.visits([new.visit_id for new in read.values()])
    decided: list[tuple[Feedback, FeedbackGiven]] = []
    for number, new in read.items():
        try:
            decided.append(decide(new, visits, store))
            results[number] = LineResult(line=number, id=new.id, done=True)
        except Refusal as why:
            results[number] = refuse(number, new.id, why)
    fresh = await store.save(decided)
    for number, new in read.items():
        if results[number].done and new.id not in fresh:
            results[number] = refuse(number, new.id, already_rated())
        fresh.discard(new.id)
    response.headers["x-count"] = str(len(decided))
    return answer(results)


@router.get("")
async def said(
    caller: Reader,
    store: Store,
    provider_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[FeedbackView]:
    """What was said of visits in the caller's area, or of the caller's own agency."""
    after = read_mark(cursor, 1)
    rows = await store.page(provider_id, after[0] if after else None, limit + 1)
    hidden = {"comment": None} if caller.role == "provider" else {}
    shown = [FeedbackView.model_validate({**row, **hidden}) for row in rows]
    return page_of(shown, limit, lambda view: (view.id,))
