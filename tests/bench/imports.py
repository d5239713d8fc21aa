"""How fast and in how much memory a roster becomes person files, against COPY of the same rows."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from deploy.desk import Person
from deploy.office import service_of
from shared.app import create_app
from shared.auth import local_key, mint
from shared.bus.direct import DirectBus
from shared.caller import Caller
from shared.clock import DirectoryClock
from shared.contracts.ids import new_id
from shared.runtime import Runtime
from tests.bench.figures import AT_LEAST, AT_MOST, Figure, Goal, Measurement, Round, middle, spread
from tests.bench.ground import Ground, directory, ground
from tests.bench.processes import NotRunning, office_process
from tests.bench.rosters import AS_OF, DISTRICT, Rosters, areas

RATIO = Goal("import_vs_copy", "ratio", AT_LEAST, 0.03)
MEMORY = Goal("import_rss_mb", "MiB", AT_MOST, 400)
ROUNDS = 5
ROWS, WARM_UP_ROWS, LARGE_ROWS = 20_000, 2_000, 100_000
AREAS_AT_ONCE = 1000
TOKEN_LIFE_S = 3600
PATIENCE_S = 600.0
WAIT_S = 5
COLUMNS = (
    "person_id", "area_code", "agency", "facts", "birth_on", "moved_out_on", "wrapped_key",
    "sealed",
)  # fmt: skip
ROWS_OF_ROUND = f"SELECT {', '.join(COLUMNS)} FROM intake.persons WHERE person_id > $1"
LAST_PERSON = "SELECT person_id FROM intake.persons ORDER BY person_id DESC LIMIT 1"
YARDSTICK = "CREATE TABLE copied (LIKE intake.persons INCLUDING DEFAULTS, PRIMARY KEY (person_id))"


@asynccontextmanager
async def _intake(at: Ground) -> AsyncIterator[httpx.AsyncClient]:
    """The intake service in this process, as an office mounts it."""
    DirectoryClock(at.data).set(AS_OF)
    runtime = Runtime(service_of("intake"), at.settings("intake"), DirectBus())
    app = create_app(runtime, own_lifespan=False)
    await runtime.bus.start()
    await runtime.start()
    # As deploy/server.py does once an office answers.
    gc.collect()
    gc.freeze()
    try:
        transport = httpx.ASGITransport(app, root_path="/intake")
        async with httpx.AsyncClient(
            transport=transport, base_url="http://office", timeout=PATIENCE_S
        ) as client:
            yield client
    finally:
        await runtime.stop()
        await runtime.bus.stop()


async def _enter_areas(operator: Person, prefix: str = "") -> None:
    rows = areas()
    for start in range(0, len(rows), AREAS_AT_ONCE):
        body = {"id": str(new_id()), "areas": rows[start : start + AREAS_AT_ONCE]}
        await operator.post(f"{prefix}/v1/areas", body)


async def _bring(officer: Person, roster: Path, rows: int, prefix: str = "") -> float:
    """Seconds from sending a roster until every row of it is saved."""
    content = await asyncio.to_thread(roster.read_bytes)
    began = time.perf_counter()
    taken = await officer.upload(f"{prefix}/v1/imports", roster.name, content, str(new_id()))
    place = f"{prefix}/v1/imports/{taken['import_id']}"
    async with asyncio.timeout(PATIENCE_S):
        while taken["state"] not in ("done", "failed"):
            taken = await officer.get(place, wait_s=WAIT_S)
    took = time.perf_counter() - began
    if taken["persons_new"] != rows:
        raise RuntimeError(f"{taken['persons_new']} of {rows} rows were saved: {taken}")
    return took


async def measure_ratio() -> list[Figure]:
    """Import and COPY by turns, in one database."""
    rounds: list[Round] = []
    async with ground(("intake",)) as at, _intake(at) as client:
        people = _people(at, client)
        await _enter_areas(people["operator"])
        rosters = Rosters()
        database = await asyncpg.connect(at.dsn)
        try:
            await database.execute(YARDSTICK)
            warm = rosters.write(at.data / "warm.xlsx", WARM_UP_ROWS)
            await _bring(people["officer"], warm, WARM_UP_ROWS)
            for nth in range(ROUNDS):
                roster = rosters.write(at.data / f"{nth}.xlsx", ROWS)
                rounds.append(await _round(people["officer"], database, roster))
        finally:
            await database.close()
    words = f"asyncpg COPY of the same {ROWS:,} rows into a table like intake.persons; "
    return [RATIO.figure(middle(rounds).ratio, words + spread(rounds, "rows/s"))]


async def _round(officer: Person, database: Any, roster: Path) -> Round:
    before = await database.fetchval(LAST_PERSON)
    ours = await _bring(officer, roster, ROWS)
    records = [tuple(row) for row in await database.fetch(ROWS_OF_ROUND, before)]
    began = time.perf_counter()
    await database.copy_records_to_table("copied", records=records, columns=list(COLUMNS))
    theirs = time.perf_counter() - began
    return Round(ROWS / ours, ROWS / theirs)


def _people(at: Ground, client: httpx.AsyncClient) -> dict[str, Person]:
    key, settings = local_key(at.data), at.settings("intake")
    callers = {
        "operator": Caller("bench", "operator"),
        "officer": Caller("bench", "district_officer", DISTRICT),
    }
    return {
        name: Person(client, mint(key, settings, caller, lives_s=TOKEN_LIFE_S))
        for name, caller in callers.items()
    }


async def measure_memory() -> list[Figure]:
    """One large roster through a whole office in a process of its own."""
    with directory() as data:
        roster = Rosters().write(data / "large.xlsx", LARGE_ROWS)
        DirectoryClock(data).set(AS_OF)
        try:
            async with office_process(data) as (desk, meter):
                await _enter_areas(desk.person("operator", "bench"), "/intake")
                rest = meter.peak_mb
                officer = desk.person("district_officer", "bench", DISTRICT)
                took = await _bring(officer, roster, LARGE_ROWS, "/intake")
                peak = meter.peak_mb
        except NotRunning as refused:
            return [MEMORY.unmeasured(str(refused))]
    words = (
        f"peak resident memory of `juyang up` while it imports {LARGE_ROWS:,} rows "
        f"({took:.0f} s, letters carried meanwhile); {rest:.0f} MiB before; PostgreSQL not counted"
    )
    return [MEMORY.figure(peak, words)]


MEASUREMENTS = (Measurement((RATIO,), measure_ratio), Measurement((MEMORY,), measure_memory))
