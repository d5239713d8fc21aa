"""The rounds that read a service's gauges from its tables, off every request's path."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING

import orjson
from aiokafka.errors import KafkaError
from sqlalchemy import AsyncAdaptedQueuePool
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.bounds import within
from shared.bus.choose import DIRECT
from shared.caller import job
from shared.kept_lines import kept_of
from shared.metrics import STRANGE, Figure, known_type
from shared.metrics_kafka import Lag
from shared.metrics_names import POOL_IN_USE, POOL_SIZE
from shared.work import Work

if TYPE_CHECKING:
    from shared.runtime import Runtime

log = logging.getLogger("juyang.metrics")
LETTERS_EVERY_S = 10.0
FIGURES_EVERY_S = 30.0
LOOK_S = 3.0
REST = 100
"""A round rests so many times as long as it took: at most a hundredth of one connection."""

LETTERS = """
SELECT (SELECT count(*) FROM outbox WHERE NOT sent) AS unsent,
    (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(recorded_at)), 0)
        FROM outbox WHERE NOT sent) AS oldest_s,
    (SELECT count(*) FROM audit WHERE NOT sealed) AS unsealed,
    (SELECT CAST(coalesce(json_object_agg(type, waiting), '{}') AS text)
        FROM (SELECT type, count(*) AS waiting FROM parked WHERE state = 'waiting' GROUP BY type)
        AS by_type) AS parked
"""
Round = Callable[[], Awaitable[None]]


class Rounds:
    """One service's rounds; `run` goes on until cancelled, `once` goes through all of them."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._metering = runtime.metering
        service = runtime.service
        heard = {kind.TYPE for hearing in service.hearings for kind in hearing.handlers}
        self._types = sorted({*heard, STRANGE})
        self._lag: Lag | None = None
        self._asking = asyncio.Lock()
        if runtime.settings.bus != DIRECT and service.topics:
            self._lag = Lag(runtime.settings.bus, service.name, service.topics)
        pools = {"app": runtime.database.app, "jobs": runtime.database.jobs}
        self._metering.watch(POOL_IN_USE, lambda: {k: in_use(v) for k, v in pools.items()})
        self._metering.watch(POOL_SIZE, lambda: {k: size(v) for k, v in pools.items()})

    async def once(self) -> None:
        """Read everything now."""
        await self._letters()
        await self._business()

    async def run(self) -> None:
        """Go round and round; what fails is told once and tried again."""
        await asyncio.gather(
            self._again("letters", LETTERS_EVERY_S, self._letters),
            self._again("business", FIGURES_EVERY_S, self._business),
        )

    async def behind(self) -> int | None:
        """Letters on the broker that this service has not committed; none when it is away."""
        try:
            return sum((await within(LOOK_S, self._waiting())).values())
        except (KafkaError, OSError, TimeoutError):
            return None

    async def close(self) -> None:
        """Let go of the broker."""
        if self._lag is not None:
            await self._lag.close()

    async def _waiting(self) -> Mapping[str, int]:
        """Letters that the broker holds for us, by topic; on the direct bus none."""
        if self._lag is None:
            return {}
        async with self._asking:
            return await self._lag.read()

    async def _again(self, name: str, every_s: float, round_: Round) -> None:
        failing = False
        while True:
            began = monotonic()
            try:
                await round_()
                failing = False
            except Exception as trouble:
                if not failing:
                    log.warning("metrics %s %s: %s", self._service, name, type(trouble).__name__)
                failing = True
            await asyncio.sleep(max(every_s, REST * (monotonic() - began)))

    @property
    def _service(self) -> str:
        return self._runtime.service.name

    async def _letters(self) -> None:
        work = self._runtime.work(job("metrics"))
        try:
            found = await work.row(LETTERS)
        finally:
            await work.abandon()
        assert found is not None
        parked = dict.fromkeys(self._types, 0)
        for kind, waiting in orjson.loads(found["parked"]).items():
            parked[known_type(kind)] = parked.get(known_type(kind), 0) + waiting
        self._metering.tell(
            "letters",
            [
                Figure("juyang.outbox.unsent", found["unsent"]),
                Figure("juyang.outbox.oldest_age", float(found["oldest_s"])),
                Figure("juyang.audit.unsealed", found["unsealed"]),
                *(Figure("juyang.letters.parked", n, {"type": k}) for k, n in parked.items()),
            ],
        )
        lag = {"outbox": found["unsent"]} if self._lag is None else await self._waiting()
        self._metering.tell(
            "lag", [Figure("juyang.consumer.lag", n, {"topic": k}) for k, n in lag.items()]
        )

    async def _business(self) -> None:
        figures = self._runtime.service.figures
        if figures is not None:
            work: Work = self._runtime.work(job("metrics"))
            try:
                self._metering.tell("business", await figures(work))
            finally:
                await work.abandon()


def in_use(engine: AsyncEngine) -> int:
    """Connections that somebody holds now."""
    pool = engine.pool
    return pool.checkedout() - kept_of(engine) if isinstance(pool, AsyncAdaptedQueuePool) else 0


def size(engine: AsyncEngine) -> int:
    """Connections that there may be."""
    pool = engine.pool
    return pool.size() if isinstance(pool, AsyncAdaptedQueuePool) else 0
