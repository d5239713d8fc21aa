"""The daily look at running awards: what is due today, in chunks of one transaction each."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from services.eligibility.determinations.jobs import EVERYWHERE, once_a_day
from services.eligibility.rechecks.domain import Looked, look_when_due
from services.eligibility.rechecks.store import Rechecks
from shared.caller import job
from shared.runtime import Runtime

CHUNK = 1_000
LANES = 2
"""While one lane waits for the database, the other one judges; rows are locked, none meets."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How many awards were looked at, took another class, and were asked about."""

    examined: int = 0
    reclassified: int = 0
    asked: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(
            self.examined + other.examined,
            self.reclassified + other.reclassified,
            self.asked + other.asked,
        )


async def sweep_awards(runtime: Runtime, area: str) -> Swept:
    """Look at all awards that are due today within a LIKE pattern of areas."""
    lanes = (_lane(runtime, area) for _ in range(LANES))
    ended = await asyncio.gather(*lanes, return_exceptions=True)
    total = Swept()
    for swept in ended:
        if isinstance(swept, BaseException):
            raise swept
        total += swept
    return total


async def _lane(runtime: Runtime, area: str) -> Swept:
    total = Swept()
    while looked := await _chunk(runtime, area):
        total += _counted(looked)
    return total


def _counted(looked: list[Looked]) -> Swept:
    return Swept(
        len(looked),
        sum(one.reclassified is not None for one in looked),
        sum(one.recheck is not None for one in looked),
    )


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
