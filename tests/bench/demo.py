"""How long the demo takes at a running office, how much memory it needs, and its work at rest."""

from __future__ import annotations

import asyncio
import os
import time

import orjson

from tests.bench.figures import AT_MOST, Figure, Goal, Measurement
from tests.bench.ground import directory
from tests.bench.processes import Meter, NotRunning, office_process, run_juyang

SECONDS = Goal("demo_seconds", "s", AT_MOST, 60)
MEMORY = Goal("demo_rss_mb", "MiB", AT_MOST, 600)
IDLE = Goal("idle_cpu_percent", "%", AT_MOST, 2)
GOALS = (SECONDS, MEMORY, IDLE)
RESTED_S, MEASURED_S = 20.0, 60.0
PERCENT = 100


async def measure() -> list[Figure]:
    """`juyang demo --json` from its start to its end, at an empty office that is up; then rest."""
    with directory() as data:
        try:
            async with office_process(data) as (_, meter):
                began = time.perf_counter()
                said = await run_juyang("demo", "--data", str(data), "--json")
                took = time.perf_counter() - began
                peak = meter.peak_mb
                idle = await idle_percent(meter)
        except NotRunning as refused:
            return [goal.unmeasured(str(refused)) for goal in GOALS]
    rows = orjson.loads(said)["funnel"]["rows"]
    load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    words = f"the clock: `juyang demo --json` at an empty running office, {rows:,} rows; {load}"
    memory = "peak resident memory of the `juyang up` process meanwhile; PostgreSQL not counted"
    rest = (
        f"of one core over {MEASURED_S:.0f} s, {RESTED_S:.0f} s after the demo, when nobody asks "
        "for anything: `juyang up`, PostgreSQL and its workers, all together"
    )
    return [SECONDS.figure(took, words), MEMORY.figure(peak, memory), IDLE.figure(idle, rest)]


async def idle_percent(meter: Meter) -> float:
    """What an office does while nobody asks it for anything, in percent of a core."""
    await asyncio.sleep(RESTED_S)
    before, began = meter.worked_s(), time.perf_counter()
    await asyncio.sleep(MEASURED_S)
    return (meter.worked_s() - before) / (time.perf_counter() - began) * PERCENT


MEASUREMENTS = (Measurement(GOALS, measure),)
