"""Faults of processes: services, consumers, relays and PostgreSQL killed under load."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from functools import partial

import httpx
import psutil

from tests.faults.load import Load
from tests.faults.site import ALL, Site, Verdict
from tests.kafka.apart import is_ready
from tests.kafka.waiting import until

RATE = 15.0
PAUSE_S = (0.2, 2.0)
READY_P99_S = 3.0
RECOVERED_S = 10.0
LOOK_EVERY_S = 0.02


async def kill_processes(site: Site) -> Verdict:
    """kill -9 of a random service, consumer or relay that is ready, every 0.2 to 2 s."""
    verdict = Verdict(
        "kill -9 services, consumers, relays",
        f"{site.size.kills} kills among {len(ALL)} processes, one every 0.2-2 s, {RATE:g} writes/s",
    )
    load = site.load("services")
    took = await _kill_and_wait(site, load)
    await site.check(verdict, load)
    p99 = percentile(took, 0.99)
    verdict.figures.append(
        f"ready again p50 {percentile(took, 0.5):.1f} s, p99 {p99:.1f} s, max {max(took):.1f} s"
    )
    verdict.figures.append(f"{sum(load.errors.values())} answers had to be asked for again")
    verdict.in_time(p99 <= READY_P99_S, f"ready again p99 {p99:.1f} s > {READY_P99_S:g} s")
    return verdict


async def _kill_and_wait(site: Site, load: Load) -> list[float]:
    """Seconds from each kill until the successor was ready."""
    chance = site.chance("services")
    coming: dict[str, asyncio.Task[float]] = {}
    made: list[asyncio.Task[float]] = []
    async with httpx.AsyncClient() as client, load.running(RATE):
        for _ in range(site.size.kills):
            await asyncio.sleep(chance.uniform(*PAUSE_S))
            up = [name for name in ALL if name not in coming or coming[name].done()]
            if not up:
                await asyncio.wait(coming.values(), return_when=asyncio.FIRST_COMPLETED)
                up = [name for name in ALL if coming[name].done()]
            victim = chance.choice(up)
            dead = site.kill(victim)
            coming[victim] = asyncio.create_task(_successor_ready(client, site, victim, dead))
            made.append(coming[victim])
        return list(await asyncio.gather(*made))


async def _successor_ready(client: httpx.AsyncClient, site: Site, name: str, dead: int) -> float:
    """Seconds until another process than the dead one is ready."""
    began = time.monotonic()

    async def another() -> bool:
        return site.office.pid(name) != dead

    await until(another, LOOK_EVERY_S)
    await until(partial(is_ready, client, site.office.own_url(name)), LOOK_EVERY_S)
    return time.monotonic() - began


async def ready_again(client: httpx.AsyncClient, site: Site, names: Sequence[str]) -> float:
    """Seconds until processes are ready."""
    began = time.monotonic()
    for name in names:
        await until(partial(is_ready, client, site.office.own_url(name)), LOOK_EVERY_S)
    return time.monotonic() - began


async def kill_postgres(site: Site) -> Verdict:
    """kill -9 of PostgreSQL's whole process tree."""
    count = site.size.crashes
    verdict = Verdict("kill -9 PostgreSQL", f"{count} kills of the whole tree, {RATE:g} writes/s")
    load, chance = site.load("postgres"), site.chance("postgres")
    took: list[float] = []
    async with httpx.AsyncClient() as client, load.running(RATE):
        for _ in range(count):
            await asyncio.sleep(chance.uniform(*PAUSE_S))
            _kill_tree(site)
            took.append(await ready_again(client, site, ALL))
    await site.check(verdict, load)
    verdict.figures.append(
        f"all {len(ALL)} ready again p50 {percentile(took, 0.5):.1f} s, max {max(took):.1f} s"
    )
    verdict.in_time(max(took) <= RECOVERED_S, f"recovery took {max(took):.1f} s")
    return verdict


def _kill_tree(site: Site) -> None:
    first = (site.office.data / "postgres" / "cluster" / "postmaster.pid").read_text()
    server = psutil.Process(int(first.split()[0]))
    for process in (server, *server.children(recursive=True)):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
