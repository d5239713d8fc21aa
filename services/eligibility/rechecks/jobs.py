"""The daily look at running awards: what is due today, in chunks of one transaction each."""

from __future__ import annotations

from dataclasses import dataclass

from services.eligibility.determinations.jobs import EVERYWHERE, once_a_day
from services.eligibility.rechecks.domain import Looked, look_when_due
from services.eligibility.rechecks.store import Rechecks
from shared.caller import job
from shared.runtime import Runtime

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Swept:
    """How many awards were looked at, took another class, and were asked about."""

    examined: int = 0
    reclassified: int = 0
    asked: int = 0

    def plus(self, looked: list[Looked]) -> Swept:
        return Swept(
            self.examined + len(looked),
            self.reclassified + sum(one.reclassified is not None for one in looked),
            self.asked + sum(one.recheck is not None for one in looked),
        )


async def sweep_awards(runtime: Runtime, area: str) -> Swept:
    """Look at all awards that are due today within a LIKE pattern of areas."""
    total = Swept()
    while looked := await _chunk(runtime, area):
        total = total.plus(looked)
    return total


async def sweep_awards_daily(runtime: Runtime) -> None:
    """Look at awards once on every business day."""

    async def everywhere() -> None:
        await sweep_awards(runtime, EVERYWHERE)

    await once_a_day(runtime, everywhere)


async def _chunk(runtime: Runtime, area: str) -> list[Looked]:
    work = runtime.work(job("rechecks"))
    try:
        store = Rechecks(work)
        due = await store.due(area, CHUNK)
        if not due:
            return []
        today = store.today
        looked = [look_when_due(store.programme(one.filing.programme), one, today) for one in due]
        await store.save(looked)
        work.audit("sweep.awards", count=len(looked))
        await work.commit()
    finally:
        await work.abandon()
    runtime.committed()
    return looked
