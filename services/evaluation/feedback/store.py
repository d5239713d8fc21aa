"""Visits as their letters told, and what was said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.evaluation.feedback.domain import Feedback, Visit
from shared.contracts.evaluation import FeedbackGiven
from shared.work import Row, Work

MIRROR = """
INSERT INTO visits (id, provider_id, person_id, application_id, area_code, visited_on)
VALUES (:id, :provider_id, :person_id, :application_id, :area_code, :visited_on)
ON CONFLICT (id) DO NOTHING
"""
VISITS = """
SELECT v.id, v.provider_id, v.person_id, v.application_id, v.area_code, v.visited_on,
    EXISTS (SELECT 1 FROM feedback f WHERE f.visit_id = v.id) AS rated
FROM visits v WHERE v.id = ANY(CAST(:ids AS uuid[]))
"""
GIVE = """
INSERT INTO feedback (id, visit_id, provider_id, area_code, rating, comment, given_on, sub)
SELECT t.id, t.visit_id, t.provider_id, t.area_code, t.rating, t.comment, :today, :sub
FROM unnest(CAST(:ids AS uuid[]), CAST(:visits AS uuid[]), CAST(:providers AS text[]),
    CAST(:areas AS text[]), CAST(:ratings AS integer[]), CAST(:comments AS text[]))
    AS t(id, visit_id, provider_id, area_code, rating, comment)
ON CONFLICT DO NOTHING RETURNING id
"""
LIST = """
SELECT id AS feedback_id, visit_id, CAST(provider_id AS uuid) AS provider_id, rating, comment,
    given_on
FROM feedback
WHERE (CAST(:provider_id AS text) IS NULL OR provider_id = :provider_id)
    AND (CAST(:after AS uuid) IS NULL OR id > CAST(:after AS uuid))
ORDER BY id LIMIT :most
"""


class FeedbackBook:
    """Loads visits and saves feedback in the present transaction."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def now(self) -> datetime:
        """The business instant."""
        return self._work.now

    async def mirror(self, visit: Visit) -> None:
        """Remember a visit that was done."""
        await self._work.run(
            MIRROR,
            id=visit.id,
            provider_id=visit.provider_id,
            person_id=visit.person_id,
            application_id=visit.application_id,
            area_code=visit.area_code,
            visited_on=visit.visited_on,
        )

    async def visits(self, ids: Sequence[UUID]) -> Mapping[UUID, Visit]:
        """The visits among these ids that the caller may know of."""
        rows = await self._work.rows(VISITS, ids=list(ids))
        return {row["id"]: Visit(**row) for row in rows}

    async def save(self, given: Sequence[tuple[Feedback, FeedbackGiven]]) -> set[UUID]:
        """Keep feedback and tell of it; returns what was the first of its visit and id."""
        rows = await self._work.rows(
            GIVE,
            ids=[feedback.id for feedback, _ in given],
            visits=[feedback.visit_id for feedback, _ in given],
            providers=[letter.agency for _, letter in given],
            areas=[letter.area_code for _, letter in given],
            ratings=[feedback.rating for feedback, _ in given],
            comments=[feedback.comment for feedback, _ in given],
            today=self._work.today,
            sub=self._work.caller.sub,
        )
        fresh = {row["id"] for row in rows}
        first: dict[UUID, FeedbackGiven] = {}
        for _, letter in given:
            first.setdefault(letter.feedback_id, letter)
        self._work.send(*(first[one] for one in sorted(fresh)))
        return fresh

    async def page(self, provider_id: UUID | None, after: UUID | None, most: int) -> Sequence[Row]:
        """Feedback in order of its ids."""
        wanted: Any = str(provider_id) if provider_id else None
        return await self._work.rows(LIST, provider_id=wanted, after=after, most=most)
