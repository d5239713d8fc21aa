"""Applications in the database."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.intake.applications.domain import Applicant, Application
from shared.contracts.facts import PersonFacts
from shared.contracts.letter import Letter
from shared.errors import NotFound
from shared.jsonb import jsonb
from shared.work import Row, Work

COLUMNS = (
    "application_id, person_id, programme, channel, area_code, applied_on, agency, call_id, state"
)
SAVE = f"""
INSERT INTO applications ({COLUMNS}, submitted_by)
SELECT t.*, :submitted_by FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS t(
    application_id uuid, person_id uuid, programme text, channel text, area_code text,
    applied_on date, agency text, call_id text, state text)
ON CONFLICT DO NOTHING RETURNING application_id
"""
PAGE = f"""
SELECT {COLUMNS} FROM applications
WHERE (CAST(:after AS uuid) IS NULL OR application_id > CAST(:after AS uuid))
    AND (CAST(:person_id AS uuid) IS NULL OR person_id = CAST(:person_id AS uuid))
ORDER BY application_id LIMIT :most
"""
FIELDS = [name.strip() for name in COLUMNS.split(",")]


def application_of(row: Row) -> Application:
    return Application(**{name: row[name] for name in FIELDS})


class Applications:
    """Takes applications within the caller's scope, one or a thousand at a time."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.caller = work.caller
        self.now = work.now

    async def applicants(self, people: Sequence[UUID]) -> dict[UUID, Applicant]:
        """What is on file of people in the caller's areas, whichever agency opened the file."""
        rows = await self._work.rows(
            "SELECT * FROM facts_for_application(CAST(:people AS uuid[]))", people=list(people)
        )
        return {
            row["person_id"]: Applicant(
                row["person_id"],
                row["area_code"],
                PersonFacts.model_validate(row["facts"]),
                row["moved_out_on"],
            )
            for row in rows
        }

    async def save(self, made: Sequence[tuple[Application, Letter]]) -> set[UUID]:
        """Save new applications, the first of each id; returns those whose id was new."""
        first: dict[UUID, tuple[Application, Letter]] = {}
        for one, letter in made:
            first.setdefault(one.application_id, (one, letter))
        rows = [{name: getattr(one, name) for name in FIELDS} for one, _ in first.values()]
        saved = await self._work.rows(SAVE, rows=jsonb(rows), submitted_by=self._work.caller.sub)
        fresh = {row["application_id"] for row in saved}
        self._work.send(*(letter for one, (_, letter) in first.items() if one in fresh))
        return fresh

    async def application(self, application_id: UUID) -> Application:
        """One application.

        Raises:
            NotFound: there is none in the caller's scope.
        """
        row = await self._work.row(
            f"SELECT {COLUMNS} FROM applications WHERE application_id = :id FOR UPDATE",
            id=application_id,
        )
        if row is None:
            raise NotFound(
                "no_such_application", "辖区内没有这份申请", "there is no such application"
            )
        return application_of(row)

    async def withdrawn(self, application: Application, events: Sequence[Letter]) -> None:
        await self._work.run(
            "UPDATE applications SET state = :state WHERE application_id = :id",
            state=application.state,
            id=application.application_id,
        )
        self._work.send(*events)

    async def page(
        self, person_id: UUID | None, after: UUID | None, most: int
    ) -> list[Application]:
        rows = await self._work.rows(PAGE, person_id=person_id, after=after, most=most)
        return [application_of(row) for row in rows]
