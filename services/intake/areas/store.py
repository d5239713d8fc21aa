"""Areas and activations in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.intake.areas.domain import Activation
from shared.contracts.letter import Letter
from shared.work import Work

SAVE_AREAS = """
INSERT INTO areas (code, name, level)
SELECT * FROM unnest(CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:levels AS text[]))
ON CONFLICT (code) DO UPDATE SET name = excluded.name, level = excluded.level
"""
LIST_AREAS = """
SELECT code, name, level FROM areas
WHERE starts_with(code, :within) AND (CAST(:after AS text) IS NULL OR code > :after)
ORDER BY code LIMIT :most
"""
LOAD = """
SELECT programme, street_code, state, changed_on FROM activations
WHERE programme = :programme AND street_code = :street_code FOR UPDATE
"""
SAVE = """
INSERT INTO activations (programme, street_code, state, changed_on)
VALUES (:programme, :street_code, :state, :changed_on)
ON CONFLICT (programme, street_code) DO UPDATE SET state = :state, changed_on = :changed_on
"""


class Areas:
    """The area tree and how far each street is."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.caller = work.caller
        self.now = work.now

    async def save_areas(self, areas: Sequence[tuple[str, str, str]]) -> None:
        codes, names, levels = zip(*areas, strict=True)
        await self._work.run(SAVE_AREAS, codes=list(codes), names=list(names), levels=list(levels))

    async def page(self, within: str, after: str | None, most: int) -> list[dict[str, Any]]:
        rows = await self._work.rows(LIST_AREAS, within=within, after=after, most=most)
        return [dict(row) for row in rows]

    async def has(self, code: str) -> bool:
        return bool(await self._work.value("SELECT 1 FROM areas WHERE code = :code", code=code))

    async def names_within(self, district: str) -> list[tuple[str, str]]:
        rows = await self._work.rows(LIST_AREAS, within=district, after=None, most=None)
        return [(row["code"], row["name"]) for row in rows]

    async def activation(self, programme: str, street_code: str) -> Activation:
        row = await self._work.row(LOAD, programme=programme, street_code=street_code)
        return Activation(**row) if row else Activation(programme, street_code)

    async def activations(self) -> list[Activation]:
        rows = await self._work.rows(
            "SELECT programme, street_code, state, changed_on FROM activations "
            "ORDER BY programme, street_code"
        )
        return [Activation(**row) for row in rows]

    async def save(self, activation: Activation, events: Sequence[Letter]) -> None:
        await self._work.run(
            SAVE,
            programme=activation.programme,
            street_code=activation.street_code,
            state=activation.state,
            changed_on=activation.changed_on,
        )
        self._work.send(*events)
