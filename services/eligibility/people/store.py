"""The mirror of persons and the activated streets, as SQL."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.contracts.facts import PersonFacts
from shared.work import Work

KEEP = """
SELECT keep_person(:person_id, :area_code, CAST(:facts AS jsonb), :died_on, :moved_on)
"""
ACTIVATE = """
INSERT INTO activations AS a (programme, street_code, active, since_on)
VALUES (:programme, :street_code, :active, :since_on)
ON CONFLICT (programme, street_code)
DO UPDATE SET active = excluded.active, since_on = excluded.since_on
"""


class People:
    """Persons as the newest letter has them, and streets by programme."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def keep(
        self,
        person_id: UUID,
        area_code: str | None,
        facts: PersonFacts | None = None,
        died_on: date | None = None,
        moved_on: date | None = None,
    ) -> None:
        """Keep what a letter tells; what it does not tell stays as it was."""
        await self._work.run(
            KEEP,
            person_id=person_id,
            area_code=area_code,
            facts=None if facts is None else facts.model_dump_json(exclude_none=True),
            died_on=died_on,
            moved_on=moved_on,
        )

    async def activate(self, programme: str, street_code: str, since_on: date) -> None:
        """A street may decide under a programme from a day on (N-22)."""
        await self._activation(programme, street_code, True, since_on)

    async def pause(self, programme: str, street_code: str, since_on: date) -> None:
        """A street may no longer decide under a programme."""
        await self._activation(programme, street_code, False, since_on)

    async def _activation(
        self, programme: str, street_code: str, active: bool, since_on: date
    ) -> None:
        await self._work.run(
            ACTIVATE,
            programme=programme,
            street_code=street_code,
            active=active,
            since_on=since_on,
        )
