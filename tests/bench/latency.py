"""How long a letter takes from its commit to its effect at a steady rate, in one office."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import asyncpg

from shared.bus.direct import DirectBus
from shared.bus.port import Bus, Receive
from shared.caller import job
from shared.contracts import topics
from shared.contracts.ids import new_id
from shared.contracts.intake import PersonRegistered
from shared.contracts.letter import Envelope
from shared.runtime import Runtime, Service
from tests.bench.figures import AT_MOST, Figure, Goal, Measurement
from tests.bench.ground import Ground, ground
from tests.bench.letters import AREA, EFFECTS, FACTS, FIRST_REVISION, HEARINGS, SOURCE, TARGET

DIRECT_P99 = Goal("latency_direct_p99_ms", "ms", AT_MOST, 30)
RATE, SECONDS, WARM_UP_S = 200, 20, 3
MS_PER_S = 1000
P99 = 0.99
PATIENCE_S = 120.0
LOOK_EVERY_S = 0.01
HEARD = frozenset({topics.INTAKE_PERSONS})


@dataclass
class Timing:
    """A bus that notes when letters have been taken over for good."""

    bus: Bus
    taken: dict[UUID, float] = field(default_factory=dict)

    async def start(self) -> None:
        await self.bus.start()

    async def stop(self) -> None:
        await self.bus.stop()

    async def publish(self, letters: Sequence[Envelope]) -> None:
        await self.bus.publish(letters)

    def trouble(self) -> str | None:
        return self.bus.trouble()

    def subscribe(self, consumer: str, topics: frozenset[str], receive: Receive) -> None:
        """Let the consumer receive, and note the moment after its commit."""

        async def timed(letters: Sequence[Envelope]) -> None:
            await receive(letters)
            moment = time.perf_counter()
            for letter in letters:
                self.taken.setdefault(letter.id, moment)

        self.bus.subscribe(consumer, topics, timed)

    async def has(self, count: int) -> None:
        """Wait until so many letters have been taken over."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if len(self.taken) >= count and self.trouble() is None:
                    return
                await asyncio.sleep(LOOK_EVERY_S)


@asynccontextmanager
async def services(at: Ground, send: Bus, hear: Timing, relay: bool) -> AsyncIterator[Runtime]:
    """A sending service and a receiving one; gives the sender."""
    settings = at.settings(SOURCE).model_copy(update={"run_relay": relay})
    sender = Runtime(Service(SOURCE, SOURCE, ()), settings, send)
    receiver = Runtime(Service(TARGET, TARGET, (), HEARINGS, HEARD), at.settings(TARGET), hear)
    for bus in {id(send): send, id(hear): hear}.values():
        await bus.start()
    await sender.start()
    try:
        await hear.has(0)
        yield sender
    finally:
        await hear.stop()
        await send.stop()
        await sender.stop()
        await receiver.stop()


def people(count: int) -> list[PersonRegistered]:
    """Letters about so many new people."""
    at = datetime.now(UTC)
    ids = [new_id() for _ in range(count)]
    return [
        PersonRegistered(
            aggregate_id=one, person_id=one, occurred_at=at, area_code=AREA, person=FACTS
        )
        for one in ids
    ]


async def latencies(at: Ground, send: Bus, hear: Timing) -> list[float]:
    """Milliseconds from commit to effect, ascending, at a steady rate."""
    committed: dict[UUID, float] = {}
    async with services(at, send, hear, True) as sender:
        began = time.perf_counter()
        for nth, letter in enumerate(people(RATE * (SECONDS + WARM_UP_S))):
            await asyncio.sleep(max(0.0, began + nth / RATE - time.perf_counter()))
            work = sender.work(job("bench"))
            work.send(letter)
            ids = [one.id for one in work.letters]
            await work.commit()
            sender.committed()
            if nth >= RATE * WARM_UP_S:
                committed |= dict.fromkeys(ids, time.perf_counter())
        await hear.has(RATE * (SECONDS + WARM_UP_S))
    return sorted((hear.taken[one] - moment) * MS_PER_S for one, moment in committed.items())


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which this share of all lies."""
    return ordered[int(len(ordered) * share)]


async def measure() -> list[Figure]:
    """On the direct bus: sender, relay and receiver in one process."""
    async with ground((SOURCE, TARGET), FIRST_REVISION) as at:
        database = await asyncpg.connect(at.dsn)
        try:
            await database.execute(EFFECTS)
        finally:
            await database.close()
        both = Timing(DirectBus())
        took = await latencies(at, both, both)
    words = (
        f"the clock: commit to effect of {len(took):,} letters at {RATE}/s on the direct bus; "
        f"median {percentile(took, 1 / 2):.1f} ms"
    )
    return [DIRECT_P99.figure(percentile(took, P99), words)]


MEASUREMENTS = (Measurement((DIRECT_P99,), measure),)
