"""How long the whole demo takes at a running office, and how much memory the office needs."""

from __future__ import annotations

import os
import time

import orjson

from tests.bench.figures import AT_MOST, Figure, Goal, Measurement
from tests.bench.ground import directory
from tests.bench.processes import NotRunning, office_process, run_juyang

SECONDS = Goal("demo_seconds", "s", AT_MOST, 60)
MEMORY = Goal("demo_rss_mb", "MiB", AT_MOST, 600)


async def measure() -> list[Figure]:
    """`juyang demo --json` from its start to its end, at an empty office that is up."""
    with directory() as data:
        try:
            async with office_process(data) as (_, meter):
                began = time.perf_counter()
                said = await run_juyang("demo", "--data", str(data), "--json")
                took = time.perf_counter() - began
                peak = meter.peak_mb
        except NotRunning as refused:
            return [SECONDS.unmeasured(str(refused)), MEMORY.unmeasured(str(refused))]
    rows = orjson.loads(said)["funnel"]["rows"]
    load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    words = f"the clock: `juyang demo --json` at an empty running office, {rows:,} rows; {load}"
    memory = "peak resident memory of the `juyang up` process meanwhile; PostgreSQL not counted"
    return [SECONDS.figure(took, words), MEMORY.figure(peak, memory)]


MEASUREMENTS = (Measurement((SECONDS, MEMORY), measure),)
