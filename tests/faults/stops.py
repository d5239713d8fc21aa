"""Consumers that stand still past their session: another takes over, then they wake up."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from deploy.office import service_of
from shared.migrate import SERVICES
from tests.faults.kills import RATE
from tests.faults.site import Site, Verdict
from tests.kafka.waiting import until

HEARERS = tuple(name for name in SERVICES if service_of(name).topics)
STOPPED = tuple(f"{name}-2" for name in HEARERS)
# The product's own session of 10 s (shared/bus/kafka_listener.py), and then some.
PAST_SESSION_S = 13.0
AWAKE_S = 2.0
TAKEN_OVER_S = 15.0
GIVEN_UP_S = 60.0
MOMENTS_S = 1.0
LOOK_EVERY_S = 0.1
WRITTEN = " UNION ALL ".join(
    f"SELECT id, topic, recorded_at FROM {name}.outbox" for name in SERVICES
)


async def stop_consumers(site: Site) -> Verdict:
    """SIGSTOP of one consumer of each group, its fellow takes over, SIGCONT: zombies, four fold."""
    rounds = site.size.rounds_of_stops
    verdict = Verdict(
        "SIGSTOP consumers",
        f"{rounds * len(STOPPED)} stops, {len(STOPPED)} at a time for {PAST_SESSION_S:g} s "
        "(session 10 s), a fellow of each running",
    )
    load = site.load("stops")
    took: list[float] = []
    async with load.running(RATE):
        for _ in range(rounds):
            took += await _round(site)
            await asyncio.sleep(AWAKE_S)
    await site.check(verdict, load)
    verdict.figures.append(f"taken over within {max(took):.1f} s")
    verdict.in_time(max(took) <= TAKEN_OVER_S, f"taken over only after {max(took):.1f} s")
    return verdict


async def _round(site: Site) -> Sequence[float]:
    pids = [site.kill(name, signal.SIGSTOP) for name in STOPPED]
    database = await site.admin()
    began = time.monotonic()
    try:
        mark = await database.fetchval("SELECT clock_timestamp()")
        await asyncio.sleep(MOMENTS_S)
        took = [await _taken_over(database, name, mark, began) for name in HEARERS]
        await asyncio.sleep(max(0.0, began + PAST_SESSION_S - time.monotonic()))
        return took
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
        await database.close()


async def _taken_over(database: Any, name: str, mark: datetime, since: float) -> float:
    """Seconds from the stop until a service has read every letter of the first moments after it."""
    read = (
        f"SELECT count(*) > 0 AND count(*) = count(i.letter_id) FROM ({WRITTEN}) AS o "
        f"LEFT JOIN {name}.inbox i ON i.letter_id = o.id AND i.consumer = '{name}' "
        "WHERE o.topic = ANY($1) AND o.recorded_at BETWEEN $2 AND $2 + make_interval(secs => $3)"
    )
    heard = sorted(service_of(name).topics)

    async def done() -> bool:
        late = time.monotonic() - since > GIVEN_UP_S
        return late or bool(await database.fetchval(read, heard, mark, MOMENTS_S))

    await until(done, LOOK_EVERY_S)
    return time.monotonic() - since
