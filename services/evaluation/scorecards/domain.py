"""A provider's month in points of 100, in whole numbers, from visits kept, on time and rated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from uuid import UUID

from services.evaluation.policy.model import FULL_POINTS, Policies, Scoring
from shared.caller import EVERYWHERE, district_of
from shared.contracts.evaluation import ScorePublished
from shared.contracts.ids import derived_id
from shared.contracts.months import last_day, month_of
from shared.errors import Conflict, Forbidden, invalid_field

LOWEST_RATING = 1
RATING_SPAN = 4


@dataclass(frozen=True, slots=True)
class Tally:
    """What is known of a provider's month: visits without the excused ones, and ratings."""

    planned: int
    done: int
    on_time: int
    excused: int
    feedbacks: int
    rating_sum: int


def parts(tally: Tally, scoring: Scoring) -> list[tuple[int, Fraction]]:
    """Weight and share of each part that has cases."""
    weights = scoring.weights
    found: list[tuple[int, Fraction]] = []
    if tally.planned:
        found.append((weights.kept, Fraction(tally.done, tally.planned)))
    if tally.done:
        found.append((weights.on_time, Fraction(tally.on_time, tally.done)))
    if tally.feedbacks:
        above = tally.rating_sum - LOWEST_RATING * tally.feedbacks
        found.append((weights.rating, Fraction(above, RATING_SPAN * tally.feedbacks)))
    return found


def points(tally: Tally, scoring: Scoring) -> int | None:
    """Points of 100, fractions dropped; `None` when there is nothing to score."""
    found = parts(tally, scoring)
    weight = sum(part for part, _ in found)
    if weight == 0:
        return None
    return int(FULL_POINTS * sum(part * share for part, share in found) / weight)


@dataclass(frozen=True, slots=True)
class Score:
    """One version of a provider's score for a month in a district."""

    provider_id: UUID
    district: str
    month_on: date
    points: int
    tally: Tally
    instrument: str
    version: int

    def publish(self, at: datetime) -> ScorePublished:
        """The letter about this version."""
        return ScorePublished(
            aggregate_id=derived_id("score", self.provider_id, self.district, self.month_on),
            provider_id=self.provider_id,
            area_code=self.district,
            agency=str(self.provider_id),
            month_on=self.month_on,
            points=self.points,
            visits_planned=self.tally.planned,
            visits_done=self.tally.done,
            feedbacks=self.tally.feedbacks,
            occurred_at=at,
        )


def scores_of(
    month_on: date, tallies: Sequence[tuple[str, UUID, Tally]], policies: Policies
) -> list[Score]:
    """The scores of a month by district and provider, as first versions."""
    scored: list[Score] = []
    for district, provider_id, tally in tallies:
        policy = policies.by_district[district]
        made = points(tally, policy.score.on(month_on))
        if made is not None:
            scored.append(
                Score(provider_id, district, month_on, made, tally, policy.instrument, version=1)
            )
    return scored


def whole_month(month_on: date, today: date) -> date:
    """The last day of a month that is over, or is in its last day.

    Raises:
        Invalid: not the first day of a month.
        Conflict: the month is not over.
    """
    if month_of(month_on) != month_on:
        raise invalid_field(
            "body.month_on",
            "not_a_month",
            "应为月份的第一天，如 2010-03-01",
            "must be the first day of a month such as 2010-03-01",
        )
    if last_day(month_on) > today:
        raise Conflict(
            "month_not_over",
            "该月尚未结束，不能评分",
            "this month is not over; it cannot be scored yet",
        )
    return last_day(month_on)


def district_bound(area: str) -> None:
    """Scores are a district's matter; an officer of a street alone does not publish them.

    Raises:
        Forbidden: the caller's area is smaller than a district.
    """
    if area != EVERYWHERE and district_of(area) != area:
        raise Forbidden(
            "district_only",
            "评分由区级办理，请用区级身份",
            "scores are published for a whole district",
        )


def renewed(scored: Sequence[Score], latest: dict[tuple[UUID, str], Score]) -> list[Score]:
    """The scores whose basis changed since their latest version, as the next version of each."""
    fresh: list[Score] = []
    for score in scored:
        before = latest.get((score.provider_id, score.district))
        if before is None:
            fresh.append(score)
        elif (before.tally, before.points) != (score.tally, score.points):
            fresh.append(
                Score(
                    score.provider_id,
                    score.district,
                    score.month_on,
                    score.points,
                    score.tally,
                    score.instrument,
                    before.version + 1,
                )
            )
    return fresh
