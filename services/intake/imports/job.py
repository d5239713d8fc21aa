"""Works off received rosters: each chunk is one transaction, and a crash goes on where it was."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from services.intake.areas.store import Areas
from services.intake.imports.columns import RosterUnreadable
from services.intake.imports.domain import (
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
from shared.caller import EVERYWHERE, Caller, district_of, job
from shared.contracts.ids import new_id
from shared.runtime import Runtime
from shared.vault import Vault
from shared.work import Work

log = logging.getLogger("juyang.imports")
CHUNK = 1000
LOOK_EVERY_S = 5.0
WAITING = """
SELECT import_id FROM imports WHERE state IN ('received', 'running') ORDER BY received_at LIMIT 1
"""


class Bell:
    """Rings when an import arrives and when one gets further."""

    def __init__(self) -> None:
        self.arrived = asyncio.Event()
        self._moved = asyncio.Condition()

    async def moved(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def wait(self, seconds: float) -> None:
        """Until some import moves, or the time is over."""
        try:
            async with asyncio.timeout(seconds), self._moved:
                await self._moved.wait()
        except TimeoutError:
            return


async def work_off(runtime: Runtime) -> None:
    """The service's job: take imports one after another, for ever."""
    bell: Bell = runtime.state["bell"]
    while True:
        bell.arrived.clear()
        try:
            while (import_ := await _next(runtime)) is not None:
                await ImportRun(runtime, import_).run()
                await bell.moved()
        except asyncio.CancelledError:
            raise
        except Exception as trouble:
            log.warning("imports: %s", type(trouble).__name__)
        try:
            await asyncio.wait_for(bell.arrived.wait(), LOOK_EVERY_S)
        except TimeoutError:
            continue


async def _next(runtime: Runtime) -> Import | None:
    work = runtime.work(job("imports"))
    try:
        import_id = await work.value(WAITING)
        return await Imports(work).one(import_id) if import_id else None
    finally:
        await work.abandon()


class ImportRun:
    """One import, as its uploader: his scope bounds what the rows may touch."""

    def __init__(self, runtime: Runtime, taken: Import) -> None:
        self._runtime = runtime
        self._taken = taken
        self._vault: Vault = runtime.state["vault"]
        area = taken.area_code or EVERYWHERE
        self._caller = Caller(taken.submitted_by, taken.role, area)

    async def run(self) -> None:
        """Read and save the rest of the file."""
        key, content, gazetteer = await self._load()
        try:
            roster = await asyncio.to_thread(Roster, content, gazetteer, self._taken.submitted_on)
        except RosterUnreadable as unreadable:
            await self._end("failed", unreadable.flaw, [])
            return
        rows = roster.rows()
        while chunk := await asyncio.to_thread(self._chunk, rows):
            await self._save(key, *chunk, roster.row_count)
            await self._runtime.state["bell"].moved()
        await self._end("done", None, [str(title) for title in roster.headings.titles])

    async def _load(self) -> tuple[bytes, bytes, Gazetteer]:
        work = self._work()
        try:
            key, content = await Imports(work).file(self._taken.import_id)
            names = await Areas(work).names_within(district_of(self._taken.area_code))
        finally:
            await work.abandon()
        return key, content, Gazetteer(names)

    def _chunk(self, rows: Iterator[RosterRow]) -> tuple[Sorted, list[Prepared]] | None:
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
        self._raw = {row.row_number: row for row in taken if row.row_number not in rejected}
        return sorted_, prepared

    async def _save(
        self, key: bytes, sorted_: Sorted, prepared: list[Prepared], total: int
    ) -> None:
        work = self._work()
        store = Imports(work)
        try:
            wanted = [(p.number, p.person.person_id, p.person.area_code) for p in prepared]
            claimed = await store.persons.claim(wanted)
            fresh = [p for p in prepared if claimed[p.number].fresh]
            known = [_as_known(p, claimed[p.number]) for p in prepared if _known(p, claimed)]
            elsewhere = [p for p in prepared if _elsewhere(p, claimed)]
            rejected = sorted_.rejected + [
                refused(self._raw[p.row_number], KNOWN_ELSEWHERE) for p in elsewhere
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
