"""Previews: answers a second on one core, and over HTTP against a bare FastAPI endpoint."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson

from deploy.ports import free_port
from services.eligibility.previews.domain import preview
from shared.auth import local_key, mint
from shared.caller import Caller
from shared.settings import Settings
from tests.bench.eligibility_people import AS_OF, BOOK, PERSON, VOUCHER, people
from tests.bench.figures import AT_LEAST, Figure, Goal, Measurement, Round, middle, spread
from tests.bench.ground import directory
from tests.bench.hammer import post, rate
from tests.bench.processes import office_process
from tests.bench.tracing import TENTH

CORE = Goal("preview_per_second_core", "previews/s", AT_LEAST, 20_000)
HTTP = Goal("preview_http_vs_bare", "ratio", AT_LEAST, 0.5)
PEOPLE, ROUNDS, REQUESTS = 20_000, 7, 4_000
UNMETERED = {**TENTH, "OTEL_METRICS_EXPORTER": "none"}
TOKEN_LIFE_S = 3600
LOOK_EVERY_S = 0.1
START_PATIENCE_S = 60
BODY = orjson.dumps({"programme": VOUCHER, "as_of": AS_OF.isoformat(), "facts": PERSON})


async def in_process() -> list[Figure]:
    """One core, one person after another: outcome, class, findings, reasons and digest."""
    facts = people(PEOPLE)
    rates = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for one in facts:
            preview(BOOK, VOUCHER, one, AS_OF)
        rates.append(PEOPLE / (time.perf_counter() - began))
    rates.sort()
    said = f"median of {ROUNDS} rounds of {PEOPLE:,} people, {rates[0]:,.0f} to {rates[-1]:,.0f}"
    return [CORE.figure(rates[ROUNDS // 2], f"{said}; findings, both reasons and digest made")]


async def over_http() -> list[Figure]:
    """An office that records a tenth of its requests, without metrics, and the bare endpoint."""
    with directory() as place:
        async with office_process(place, UNMETERED) as (desk, _), _bare() as bare:
            url = f"{desk.url}/eligibility/v1/previews"
            settings = Settings(service="eligibility", directory=place)
            caller = Caller("bench", "partner", agency="bench")
            token = mint(local_key(place), settings, caller, lives_s=TOKEN_LIFE_S)
            ours, theirs = post(url, BODY, token), post(bare, BODY, None)
            rounds = [
                Round(await rate(url, ours, REQUESTS), await rate(bare, theirs, REQUESTS))
                for _ in range(ROUNDS + 1)
            ]
    counted = rounds[1:]  # the first warms both
    return [HTTP.figure(middle(counted).ratio, spread(counted, "answers/s"))]


@asynccontextmanager
async def _bare() -> AsyncIterator[str]:
    port = free_port()
    words = (sys.executable, "-m", "tests.bench.eligibility_bare", str(port))
    process = await asyncio.create_subprocess_exec(*words)
    try:
        async with asyncio.timeout(START_PATIENCE_S):
            while not await _listens(port):  # noqa: ASYNC110 - another process listens
                await asyncio.sleep(LOOK_EVERY_S)
        yield f"http://127.0.0.1:{port}/previews"
    finally:
        process.terminate()
        await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


MEASUREMENTS = (Measurement((CORE,), in_process), Measurement((HTTP,), over_http))
