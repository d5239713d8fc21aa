"""Cases before officers, reviews, ties and what life does to open cases, as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.eligibility.policy import PolicyBook, Programme
from services.eligibility.reviews.domain import CaseFile, Reviewed
from shared.contracts.letter import Letter
from shared.work import Row, Work

# Locked in one order, so that two lists with the same cases wait for each other.
FILES = """
SELECT c.case_id, c.determination_id, c.application_id, c.person_id, c.programme, c.area_code,
    c.agency, c.stage, c.outcome, c.benefit_class, c.starts_on, c.reviewed_by, c.recommendation,
    d.unmet, CAST(d.facts ->> 'birth_on' AS date) AS birth_on, k.died_on,
    EXISTS (SELECT 1 FROM ties t WHERE t.sub = :sub AND t.person_id = c.person_id) AS tied,
    EXISTS (SELECT 1 FROM activations a WHERE a.programme = c.programme AND a.active
        AND starts_with(c.area_code, a.street_code)) AS activated
FROM cases c JOIN determinations d USING (determination_id)
LEFT JOIN LATERAL known_person(c.person_id) k ON true
WHERE c.case_id = ANY(CAST(:ids AS uuid[])) ORDER BY c.case_id FOR UPDATE OF c
"""
SAVE = """
WITH lines AS (
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:stages AS text[]),
        CAST(:decisions AS text[]), CAST(:notes AS text[]))
        AS t(case_id, stage, decision, note)
), moved AS (
    UPDATE cases c SET stage = l.stage, recommendation = l.decision, reviewed_by = :sub,
        reviewed_on = :today
    FROM lines l WHERE c.case_id = l.case_id
    RETURNING c.case_id, c.determination_id, c.area_code
)
INSERT INTO decisions (case_id, determination_id, party, decision, note, sub, body, area_code,
    decided_on)
SELECT m.case_id, m.determination_id, 'street', l.decision, l.note, :sub, :body, m.area_code, :today
FROM moved m JOIN lines l USING (case_id)
"""
WORKLIST = """
SELECT case_id, application_id, person_id, programme, outcome, benefit_class, area_code, stage,
    reviewed_by, recommendation, opened_on
FROM cases
WHERE (CAST(:stage AS text) IS NULL OR stage = :stage)
    AND (CAST(:outcome AS text) IS NULL OR outcome = :outcome)
    AND (CAST(:programme AS text) IS NULL OR programme = :programme)
    AND (CAST(:after_on AS date) IS NULL
        OR (opened_on, case_id) > (CAST(:after_on AS date), CAST(:after_id AS uuid)))
ORDER BY opened_on, case_id LIMIT :most
"""
DECLARE = """
INSERT INTO ties (sub, person_id, declared_on) VALUES (:sub, :person_id, :today)
ON CONFLICT DO NOTHING
"""
# A refused case is not looked at again either: the person is dead, gone or has withdrawn.
CLOSE = """
UPDATE cases SET stage = CASE WHEN open THEN :stage ELSE stage END, reconsider_on = NULL
WHERE (person_id = :person_id OR application_id = :application_id)
    AND (open OR reconsider_on IS NOT NULL)
"""
FOLLOW = """
WITH files AS (
    UPDATE determinations SET area_code = :area_code WHERE person_id = :person_id
)
UPDATE cases SET area_code = :area_code WHERE person_id = :person_id
"""
RELEASE = """
UPDATE cases SET stage = 'street_review'
WHERE stage = 'held' AND programme = :programme AND starts_with(area_code, :street_code)
"""


class Cases:
    """Cases as officers find them, and what they or life events do to them."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def today(self) -> date:
        return self._work.today

    @property
    def now(self) -> datetime:
        return self._work.now

    def programme(self, programme_id: str) -> Programme:
        """A programme of this office's policy book."""
        book: PolicyBook = self._work.state["policies"]
        return book.programme(programme_id)

    async def files(self, case_ids: Sequence[UUID]) -> dict[UUID, CaseFile]:
        """The cases of a list within the caller's area, locked for this transaction."""
        rows = await self._work.rows(FILES, ids=list(case_ids), sub=self._work.caller.sub)
        return {row["case_id"]: self._file(row) for row in rows}

    async def save(self, reviewed: Sequence[Reviewed], events: Sequence[Letter]) -> None:
        """Keep the reviews of a list, by the caller, and journal them."""
        if reviewed:
            await self._work.run(
                SAVE,
                ids=[one.file.case_id for one in reviewed],
                stages=[one.stage for one in reviewed],
                decisions=[one.decision for one in reviewed],
                notes=[one.note for one in reviewed],
                sub=self._work.caller.sub,
                body=self._work.caller.body,
                today=self.today,
            )
        self._work.send(*events)

    async def worklist(
        self,
        stage: str | None,
        outcome: str | None,
        programme: str | None,
        after: tuple[date | None, UUID | None],
        most: int,
    ) -> Sequence[Row]:
        """Cases in the caller's area, the longest waiting first."""
        return await self._work.rows(
            WORKLIST,
            stage=stage,
            outcome=outcome,
            programme=programme,
            after_on=after[0],
            after_id=after[1],
            most=most,
        )

    async def declare_tie(self, person_id: UUID) -> None:
        """The caller has a tie to a person and must keep out (N-49)."""
        await self._work.run(
            DECLARE, sub=self._work.caller.sub, person_id=person_id, today=self.today
        )

    async def close(
        self, stage: str, *, person_id: UUID | None = None, application_id: UUID | None = None
    ) -> None:
        """Close the open cases of a person or an application for good."""
        await self._work.run(CLOSE, stage=stage, person_id=person_id, application_id=application_id)

    async def follow(self, person_id: UUID, area_code: str) -> None:
        """File everything of a person under the new community of the same district."""
        await self._work.run(FOLLOW, person_id=person_id, area_code=area_code)

    async def release(self, programme: str, street_code: str) -> None:
        """Put what was held in a street before its officers."""
        await self._work.run(RELEASE, programme=programme, street_code=street_code)

    def _file(self, row: Row) -> CaseFile:
        asks = self.programme(row["programme"]).asks_activation
        values: dict[str, Any] = {**row, "unmet": tuple(row["unmet"])}
        values["activated"] = row["activated"] or not asks
        return CaseFile(**values)
