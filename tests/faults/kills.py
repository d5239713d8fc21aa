"""Faults of processes: services and PostgreSQL killed under load, a consumer stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import httpx
import psutil

from deploy.postgres_server import free_port
from shared.migrate import SERVICES
from tests.faults.site import Site, Verdict
from tests.kafka.apart import COMMAND, is_ready
from tests.kafka.waiting import until

RATE = 15.0
KILLS, LONG_KILLS = 60, 2_000
PAUSE_S = (0.2, 2.0)
READY_P99_S = 3.0
CRASHES, LONG_CRASHES = 8, 200
RECOVERED_S = 10.0
STOPS, LONG_STOPS = 2, 300
PAST_SESSION_S = 13.0
TAKEN_OVER_S = 15.0
GIVEN_UP_S = 60.0
MOMENTS_S = 1.0
LOOK_EVERY_S = 0.02
STOPPED = "evaluation"


async def kill_services(site: Site) -> Verdict:
    """kill -9 of a random service that is ready, every 0.2 to 2 s."""
    count = LONG_KILLS if site.long else KILLS
    verdict = Verdict("kill -9 services", f"{count} kills, one every 0.2-2 s, {RATE:g} writes/s")
    load, chance = site.load("services"), site.chance("services")
    took: list[float] = []
    coming: dict[str, asyncio.Task[float]] = {}
    async with httpx.AsyncClient() as client, load.running(RATE):
        for _ in range(count):
            await asyncio.sleep(chance.uniform(*PAUSE_S))
            if all(not _up(coming, name) for name in SERVICES):
                await asyncio.wait(coming.values(), return_when=asyncio.FIRST_COMPLETED)
            victim = chance.choice([name for name in SERVICES if _up(coming, name)])
            if victim in coming:
                took.append(coming.pop(victim).result())
            site.kill(victim)
            coming[victim] = asyncio.create_task(ready_again(client, site, (victim,)))
        took += await asyncio.gather(*coming.values())
    await site.check(verdict, load)
    p99 = percentile(took, 0.99)
    verdict.figures.append(
        f"ready again p50 {percentile(took, 0.5):.1f} s, p99 {p99:.1f} s, max {max(took):.1f} s"
    )
    verdict.expect(p99 <= READY_P99_S, f"ready again p99 {p99:.1f} s > {READY_P99_S:g} s")
    return verdict


def _up(coming: dict[str, asyncio.Task[float]], name: str) -> bool:
    return name not in coming or coming[name].done()


async def ready_again(client: httpx.AsyncClient, site: Site, names: tuple[str, ...]) -> float:
    """Seconds until services are ready."""
    began = time.monotonic()
    for name in names:
        await until(partial(is_ready, client, site.office.own_url(name)), LOOK_EVERY_S)
    return time.monotonic() - began


async def kill_postgres(site: Site) -> Verdict:
    """kill -9 of PostgreSQL's whole process tree."""
    count = LONG_CRASHES if site.long else CRASHES
    verdict = Verdict("kill -9 PostgreSQL", f"{count} kills of the whole tree, {RATE:g} writes/s")
    load, chance = site.load("postgres"), site.chance("postgres")
    took: list[float] = []
    async with httpx.AsyncClient() as client, load.running(RATE):
        for _ in range(count):
            await asyncio.sleep(chance.uniform(*PAUSE_S))
            _kill_tree(site)
            took.append(await ready_again(client, site, SERVICES))
    await site.check(verdict, load)
    verdict.figures.append(
        f"all five ready again p50 {percentile(took, 0.5):.1f} s, max {max(took):.1f} s"
    )
    verdict.expect(max(took) <= RECOVERED_S, f"recovery took {max(took):.1f} s")
    return verdict


def _kill_tree(site: Site) -> None:
    first = (site.office.data / "postgres" / "cluster" / "postmaster.pid").read_text()
    server = psutil.Process(int(first.split()[0]))
    for process in (server, *server.children(recursive=True)):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


async def stop_consumer(site: Site) -> Verdict:
    """SIGSTOP of a consumer past its session timeout, another takes over, SIGCONT."""
    count = LONG_STOPS if site.long else STOPS
    verdict = Verdict(
        "SIGSTOP a consumer",
        f"{count} times {PAST_SESSION_S:g} s ({STOPPED}), a second one running",
    )
    load = site.load("stops")
    took: list[float] = []
    async with second(site), load.running(RATE):
        for _ in range(count):
            pid = site.kill(STOPPED, signal.SIGSTOP)
            try:
                began = time.monotonic()
                await _taken_over(site, began)
                took.append(time.monotonic() - began)
                await asyncio.sleep(max(0.0, began + PAST_SESSION_S - time.monotonic()))
            finally:
                os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(1)
    await site.check(verdict, load)
    verdict.figures.append(f"taken over within {max(took):.1f} s")
    verdict.expect(max(took) <= TAKEN_OVER_S, f"taken over only after {max(took):.1f} s")
    return verdict


async def _taken_over(site: Site, since: float) -> None:
    """Wait until every letter of the first moments after the stop has been read by the other."""
    database = await site.admin()
    try:
        mark = await database.fetchval("SELECT clock_timestamp()")
        await asyncio.sleep(MOMENTS_S)

        async def read() -> bool:
            late = time.monotonic() - since > GIVEN_UP_S
            return late or bool(await database.fetchval(ALL_READ, mark, MOMENTS_S))

        await until(read, LOOK_EVERY_S)
    finally:
        await database.close()


ALL_READ = """
SELECT count(*) > 0 AND count(*) = count(i.letter_id) FROM intake.outbox o
LEFT JOIN evaluation.inbox i ON i.letter_id = o.id AND i.consumer = 'evaluation'
WHERE o.recorded_at BETWEEN $1 AND $1 + make_interval(secs => $2)
"""


@asynccontextmanager
async def second(site: Site) -> AsyncIterator[None]:
    """A second process of a service, in the same consumer group."""
    known = psutil.Process(site.office.pid(STOPPED)).environ()
    port = free_port()
    words = ["serve", STOPPED, "--port", str(port), "--bus", site.broker.url]
    named = ["--member", f"{STOPPED}-2", "--data", str(site.office.data)]
    with site.office.log.open("ab") as said:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, *words, *named, stdout=said, stderr=said, env=known
        )
    try:
        async with httpx.AsyncClient() as client:
            url = f"http://127.0.0.1:{port}/{STOPPED}"
            await until(partial(is_ready, client, url), LOOK_EVERY_S)
        yield
    finally:
        process.terminate()
        await process.wait()


def percentile(values: list[float], share: float) -> float:
    """The value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
