"""Feedback on a visit that was done: one rating from 1 to 5, with words that stay here (N-52)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shared.contracts.evaluation import FeedbackGiven
from shared.errors import Conflict


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit that was done, as its letter told."""

    id: UUID
    provider_id: str
    person_id: UUID | None
    application_id: UUID | None
    area_code: str
    visited_on: date
    rated: bool = False


@dataclass(frozen=True, slots=True)
class Feedback:
    """What was said of a visit; `comment` never leaves this service."""

    id: UUID
    visit_id: UUID
    rating: int
    comment: str

    def give(self, visit: Visit | None, at: datetime) -> FeedbackGiven:
        """Rate the visit.

        Raises:
            Conflict: the visit is not known here (yet), or has been rated.
        """
        if visit is None:
            raise Conflict(
                "visit_unknown",
                "尚未收到该次服务的完成记录，或不在您的范围内；请稍后再试",
                "no completed visit of this id is known within your area yet; try again soon",
            )
        if visit.rated:
            raise already_rated()
        return FeedbackGiven(
            aggregate_id=self.id,
            feedback_id=self.id,
            visit_id=visit.id,
            provider_id=UUID(visit.provider_id),
            person_id=visit.person_id,
            application_id=visit.application_id,
            area_code=visit.area_code,
            agency=visit.provider_id,
            rating=self.rating,
            occurred_at=at,
        )


def already_rated() -> Conflict:
    """One visit is rated once."""
    return Conflict(
        "visit_rated",
        "该次服务已评价，不能重复评价",
        "this visit has been rated; it is rated once",
    )
