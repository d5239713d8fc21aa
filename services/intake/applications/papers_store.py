"""Papers asked for and handed in, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.intake.applications.papers import Paper
from shared.contracts.letter import Letter
from shared.work import Row, Work

COLUMNS = "document, name, asked_on, received_on"
# An application stays where it was taken, also when the person has moved within the district.
ASK = """
INSERT INTO asked_papers AS p (application_id, document, name, area_code, agency, asked_on)
SELECT a.application_id, t.document, t.name, a.area_code, a.agency, :asked_on
FROM applications a, unnest(CAST(:documents AS text[]), CAST(:names AS text[]))
    AS t(document, name)
WHERE a.application_id = :application_id
ON CONFLICT (application_id, document) DO UPDATE SET name = excluded.name,
    asked_on = excluded.asked_on, received_on = NULL, received_by = NULL
"""
OF_APPLICATION = f"""
SELECT {COLUMNS} FROM asked_papers WHERE application_id = :application_id
ORDER BY asked_on, document FOR UPDATE
"""
RECEIVE = """
UPDATE asked_papers SET received_on = :today, received_by = :sub
WHERE application_id = :application_id AND received_on IS NULL
    AND document = ANY(CAST(:documents AS text[]))
"""
MISSING = f"""
SELECT application_id, {COLUMNS} FROM asked_papers
WHERE received_on IS NULL AND (CAST(:after_on AS date) IS NULL OR
    (asked_on, application_id, document) > (CAST(:after_on AS date), CAST(:after_id AS uuid),
        CAST(:after_document AS text)))
ORDER BY asked_on, application_id, document LIMIT :most
"""


class Papers:
    """What an applicant still has to bring, within the caller's scope."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.now = work.now

    async def ask(
        self, application_id: UUID, named: Sequence[tuple[str, str]], asked_on: date
    ) -> None:
        """Ask for papers, by name; one asked for again is missing again."""
        await self._work.run(
            ASK,
            application_id=application_id,
            documents=[document for document, _ in named],
            names=[name for _, name in named],
            asked_on=asked_on,
        )

    async def of(self, application_id: UUID) -> list[Paper]:
        """All papers asked for on an application, locked."""
        rows = await self._work.rows(OF_APPLICATION, application_id=application_id)
        return [Paper(**row) for row in rows]

    async def received(
        self, application_id: UUID, documents: Sequence[str], events: Sequence[Letter]
    ) -> None:
        """Keep that papers came in today."""
        await self._work.run(
            RECEIVE,
            application_id=application_id,
            documents=list(documents),
            today=self.now.date(),
            sub=self._work.caller.sub,
        )
        self._work.send(*events)

    async def missing(
        self, after: tuple[date | None, UUID | None, str | None], most: int
    ) -> Sequence[Row]:
        """Papers that are still missing, the longest asked for first."""
        return await self._work.rows(
            MISSING, after_on=after[0], after_id=after[1], after_document=after[2], most=most
        )
