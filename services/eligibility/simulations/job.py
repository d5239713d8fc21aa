"""Works off what-if runs one after another: reads in chunks, judges in a thread, keeps the sums."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from services.eligibility.capacity.store import Capacity
from services.eligibility.policy.columns import ColumnsMaker
from services.eligibility.simulations.asking import Question, months_of, pairs_of
from services.eligibility.simulations.care import care_of
from services.eligibility.simulations.comparing import Tally
from services.eligibility.simulations.domain import ATTEMPTS, Simulation
from services.eligibility.simulations.projection import projection
from services.eligibility.simulations.report import (
    budget,
    charts,
    districts_of,
    entitled,
    programme_report,
)
from services.eligibility.simulations.store import Simulations
from shared.bounds import rung
from shared.caller import DISTRICT_DIGITS, job
from shared.outages import passes
from shared.runtime import Runtime
from shared.work import Work

log = logging.getLogger("juyang.eligibility.simulations")
CHUNK = 20_000
FIRST = UUID(int=0)
LOOK_EVERY_S = 5.0
# The bell rings inside the request, before its commit: look again at once, then less often.
LOOK_SOON_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
QUESTION: TypeAdapter[Any] = TypeAdapter(Question)


class Cancelled(Exception):
    """Somebody cancelled the run."""


async def simulate(runtime: Runtime) -> None:
    """The service's job: run what is asked, for ever."""
    bell: asyncio.Event = runtime.state["simulations"]
    pauses = iter(LOOK_SOON_S)
    while True:
        bell.clear()
        try:
            while await run_next(runtime):
                pass
        except Exception as trouble:
            log.warning("simulations: %s", type(trouble).__name__)
        if await rung(bell, next(pauses, LOOK_EVERY_S)):
            pauses = iter(LOOK_SOON_S)


async def run_next(runtime: Runtime) -> bool:
    """Run the oldest what-if that has not ended; false when there is none to run here.

    The reading transaction holds the lock: when this process ends, another one starts again.
    """
    reading = runtime.work(job("simulations"))
    try:
        store = Simulations(reading)
        if not await store.asked() or not await store.hold():
            return False
        simulation = await _take(runtime)
        if simulation is None:
            return False
        await _run_or_fail(runtime, reading, simulation)
    finally:
        await reading.abandon()
    return True


async def _take(runtime: Runtime) -> Simulation | None:
    work = runtime.work(job("simulations"))
    try:
        taken = await Simulations(work).take()
        await work.commit()
    finally:
        await work.abandon()
    return taken


async def _run_or_fail(runtime: Runtime, reading: Work, simulation: Simulation) -> None:
    if simulation.attempts > ATTEMPTS:
        await _end(runtime, simulation, None, "interrupted")
        return
    try:
        result = await _result(runtime, reading, simulation)
    except Cancelled:
        return
    except Exception as failure:
        if passes(failure):
            raise
        log.error("simulation %s: %s", simulation.simulation_id, type(failure).__name__)
        await _end(runtime, simulation, None, type(failure).__name__)
    else:
        await _end(runtime, simulation, result)


async def _result(runtime: Runtime, reading: Work, simulation: Simulation) -> dict[str, Any]:
    asked = QUESTION.validate_python(simulation.asked)
    as_of = simulation.as_of_on
    book = runtime.state["policies"]
    pairs = await asyncio.to_thread(pairs_of, asked, book, as_of)
    tallies = [Tally(pair, as_of, months_of(as_of, asked.months)) for pair in pairs]
    await _count(runtime, reading, simulation, tallies)
    programmes = await asyncio.to_thread(lambda: [programme_report(one) for one in tallies])
    rows = [row for one in tallies for row in budget(one, projection(), asked.funds_fen)]
    return {
        "as_of": as_of.isoformat(),
        "area_code": simulation.area_code,
        "people": tallies[0].people if tallies else 0,
        "programmes": programmes,
        "budget": rows,
        "care": await _care(reading, simulation, tallies, asked.care_minutes),
        "charts": charts(programmes, rows),
    }


async def _count(
    runtime: Runtime, reading: Work, simulation: Simulation, tallies: list[Tally]
) -> None:
    """Read and count; the next chunk is read while one is judged."""
    store, area = Simulations(reading), simulation.pattern
    total, done = await store.total(area), 0
    last, texts = await store.chunk(FIRST, area, CHUNK)
    while last is not None:
        judged = asyncio.create_task(asyncio.to_thread(_judge, tallies, texts))
        try:
            last, texts = await store.chunk(last, area, CHUNK)
        finally:
            done += await judged
        await _advance(runtime, simulation, done, max(total, done))


def _judge(tallies: list[Tally], texts: list[str]) -> int:
    """Count one chunk in every pair; runs in a thread."""
    maker = ColumnsMaker()
    for text in texts:
        maker.add(text)
    columns = maker.made()
    for tally in tallies:
        tally.add(columns)
    return len(columns)


async def _care(
    reading: Work, simulation: Simulation, tallies: list[Tally], each_minutes: int | None
) -> dict[str, Any] | None:
    """Care needed and present, where a changed programme is one of care."""
    cared = [tally for tally in tallies if tally.pair.id in projection().care]
    if not cared:
        return None
    day = simulation.as_of_on
    districts = districts_of(cared, DISTRICT_DIGITS)
    present = await Capacity(reading).present(simulation.pattern, districts, simulation.asked_on)
    before, after = entitled(cared, "before"), entitled(cared, "after")
    return care_of(present, before, after, each_minutes, projection().week_minutes(day))


async def _advance(runtime: Runtime, simulation: Simulation, done: int, total: int) -> None:
    work = runtime.work(job("simulations"))
    try:
        if not await Simulations(work).advance(simulation.simulation_id, done, total):
            raise Cancelled
        await work.commit()
    finally:
        await work.abandon()


async def _end(
    runtime: Runtime, simulation: Simulation, result: dict[str, Any] | None, trouble: str = ""
) -> None:
    work = runtime.work(job("simulations"))
    try:
        await Simulations(work).end(simulation.simulation_id, result, trouble)
        count = 0 if result is None else result["people"]
        work.audit("simulation.run", str(simulation.simulation_id), count=count)
        await work.commit()
    finally:
        await work.abandon()
