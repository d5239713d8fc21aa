"""Hears of visits done and missed and of ratings, in whatever order they come."""

from __future__ import annotations

from services.evaluation.scorecards.store import Scores
from shared.clock import SHANGHAI
from shared.contracts.evaluation import FeedbackGiven
from shared.contracts.letter import Letter
from shared.contracts.scheduling import VisitCompleted, VisitMissed
from shared.inbox import NOWHERE, Handler


async def count_done(letter: VisitCompleted, scores: Scores) -> None:
    """A visit was done, on time or not."""
    await scores.hear_visit(
        visit_id=letter.visit_id,
        provider_id=str(letter.provider_id),
        area_code=letter.area_code or NOWHERE,
        planned_on=letter.planned_at.astimezone(SHANGHAI).date(),
        deviation=letter.deviation,
        missed_reason=None,
    )


async def count_missed(letter: VisitMissed, scores: Scores) -> None:
    """A planned visit did not take place."""
    await scores.hear_visit(
        visit_id=letter.visit_id,
        provider_id=str(letter.provider_id),
        area_code=letter.area_code or NOWHERE,
        planned_on=letter.planned_at.astimezone(SHANGHAI).date(),
        deviation=None,
        missed_reason=letter.reason,
    )


async def count_rating(letter: FeedbackGiven, scores: Scores) -> None:
    """A visit was rated; the visit itself may not be known here yet."""
    await scores.hear_rating(
        visit_id=letter.visit_id,
        provider_id=str(letter.provider_id),
        area_code=letter.area_code or NOWHERE,
        rating=letter.rating,
    )


HANDLERS: dict[type[Letter], Handler] = {
    VisitCompleted: count_done,
    VisitMissed: count_missed,
    FeedbackGiven: count_rating,
}
