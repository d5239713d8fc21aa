"""Doors of feedback: rating one visit or many, and reading what was said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel, Field

from services.evaluation.feedback.domain import Feedback, Visit, already_rated
from services.evaluation.feedback.store import FeedbackBook
from shared.caller import Caller
from shared.contracts.evaluation import FeedbackGiven
from shared.doors import Body, doors, opens, permit
from shared.lines import BulkAnswer, LineResult, Lines, Listed, added, stood, tried
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1/feedback", "feedback")
Store = Annotated[FeedbackBook, Depends(opens(FeedbackBook))]
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
    feedback: Listed[NewFeedback]


class Given(BaseModel):
    """Feedback that was taken down."""

    feedback_id: UUID
    visit_id: UUID
    rating: int


class FeedbackView(BaseModel):
    """Feedback as shown; a provider sees the rating without the words."""

    feedback_id: UUID
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
    return Given(feedback_id=new.id, visit_id=new.visit_id, rating=new.rating)


@router.post("/batch")
async def give_many(
    many: MuchFeedback, caller: Giver, store: Store, response: Response
) -> BulkAnswer[LineResult]:
    """Rate up to 1,000 visits, each line for itself."""
    lines = Lines("feedback", NewFeedback, many.feedback)
    visits = await store.visits([new.visit_id for new in lines.sound])
    decided = [tried(decide, new, visits, store) for new in lines.sound]
    fresh = await store.save(stood(decided))
    ids = [new.id for new in lines.sound]
    return lines.answer(added(ids, decided, fresh, "given", already_rated), response)


@router.get("")
async def said(
    caller: Reader,
    store: Store,
    provider_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Page[FeedbackView]:
    """What was said of visits in the caller's area, or of the caller's own agency."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(provider_id, after, limit + 1)
    hidden = {"comment": None} if caller.role == "provider" else {}
    shown = [FeedbackView.model_validate({**row, **hidden}) for row in rows]
    return page_of(shown, limit, lambda view: (view.feedback_id,))
