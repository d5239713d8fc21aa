"""Works off received rosters: each chunk is one transaction, and a crash goes on where it was."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from services.intake.areas.store import Areas
from services.intake.imports.columns import RosterUnreadable
from services.intake.imports.domain import (
    IMPORT_FAILED,
    KNOWN_ELSEWHERE,
    Import,
    Sorted,
    person_of_draft,
    refused,
    sort_rows,
)
from services.intake.imports.gazetteer import Gazetteer
from services.intake.imports.roster import Roster, RosterRow
from services.intake.imports.store import Imports, Prepared, prepare
from services.intake.persons.identity import Flaw
from services.intake.persons.store import Claimed
from shared.bounds import rung
from shared.caller import EVERYWHERE, Caller, district_of, job
from shared.contracts.ids import new_id
from shared.outages import passes
from shared.runtime import Runtime
from shared.vault import Vault
from shared.work import Work

log = logging.getLogger("juyang.imports")
CHUNK = 1000
LOOK_EVERY_S = 5.0
# The bell rings inside the request, before its commit: look again at once, then less often.
LOOK_SOON_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
WAITING = """
SELECT import_id FROM imports WHERE state IN ('received', 'running') ORDER BY received_at LIMIT 1
"""


class Bell:
    """Rings when an import arrives and when one gets further."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self.moves = 0
        self._moved = asyncio.Condition()

    async def moved(self) -> None:
        async with self._moved:
            self.moves += 1
            self._moved.notify_all()

    async def wait(self, since: int, seconds: float) -> None:
        """Until some import has moved since the count of `moves` read before, or time is over."""
        try:
            async with asyncio.timeout(seconds), self._moved:
                await self._moved.wait_for(lambda: self.moves != since)
        except TimeoutError:
            return


async def work_off(runtime: Runtime) -> None:
    """The service's job: take imports one after another, for ever."""
    bell: Bell = runtime.state["bell"]
    pauses = iter(LOOK_SOON_S)
    while True:
        bell.arrived.clear()
        try:
            while (import_ := await _next(runtime)) is not None:
                await ImportRun(runtime, import_).run_or_fail()
                await bell.moved()
        except Exception as trouble:
            log.warning("imports: %s", type(trouble).__name__)
        if await rung(bell.arrived, next(pauses, LOOK_EVERY_S)):
            pauses = iter(LOOK_SOON_S)


async def _next(runtime: Runtime) -> Import | None:
    work = runtime.work(job("imports"))
    try:
        import_id = await work.value(WAITING)
        return await Imports(work).one(import_id) if import_id else None
    finally:
        await work.abandon()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a file, sorted and sealed; `raw` has the good ones as they were read."""

    sorted: Sorted
    prepared: list[Prepared]
    raw: dict[int, RosterRow]


class Overtaken(Exception):
    """Another process works the same import off and is further."""


class ImportRun:
    """One import, as its uploader: his scope bounds what the rows may touch."""

    def __init__(self, runtime: Runtime, taken: Import) -> None:
        self._runtime = runtime
        self._taken = taken
        self._vault: Vault = runtime.state["vault"]
        area = taken.area_code or EVERYWHERE
        self._next_row = taken.next_row
        self._caller = Caller(taken.submitted_by, taken.role, area)

    async def run_or_fail(self) -> None:
        """Run; a file that this office cannot work off is ended, so that others get their turn.

        Raises:
            Exception: the database is away; the import goes on later where it was.
        """
        try:
            await self.run()
        except (asyncio.CancelledError, KeyboardInterrupt, SystemExit):
            raise
        except Overtaken:
            return
        # The workbook reader's own crash is no Exception.
        except BaseException as failure:
            if passes(failure):
                raise
            log.error("import %s failed: %s", self._taken.import_id, type(failure).__name__)
            await self._end("failed", IMPORT_FAILED, [])

    async def run(self) -> None:
        """Read and save the rest of the file."""
        key, content, gazetteer = await self._load()
        try:
            roster = await asyncio.to_thread(Roster, content, gazetteer, self._taken.submitted_on)
        except RosterUnreadable as unreadable:
            await self._end("failed", unreadable.flaw, [])
            return
        await self._take_over(roster, key)
        await self._end("done", None, [str(title) for title in roster.headings.titles])

    async def _take_over(self, roster: Roster, key: bytes) -> None:
        """Save chunk after chunk; the next is read and sealed while one is being saved."""
        rows = roster.rows()
        ahead = self._read_ahead(rows)
        try:
            while chunk := await ahead:
                ahead = self._read_ahead(rows)
                await self._save(key, chunk, roster.row_count)
                await self._runtime.state["bell"].moved()
        finally:
            ahead.cancel()

    def _read_ahead(self, rows: Iterator[RosterRow]) -> asyncio.Task[Chunk | None]:
        return asyncio.create_task(asyncio.to_thread(self._chunk, rows))

    async def _load(self) -> tuple[bytes, bytes, Gazetteer]:
        work = self._work()
        try:
            key, content = await Imports(work).file(self._taken.import_id)
            names = await Areas(work).names_within(district_of(self._taken.area_code))
        finally:
            await work.abandon()
        return key, content, Gazetteer(names)

    def _chunk(self, rows: Iterator[RosterRow]) -> Chunk | None:
        """The next rows not yet saved, checked and sealed; runs in a thread."""
        fresh = (row for row in rows if row.row_number > self._taken.next_row)
        taken = list(islice(fresh, CHUNK))
        if not taken:
            return None
        sorted_ = sort_rows(taken, self._taken.area_code)
        prepared = []
        for row_number, draft in sorted_.drafts:
            person, who = person_of_draft(new_id(), draft)
            prepared.append(prepare(self._vault, row_number, person, who, draft.wants))
        rejected = {row.row_number for row in sorted_.rejected}
        raw = {row.row_number: row for row in taken if row.row_number not in rejected}
        return Chunk(sorted_, prepared, raw)

    async def _save(self, key: bytes, chunk: Chunk, total: int) -> None:
        sorted_, prepared = chunk.sorted, chunk.prepared
        work = self._work()
        store = Imports(work)
        try:
            if not await store.hold(self._taken.import_id, self._next_row):
                raise Overtaken
            wanted = [(p.number, p.person.person_id, p.person.area_code) for p in prepared]
            claimed = await store.persons.claim(wanted)
            fresh = [p for p in prepared if claimed[p.number].fresh]
            known = [_as_known(p, claimed[p.number]) for p in prepared if _known(p, claimed)]
            elsewhere = [p for p in prepared if _elsewhere(p, claimed)]
            rejected = sorted_.rejected + [
                refused(chunk.raw[p.row_number], KNOWN_ELSEWHERE) for p in elsewhere
            ]
            if fresh:
                await store.save_fresh(self._taken.import_id, fresh)
            updated = await store.learn(known)
            await store.wish(self._taken.import_id, known)
            await store.reject(self._taken, key, rejected)
            await store.advance(
                self._taken.import_id,
                rows_total=total,
                next_row=sorted_.last_row,
                new=len(fresh),
                updated=updated,
                unchanged=len(known) - updated,
                rejected=len(rejected),
            )
            work.audit("import.chunk", str(self._taken.import_id), count=len(prepared))
            await work.commit()
        finally:
            await work.abandon()
        self._next_row = sorted_.last_row
        self._runtime.committed()

    async def _end(self, state: str, flaw: Flaw | None, titles: list[str]) -> None:
        work = self._work()
        try:
            await Imports(work).end(self._taken.import_id, state, flaw, titles)
            await work.commit()
        finally:
            await work.abandon()

    def _work(self) -> Work:
        runtime = self._runtime
        return Work(runtime.database.app, self._caller, runtime.clock, state=runtime.state)


def _known(one: Prepared, claimed: dict[bytes, Claimed]) -> bool:
    claim = claimed[one.number]
    return not claim.fresh and claim.area_code == one.person.area_code


def _elsewhere(one: Prepared, claimed: dict[bytes, Claimed]) -> bool:
    claim = claimed[one.number]
    return not claim.fresh and claim.area_code != one.person.area_code


def _as_known(one: Prepared, claim: Claimed) -> Prepared:
    return replace(one, person=replace(one.person, person_id=claim.person_id))
