"""Visits and ratings as letters told them, and the scores made of them, version by version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.evaluation.policy.model import Policies
from services.evaluation.scorecards.domain import Score, Tally
from shared.contracts.evaluation import ScorePublished
from shared.work import Row, Work

VISIT = """
INSERT INTO scored_visits (visit_id, provider_id, area_code, planned_on, deviation, missed_reason)
VALUES (:visit_id, :provider_id, :area_code, :planned_on, :deviation, :missed_reason)
ON CONFLICT (visit_id) DO UPDATE
SET deviation = excluded.deviation, missed_reason = excluded.missed_reason
"""
RATING = """
INSERT INTO scored_ratings (visit_id, provider_id, area_code, rating)
VALUES (:visit_id, :provider_id, :area_code, :rating)
ON CONFLICT (visit_id) DO NOTHING
"""
# A rating counts in its visit's month; one whose visit is not known yet waits for it.
TALLIES = """
SELECT v.provider_id, left(v.area_code, 6) AS district,
    count(*) FILTER (WHERE v.missed_reason IS NULL
        OR v.missed_reason <> ALL (CAST(:excused AS text[]))) AS planned,
    count(*) FILTER (WHERE v.missed_reason IS NULL) AS done,
    count(*) FILTER (WHERE v.missed_reason IS NULL
        AND coalesce(v.deviation, '') <> ALL (CAST(:not_on_time AS text[]))) AS on_time,
    count(*) FILTER (WHERE v.missed_reason = ANY (CAST(:excused AS text[]))) AS excused,
    count(r.rating) AS feedbacks, coalesce(sum(r.rating), 0) AS rating_sum
FROM scored_visits v LEFT JOIN scored_ratings r USING (visit_id)
WHERE v.planned_on BETWEEN :first AND :last AND left(v.area_code, 6) = :district
GROUP BY 1, 2 ORDER BY 1
"""
SCORES = """
SELECT DISTINCT ON (district, provider_id) provider_id, district, month_on, points, planned, done,
    on_time, excused, feedbacks, rating_sum, instrument, version, scored_on
FROM scores
WHERE month_on = :month_on AND (CAST(:provider_id AS text) IS NULL OR provider_id = :provider_id)
ORDER BY district, provider_id, version DESC
"""
SAVE = """
INSERT INTO scores (provider_id, district, month_on, version, points, planned, done, on_time,
    excused, feedbacks, rating_sum, instrument, scored_on, sub)
VALUES (:provider_id, :district, :month_on, :version, :points, :planned, :done, :on_time,
    :excused, :feedbacks, :rating_sum, :instrument, :scored_on, :sub)
"""
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('scores ' || :month_on, 0))"
TALLY = ("planned", "done", "on_time", "excused", "feedbacks", "rating_sum")


def tally_of(row: Row) -> Tally:
    return Tally(**{name: int(row[name]) for name in TALLY})


def score_of(row: Row) -> Score:
    return Score(
        UUID(row["provider_id"]),
        row["district"],
        row["month_on"],
        row["points"],
        tally_of(row),
        row["instrument"],
        row["version"],
    )


class Scores:
    """Loads tallies and saves scores in the present transaction."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def now(self) -> datetime:
        """The business instant."""
        return self._work.now

    @property
    def today(self) -> date:
        """The business date."""
        return self._work.today

    @property
    def policies(self) -> Policies:
        """The instruments in force."""
        found: Policies = self._work.state["policies"]
        return found

    async def hear_visit(self, **visit: Any) -> None:
        """Remember a planned visit, done or missed."""
        await self._work.run(VISIT, **visit)

    async def hear_rating(self, **rating: Any) -> None:
        """Remember a visit's rating."""
        await self._work.run(RATING, **rating)

    async def tallies(self, month_on: date, last_on: date) -> list[tuple[str, UUID, Tally]]:
        """Each provider's month in each district, counted as the district's policy says."""
        found: list[tuple[str, UUID, Tally]] = []
        for district, policy in self.policies.by_district.items():
            scoring = policy.score.on(month_on)
            rows = await self._work.rows(
                TALLIES,
                district=district,
                first=month_on,
                last=last_on,
                excused=list(scoring.excused),
                not_on_time=list(scoring.not_on_time),
            )
            found += [(district, UUID(row["provider_id"]), tally_of(row)) for row in rows]
        return found

    async def alone(self, month_on: date) -> None:
        """Let two publications of a month run one after the other."""
        await self._work.run(ONE_AT_A_TIME, month_on=month_on.isoformat())

    async def latest(self, month_on: date, provider_id: UUID | None = None) -> list[Score]:
        """The latest version of each score of a month."""
        wanted = str(provider_id) if provider_id else None
        rows = await self._work.rows(SCORES, month_on=month_on, provider_id=wanted)
        return [score_of(row) for row in rows]

    async def save(self, scores: Sequence[Score], letters: Sequence[ScorePublished]) -> None:
        """Keep new versions and tell of them."""
        rows = [
            {
                "provider_id": str(score.provider_id),
                "district": score.district,
                "month_on": score.month_on,
                "version": score.version,
                "points": score.points,
                "instrument": score.instrument,
                "scored_on": self.today,
                "sub": self._work.caller.sub,
                **{name: getattr(score.tally, name) for name in TALLY},
            }
            for score in scores
        ]
        await self._work.run_many(SAVE, rows)
        self._work.send(*letters)
