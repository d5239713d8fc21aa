"""The birthday sweep: who was refused for age is determined again once old enough (N-51)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.eligibility.determinations.domain import Case, Determination, reapply
from services.eligibility.determinations.store import Determinations, Due
from shared.caller import job
from shared.contracts.letter import Letter
from shared.runtime import Runtime

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Swept:
    """How many refused cases were looked at, determined again and opened anew."""

    examined: int = 0
    determined: int = 0
    opened: int = 0

    def plus(self, other: Swept) -> Swept:
        return Swept(
            self.examined + other.examined,
            self.determined + other.determined,
            self.opened + other.opened,
        )


async def sweep(runtime: Runtime, area: str) -> Swept:
    """Sweep all that is due today within a LIKE pattern of areas; a chunk is one transaction."""
    total = Swept()
    while (swept := await _chunk(runtime, area)).examined:
        total = total.plus(swept)
    return total


async def _chunk(runtime: Runtime, area: str) -> Swept:
    work = runtime.work(job("sweep"))
    try:
        store = Determinations(work)
        due = await store.due(area, CHUNK)
        if not due:
            return Swept()
        swept = await _again(store, due)
        work.audit("sweep.birthdays", count=swept.examined)
        await work.commit()
    finally:
        await work.abandon()
    runtime.committed()
    return swept


async def _again(store: Determinations, due: list[Due]) -> Swept:
    made: list[Determination] = []
    opened: list[Case] = []
    later: list[tuple[UUID, date | None]] = []
    taken: set[tuple[UUID, str]] = set()
    for one in due:
        key = (one.filing.person_id, one.filing.programme)
        if one.known.taken or key in taken:
            later.append((one.case_id, None))
            continue
        programme = store.programme(one.filing.programme)
        again, case = reapply(
            programme, one.filing, one.facts, one.birthday_on, one.known, store.today
        )
        made.append(again)
        later.append((one.case_id, None if case else again.judgement.reconsider_on))
        if case is not None:
            opened.append(case)
            taken.add(key)
    events: list[Letter] = [one.letter(store.now) for one in made]
    await store.save(made, opened, events)
    await store.postpone(later)
    return Swept(len(due), len(made), len(opened))
