"""Doors of scorecards: publishing a month's scores, and reading them."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import BaseModel

from services.evaluation.scorecards.domain import (
    Score,
    district_bound,
    renewed,
    scores_of,
    whole_month,
)
from services.evaluation.scorecards.store import Scores
from shared.caller import ROLES, Caller
from shared.doors import Body, doors, opens, permit

router = doors("/v1/scores", "scorecards")
Store = Annotated[Scores, Depends(opens(Scores))]
Publisher = Annotated[Caller, permit("district_officer")]
Reader = Annotated[Caller, permit(*ROLES)]


class Month(Body):
    """The month to be scored, as its first day."""

    id: UUID
    month_on: date


class ScoreView(BaseModel):
    """A provider's score for a month in a district, with what it was made of."""

    provider_id: UUID
    district: str
    month_on: date
    version: int
    points: int
    visits_planned: int
    visits_done: int
    visits_on_time: int
    visits_excused: int
    feedbacks: int
    rating_sum: int
    instrument: str


class ScoreSheet(BaseModel):
    """A month's scores, by district and provider."""

    month_on: date
    scores: list[ScoreView]


@router.post("", status_code=201)
async def publish(month: Month, caller: Publisher, store: Store, response: Response) -> ScoreSheet:
    """Score a month; the same visits and ratings give the same points and no new version."""
    district_bound(caller.area)
    last_on = whole_month(month.month_on, store.today)
    await store.alone(month.month_on)
    scored = scores_of(month.month_on, await store.tallies(month.month_on, last_on), store.policies)
    latest = {(s.provider_id, s.district): s for s in await store.latest(month.month_on)}
    fresh = renewed(scored, latest)
    await store.save(fresh, [score.publish(store.now) for score in fresh])
    response.headers["x-count"] = str(len(fresh))
    newest = latest | {(score.provider_id, score.district): score for score in fresh}
    return sheet(month.month_on, [newest[score.provider_id, score.district] for score in scored])


@router.get("")
async def scores(
    month_on: date, caller: Reader, store: Store, provider_id: UUID | None = None
) -> ScoreSheet:
    """The latest version of a month's scores; they are published, so everybody may read them."""
    return sheet(month_on, await store.latest(month_on, provider_id))


def sheet(month_on: date, scored: list[Score]) -> ScoreSheet:
    return ScoreSheet(month_on=month_on, scores=[view(score) for score in scored])


def view(score: Score) -> ScoreView:
    tally = score.tally
    return ScoreView(
        provider_id=score.provider_id,
        district=score.district,
        month_on=score.month_on,
        version=score.version,
        points=score.points,
        visits_planned=tally.planned,
        visits_done=tally.done,
        visits_on_time=tally.on_time,
        visits_excused=tally.excused,
        feedbacks=tally.feedbacks,
        rating_sum=tally.rating_sum,
        instrument=score.instrument,
    )
