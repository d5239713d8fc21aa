"""The parties of a promise: a sender that keeps letters until they are taken, and receivers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from shared.bus.choose import DIRECT, bus_of
from shared.bus.kafka_topics import ensure_topics
from shared.bus.port import Bus, BusUnavailable
from shared.contracts.ids import new_id
from shared.contracts.letter import Envelope

PATIENCE_S = 20.0
CLOCK = datetime(2010, 1, 4, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Rig:
    """An adapter under test: every `bus()` is a process of its own on the same carrier."""

    url: str

    def bus(self) -> Bus:
        return bus_of(self.url, "promise")

    async def topic(self) -> str:
        """A topic of its own, made beforehand: no broker of ours makes one by itself."""
        name = topic()
        await self.make(name)
        return name

    async def make(self, *topics: str) -> None:
        """Make topics as `juyang topics apply` does, where the bus has such."""
        if self.url != DIRECT:
            await ensure_topics(self.url, 3, topics=topics)


def letter(topic: str, key: UUID | None = None, seq: int = 1, trace: str | None = None) -> Envelope:
    """A letter about a person."""
    person = key or new_id()
    return Envelope(
        id=new_id(),
        type="intake.person.died.v1",
        topic=topic,
        aggregate_id=person,
        occurred_at=CLOCK,
        recorded_at=CLOCK,
        facts=b'{"died_on":"2010-01-04"}',
        seq=seq,
        person_id=person,
        area_code="110105001001",
        traceparent=trace,
    )


def topic() -> str:
    """A new one of intake's, which writes the letters of these stories."""
    return f"intake.promise{new_id().hex}"


async def offer(bus: Bus, letters: Sequence[Envelope]) -> Sequence[Envelope]:
    """Send once; gives back what the sender must keep, since the bus did not take it."""
    try:
        await bus.publish(letters)
    except BusUnavailable:
        return letters
    return ()


async def carry(bus: Bus, letters: Sequence[Envelope]) -> None:
    """What the relay does: the same letters again until the bus has taken all of them."""
    async with asyncio.timeout(PATIENCE_S):
        while letters:
            letters = await offer(bus, letters)


class Crash(Exception):
    """A receiver died before its commit."""


@dataclass
class Receiver:
    """Writes down what it took over, in order; crashes as often as told, before that."""

    crashes: int = 0
    ends_by: type[BaseException] = Crash
    taken: list[Envelope] = field(default_factory=list)
    refused: list[Envelope] = field(default_factory=list)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def receive(self, letters: Sequence[Envelope]) -> None:
        async with self.changed:
            self.changed.notify_all()
            if self.crashes > 0:
                self.crashes -= 1
                self.refused.extend(letters)
                raise self.ends_by
            self.taken.extend(letters)

    @property
    def effects(self) -> list[Envelope]:
        """First arrivals, as an inbox sees them."""
        return list({one.id: one for one in self.taken}.values())

    async def until(self, fulfilled: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S), self.changed:
            await self.changed.wait_for(fulfilled)

    async def has(self, letters: Sequence[Envelope]) -> None:
        """Wait until every one of the letters is taken over."""
        wanted = {one.id for one in letters}
        await self.until(lambda: wanted <= {one.id for one in self.taken})


@dataclass(frozen=True)
class Ear:
    """Who hears which topics."""

    receiver: Receiver
    topics: frozenset[str]
    consumer: str = field(default_factory=lambda: new_id().hex)


@asynccontextmanager
async def started(bus: Bus, *ears: Ear) -> AsyncIterator[Bus]:
    """A process that lives as long as the block."""
    for ear in ears:
        bus.subscribe(ear.consumer, ear.topics, ear.receiver.receive)
    await bus.start()
    try:
        yield bus
    finally:
        await bus.stop()
