"""The Kafka adapter of the bus: publishes in order per key, and keeps the connection by itself.

Without the idempotent producer, whose batches never expire while the broker is away (aiokafka
#1101): batches of one partition go one after the other, so a failed one lets nothing pass it, and
the receiver's inbox drops what arrives twice.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import UnknownTopicOrPartitionError
from aiokafka.partitioner import DefaultPartitioner

from shared import telemetry
from shared.bounds import rung, within
from shared.bus import wire
from shared.bus.address import read_address
from shared.bus.kafka_listener import Listener, Member, backoff
from shared.bus.kafka_refusal import AWAY, LASTING, away, explain, missing, refused
from shared.bus.kafka_topics import ensure_topics
from shared.bus.port import LARGEST_RECORD, BusUnavailable, Receive
from shared.contracts.letter import Envelope

__all__ = ["KafkaBus", "ensure_topics"]
log = logging.getLogger("juyang.bus")
PATIENCE_S = 10.0
REQUEST_SHARE = 0.8
CONNECTED_WITHIN_S = 2.0
PROBE_S = 5.0
DECLINED_S = 30.0
STOP_S = 5.0
METADATA_MS = 30_000
BATCH_BYTES = 900_000
MS_PER_S = 1000
PARTITIONER = DefaultPartitioner()


class KafkaBus:
    """One instance per process; `patience_s` bounds every `publish`.

    `member` is a name that the process keeps over restarts: its successor takes its partitions
    over at once, where a nameless one waits until the broker has given the dead one up. No two
    processes that live at once may have the same.
    """

    def __init__(
        self, url: str, client: str, *, member: str = "", patience_s: float = PATIENCE_S
    ) -> None:
        self._address = read_address(url)
        self._client = client
        self._member = member
        self._patience_s = patience_s
        self._listeners: list[Listener] = []
        self._producer: AIOKafkaProducer | None = None
        self._connected = asyncio.Event()
        self._lost = asyncio.Event()
        self._missing: set[str] = set()
        self._reachable = True
        self._why_away = away(self._address)
        self._declined = ("", 0.0)
        self._keeper: asyncio.Task[None] | None = None
        self._leaving: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Connect in the background; a broker that is away only shows in `trouble`."""
        self._keeper = asyncio.create_task(self._keep_connected())
        for listener in self._listeners:
            listener.start()

    async def stop(self) -> None:
        """Let running batches end, then give the connections back; bounded, whatever hangs."""
        await asyncio.gather(*(listener.stop() for listener in self._listeners))
        keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        if self._producer is not None:
            self._discard(self._producer)
        await asyncio.gather(*self._leaving, return_exceptions=True)

    def subscribe(self, consumer: str, topics: frozenset[str], receive: Receive) -> None:
        who = Member(self._address, self._client, consumer, self._member)
        self._listeners.append(Listener(who, topics, receive))

    async def publish(self, letters: Sequence[Envelope]) -> None:
        producer = await self._within_reach()
        try:
            async with asyncio.timeout(self._patience_s):
                await self._send(producer, letters)
        except AWAY as failure:
            self._discard(producer)
            said = self._why(failure)
            if isinstance(failure, LASTING):
                self._declined = (said, time.monotonic())
            raise BusUnavailable(said) from failure
        self._declined = ("", 0.0)

    def trouble(self) -> str | None:
        if self._keeper is None:
            return "总线未启动 · the bus is not started"
        if self._producer is None or not self._reachable:
            return self._why_away
        if self._missing:
            return missing(", ".join(sorted(self._missing)))
        said, since = self._declined
        # Not for ever: another copy's relay may have taken over, and with it the trying again.
        if said and time.monotonic() - since < DECLINED_S:
            return said
        return next((said for one in self._listeners if (said := one.trouble())), None)

    async def _within_reach(self) -> AIOKafkaProducer:
        if self._keeper is None:
            raise BusUnavailable("the bus is not started")
        await rung(self._connected, min(CONNECTED_WITHIN_S, self._patience_s))
        if self._producer is None:
            raise BusUnavailable(self._why_away)
        return self._producer

    async def _send(self, producer: AIOKafkaProducer, letters: Sequence[Envelope]) -> None:
        lanes: dict[tuple[str, int], list[Envelope]] = {}
        for topic in {letter.topic for letter in letters}:
            partitions = await _partitions(producer, topic)
            for letter in (x for x in letters if x.topic == topic):
                partition = PARTITIONER(wire.key_of(letter), partitions, partitions)
                lanes.setdefault((topic, partition), []).append(letter)
        results = await asyncio.gather(
            *(self._lane(producer, *lane, waiting) for lane, waiting in lanes.items()),
            return_exceptions=True,
        )
        for failure in (result for result in results if result is not None):
            raise failure

    async def _lane(
        self, producer: AIOKafkaProducer, topic: str, partition: int, letters: Sequence[Envelope]
    ) -> None:
        """One partition's letters: a batch leaves only when the one before it has arrived."""
        with ExitStack() as spans:
            records = [wire.write(x, spans.enter_context(telemetry.sending(x))) for x in letters]
            for batch in batches(producer, records):
                arrived = await producer.send_batch(batch, topic, partition=partition)
                await arrived

    def _why(self, failure: Exception) -> str:
        if isinstance(failure, TimeoutError):
            within = f"{self._patience_s:g}"
            return away(
                self._address, (f"{within} 秒内没有应答", f"it did not answer within {within} s")
            )
        return refused(self._address, failure)

    def _discard(self, producer: AIOKafkaProducer) -> None:
        """Drop a producer without waiting for it: its `stop` may hang with its broker."""
        if self._producer is producer:
            self._producer = None
            self._connected.clear()
            self._lost.set()
        leaving = asyncio.create_task(_stopped(producer))
        self._leaving.add(leaving)
        leaving.add_done_callback(self._leaving.discard)

    async def _keep_connected(self) -> None:
        failures = 0
        while True:
            producer = self._new_producer()
            try:
                await within(self._patience_s, producer.start())
            except AWAY:
                await _stopped(producer)
                await self._tell_why(first=failures == 0)
                gc.collect()  # every attempt leaves cycles behind: few objects, and large ones
                await asyncio.sleep(backoff(failures))
                failures += 1
                continue
            failures = 0
            self._lost.clear()
            self._producer, self._reachable = producer, True
            self._why_away = away(self._address)
            self._connected.set()
            await self._watch(producer)

    async def _tell_why(self, *, first: bool) -> None:
        """Find out what stands in the way; the log hears it once, and again when it changes."""
        found = await explain(self._address) or away(self._address)
        if first or found != self._why_away:
            log.warning("%s", found)
        self._why_away = found

    async def _watch(self, producer: AIOKafkaProducer) -> None:
        """Ask the broker now and then, so that `trouble` is true without traffic too."""
        needed = {topic for one in self._listeners for topic in one.topics}
        while not self._lost.is_set():
            try:
                cluster = await within(PROBE_S, producer.client.fetch_all_metadata())
                self._missing = needed - set(cluster.topics())
                self._reachable = True
            except AWAY:
                self._reachable = False
                gc.collect()
            await rung(self._lost, PROBE_S)

    def _new_producer(self) -> AIOKafkaProducer:
        return AIOKafkaProducer(
            client_id=self._client,
            acks="all",
            enable_idempotence=False,
            request_timeout_ms=int(self._patience_s * REQUEST_SHARE * MS_PER_S),
            metadata_max_age_ms=METADATA_MS,
            max_batch_size=BATCH_BYTES,
            max_request_size=LARGEST_RECORD,
            **self._address.options(),
        )


async def _partitions(producer: AIOKafkaProducer, topic: str) -> list[int]:
    """A topic's partitions; one that is not there is said at once, where aiokafka would wait."""
    cluster = producer.client.cluster
    if not cluster.partitions_for_topic(topic):
        cluster = await producer.client.fetch_all_metadata()
        if topic not in cluster.topics():
            raise UnknownTopicOrPartitionError(topic)
    return sorted(await producer.partitions_for(topic))


def batches(producer: AIOKafkaProducer, records: Sequence[wire.Outgoing]) -> Iterator[Any]:
    """Pack records into as few batches as fit, in order."""
    batch = producer.create_batch()
    for record in records:
        if _add(batch, record) is None:
            yield batch
            batch = producer.create_batch()
            _add(batch, record)
    batch.close()
    yield batch


def _add(batch: Any, record: wire.Outgoing) -> Any:
    return batch.append(key=record.key, value=record.value, timestamp=None, headers=record.headers)


async def _stopped(producer: AIOKafkaProducer) -> None:
    with suppress(*AWAY):
        await within(STOP_S, producer.stop())
