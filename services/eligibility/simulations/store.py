"""What-if runs in the database, and the people that they count, read in chunks."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from typing import Any
from uuid import UUID

from services.eligibility.policy import PolicyBook
from services.eligibility.policy.columns import ROWS_AT_ONCE
from services.eligibility.simulations.domain import Simulation
from shared.caller import Caller
from shared.errors import Conflict, NotFound
from shared.jsonb import jsonb
from shared.work import Work

FIELDS = ", ".join(field.name for field in fields(Simulation))
ASK = """
INSERT INTO simulations (simulation_id, kind, area_code, sub, role, asked, as_of_on, asked_on,
    state)
VALUES (:simulation_id, :kind, :area_code, :sub, :role, CAST(:asked AS jsonb), :as_of_on,
    :asked_on, 'waiting')
ON CONFLICT DO NOTHING
"""
ONE = f"SELECT {FIELDS} FROM simulations WHERE simulation_id = :simulation_id"
RESULT = "SELECT result FROM simulations WHERE simulation_id = :simulation_id"
CANCEL = """
UPDATE simulations SET state = 'cancelled' WHERE simulation_id = :simulation_id AND open
"""
OPEN = "SELECT EXISTS (SELECT 1 FROM simulations WHERE open)"
# Whoever holds the lock is the only one who runs: a row left as running was cut off.
HOLD = "SELECT pg_try_advisory_xact_lock(hashtextextended('eligibility.simulations', 0))"
TAKE = f"""
UPDATE simulations SET state = 'running', attempts = attempts + 1, people_done = 0
WHERE simulation_id = (SELECT simulation_id FROM simulations WHERE open ORDER BY asked_at LIMIT 1)
RETURNING {FIELDS}
"""
TOTAL = "SELECT count(*) FROM people WHERE area_code LIKE :area"
# For this transaction alone: a chunk's texts are gathered in memory, not on the disk.
ROOM = "SELECT set_config('work_mem', '32MB', true)"
ADVANCE = """
UPDATE simulations SET people_done = :done, people_total = :total
WHERE simulation_id = :simulation_id AND state = 'running'
"""
END = """
UPDATE simulations SET state = :state, trouble = :trouble, result = CAST(:result AS jsonb),
    people_done = people_total
WHERE simulation_id = :simulation_id AND state = 'running'
"""
# Facts as texts of few people each, which are read several times as fast as one of many; the
# mirror's own columns, the newest known, go with them.
CHUNK = """
SELECT max(last) AS last, array_agg(facts) AS facts FROM (
    SELECT max(CAST(person_id AS text)) AS last, CAST(json_agg(
        facts || jsonb_strip_nulls(jsonb_build_object('area_code', area_code, 'died_on', died_on))
    ) AS text) AS facts
    FROM (
        SELECT *, row_number() OVER () / CAST(:together AS integer) AS lot FROM (
            SELECT person_id, area_code, facts, died_on FROM people
            WHERE person_id > :after AND area_code LIKE :area ORDER BY person_id LIMIT :most
        ) AS next_people
    ) AS parted GROUP BY lot
) AS lots
"""


class Simulations:
    """Loads and keeps what-if runs."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def today(self) -> date:
        return self._work.today

    @property
    def caller(self) -> Caller:
        return self._work.caller

    @property
    def book(self) -> PolicyBook:
        """The policies in force."""
        book: PolicyBook = self._work.state["policies"]
        return book

    async def ask(
        self, simulation_id: UUID, kind: str, area: str, asked: dict[str, Any], as_of: date
    ) -> Simulation:
        """Keep a question.

        Raises:
            Conflict: the caller's last one has not ended.
        """
        kept = await self._work.run(
            ASK,
            simulation_id=simulation_id,
            kind=kind,
            area_code=area,
            sub=self.caller.sub,
            role=self.caller.role,
            asked=jsonb(asked),
            as_of_on=as_of,
            asked_on=self.today,
        )
        if not kept:
            raise Conflict(
                "simulation_running",
                "您有一个测算尚未结束，请等待其完成或先取消",
                "a what-if of yours has not ended; wait for it or cancel it first",
            )
        return await self.one(simulation_id)

    async def one(self, simulation_id: UUID) -> Simulation:
        """A run.

        Raises:
            NotFound: there is none in the caller's area.
        """
        row = await self._work.row(ONE, simulation_id=simulation_id)
        if row is None:
            raise NotFound(
                "no_such_simulation", "辖区内没有这个测算", "there is no such what-if in your area"
            )
        return Simulation(**row)

    async def result(self, simulation_id: UUID) -> dict[str, Any]:
        """The result of a run that is done.

        Raises:
            NotFound: there is no such run.
            Conflict: it is not done.
        """
        simulation = await self.one(simulation_id)
        if simulation.state != "done":
            raise Conflict(
                "no_result",
                f"该测算没有结果，状态为 {simulation.state}",
                f"this what-if has no result, it is {simulation.state}",
            )
        result: dict[str, Any] = await self._work.value(RESULT, simulation_id=simulation_id)
        return result

    async def cancel(self, simulation_id: UUID) -> Simulation:
        """Stop a run; its worker sees it with the next chunk."""
        await self._work.run(CANCEL, simulation_id=simulation_id)
        return await self.one(simulation_id)

    async def asked(self) -> bool:
        """Whether anything waits to be run, or was cut off."""
        found: bool = await self._work.value(OPEN)
        return found

    async def hold(self) -> bool:
        """Whether this transaction is now the only one that runs what-ifs."""
        held: bool = await self._work.value(HOLD)
        return held

    async def take(self) -> Simulation | None:
        """The oldest run that has not ended, from its beginning."""
        row = await self._work.row(TAKE)
        return None if row is None else Simulation(**row)

    async def total(self, area: str) -> int:
        """How many people there are to count, once before the first chunk."""
        await self._work.run(ROOM)
        total: int = await self._work.value(TOTAL, area=area)
        return total

    async def chunk(self, after: UUID, area: str, most: int) -> tuple[UUID | None, list[str]]:
        """The facts of the next people as JSON arrays, and the last one's id; none at the end."""
        values = {"after": after, "area": area, "most": most, "together": ROWS_AT_ONCE}
        row = await self._work.row(CHUNK, **values) or {}
        return (UUID(row["last"]), row["facts"]) if row["last"] else (None, [])

    async def advance(self, simulation_id: UUID, done: int, total: int) -> bool:
        """Tell how far a run is; false once it has been cancelled."""
        return bool(
            await self._work.run(ADVANCE, simulation_id=simulation_id, done=done, total=total)
        )

    async def end(
        self, simulation_id: UUID, result: dict[str, Any] | None, trouble: str = ""
    ) -> None:
        """Keep the result, or why there is none."""
        await self._work.run(
            END,
            simulation_id=simulation_id,
            state="failed" if result is None else "done",
            trouble=trouble,
            result=None if result is None else jsonb(result),
        )
