"""One consumer of the Kafka bus: takes batches, hands them over, commits what was taken over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import IllegalStateError, KafkaError

from shared.bounds import within
from shared.bus import wire
from shared.bus.address import Address
from shared.bus.arrival import arrived
from shared.bus.port import Receive
from shared.bus.watchdog import PATIENCE_S, Watchdog
from shared.contracts.letter import Envelope

log = logging.getLogger("juyang.bus")
AWAY = (KafkaError, OSError, TimeoutError)
BACKOFF_S = (0.05, 0.2, 0.5, 1.0, 2.0, 5.0)
BATCH = 500
POLL_MS = 1_000
JOIN_S = 60.0
COMMIT_S = 10.0
DRAIN_S = 10.0
STOP_S = 5.0
IDLE_POLLS = 30
METADATA_MS = 30_000
SESSION_MS = 10_000
HEARTBEAT_MS = 1_000
REBALANCE_MS = 15_000
"""A member that dies while its group shares out anew holds the others up for so long."""
STALLS = 2
"""So often in a row a new session may find letters waiting that never come to us."""
Fetched = Mapping[TopicPartition, Sequence[Any]]


class Stalled(KafkaError):
    """Letters wait and none comes: the client has fallen asleep (aiokafka #1037, #625)."""


def backoff(failures: int) -> float:
    """Seconds to wait after so many failures in a row."""
    return BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]


@dataclass(frozen=True, slots=True)
class Member:
    """Who reads: the process by its client name and lasting name, and the group it reads for."""

    address: Address
    client: str
    group: str
    lasting: str = ""


class Listener(ConsumerRebalanceListener):
    """A consumer group's member in this process; heals itself until it is stopped."""

    def __init__(
        self,
        who: Member,
        topics: frozenset[str],
        receive: Receive,
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.topics = topics
        self._watchdog = Watchdog(who.group, patience_s)
        self._stalls = 0
        self._who = who
        self._group = who.group
        self._receive = receive
        self._turn = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._joined = False
        self._refused: str | None = None
        self._failures = 0
        self._unkept: dict[TopicPartition, int] = {}
        self._keeping: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Join the group in the background."""
        self._watchdog.start()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Let the running batch end, within bounds, then leave the group."""
        task, self._task = self._task, None
        if task is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(DRAIN_S), self._turn:
                    task.cancel()
            # Out of turn, for leaving the group may wait in `on_partitions_revoked`.
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._watchdog.stop()

    def trouble(self) -> str | None:
        """Why this consumer receives nothing now, or none."""
        name = self._group
        if not self._joined:
            return f"消费者 {name} 尚未加入消费组 · consumer {name} has not joined its group"
        if self._refused:
            return (
                f"消费者 {name} 处理失败，正在重试（{self._refused}）· "
                f"consumer {name} failed and tries again ({self._refused})"
            )
        return None

    # aiokafka awaits what a listener returns, though its signatures do not say so.
    async def on_partitions_revoked(  # pyrefly: ignore[bad-override]
        self, revoked: Collection[TopicPartition]
    ) -> None:
        """Wait for the running batch, so that the next owner starts behind its commit."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S), self._turn:
                await self._kept()

    async def on_partitions_assigned(  # pyrefly: ignore[bad-override]
        self, assigned: Collection[TopicPartition]
    ) -> None:
        log.info("%s reads %d partitions", self._group, len(assigned))

    async def _run(self) -> None:
        while True:
            try:
                await self._session()
            except (Exception, asyncio.CancelledError) as failure:
                if told_to_end():
                    raise
                self._stalls += isinstance(failure, Stalled)
                if self._stalls == STALLS:
                    self._watchdog.bark("letters wait and none is given to it")
                if self._failures == 0:
                    log.warning("consumer %s: %s", self._group, type(failure).__name__)
                self._joined = False
                await asyncio.sleep(backoff(self._failures))
                self._failures += 1

    async def _session(self) -> None:
        consumer = self._new_consumer()
        try:
            consumer.subscribe(sorted(self.topics), listener=self)
            await within(JOIN_S, consumer.start())
            self._joined, self._failures = True, 0
            await self._listen(consumer)
        finally:
            await self._kept()
            with suppress(*AWAY):
                await within(STOP_S, consumer.stop())
            with suppress(*AWAY, asyncio.CancelledError):
                heard_out(consumer)

    async def _listen(self, consumer: AIOKafkaConsumer) -> None:
        idle = 0
        while True:
            fetched: Fetched = await consumer.getmany(timeout_ms=POLL_MS, max_records=BATCH)
            idle = 0 if fetched else idle + 1
            if fetched:
                await self._take(consumer, fetched)
            elif idle % IDLE_POLLS == 0:
                await assert_awake(consumer)

    async def _take(self, consumer: AIOKafkaConsumer, fetched: Fetched) -> None:
        async with self._turn:
            held = consumer.assignment()
            mine = {place: records for place, records in fetched.items() if place in held}
            letters = [arrived(record) for records in mine.values() for record in records]
            taken = await self._handed_over(letters)
            if taken:
                self._unkept |= {place: some[-1].offset + 1 for place, some in mine.items()}
                self._keep(consumer)
            else:
                go_back(consumer, mine)
        if not taken:
            await asyncio.sleep(backoff(self._failures - 1))

    async def _handed_over(self, letters: Sequence[Envelope]) -> bool:
        for letter in wire.unreadable(letters):
            log.error("a record on %s is no letter: %s", letter.topic, letter.id)
        try:
            with self._watchdog.watching():
                await self._receive(letters)
        except Exception as failure:
            self._refused = type(failure).__name__
            if self._failures == 0:
                log.warning("consumer %s did not commit: %s", self._group, self._refused)
            self._failures += 1
            return False
        self._refused, self._failures, self._stalls = None, 0, 0
        return True

    def _keep(self, consumer: AIOKafkaConsumer) -> None:
        """Commit offsets beside the next batch: they only say where a successor begins."""
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._commit(consumer))

    async def _kept(self) -> None:
        """Wait for the offsets of what was taken over."""
        if self._keeping is not None:
            await asyncio.wait({self._keeping}, timeout=COMMIT_S)

    async def _commit(self, consumer: AIOKafkaConsumer) -> None:
        """A commit that fails costs nothing: the letters come again and the inbox knows them."""
        while self._unkept:
            offsets, self._unkept = self._unkept, {}
            try:
                await within(COMMIT_S, consumer.commit(offsets))
            except (*AWAY, IllegalStateError) as failure:
                said = type(failure).__name__
                log.warning("consumer %s: offsets not kept: %s", self._group, said)

    def _new_consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            client_id=f"{self._who.client}.{self._group}",
            group_id=self._group,
            group_instance_id=self._who.lasting or None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metadata_max_age_ms=METADATA_MS,
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=HEARTBEAT_MS,
            rebalance_timeout_ms=REBALANCE_MS,
            **self._who.address.options(),
        )


def heard_out(consumer: AIOKafkaConsumer) -> None:
    """Hear what ended the client's coordinator; aiokafka's `stop` leaves that to the loop.

    Raises:
        KafkaError: that.
    """
    if consumer._coordinator is not None:
        consumer._coordinator.check_errors()


def told_to_end() -> bool:
    """Whether somebody cancels this very task: aiokafka lets out cancellations of its own."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def go_back(consumer: AIOKafkaConsumer, refused: Fetched) -> None:
    """Read again from the first letter that was not taken over.

    By its own offset: `seek_to_committed` does nothing when nothing is committed (aiokafka #1003).
    """
    for place, records in refused.items():
        with suppress(IllegalStateError):  # revoked meanwhile: its next owner reads it again
            consumer.seek(place, records[0].offset)


async def assert_awake(consumer: AIOKafkaConsumer) -> None:
    """Compare what the broker holds with what was read.

    Raises:
        Stalled: letters wait although none came for a while; the session is to be made anew.
    """
    held = sorted(consumer.assignment())
    if not held:
        return
    ends, read = await within(COMMIT_S, _offsets(consumer, held))
    if any(ends[place] > read[place] for place in held):
        raise Stalled


async def _offsets(
    consumer: AIOKafkaConsumer, held: Sequence[TopicPartition]
) -> tuple[Mapping[TopicPartition, int], Mapping[TopicPartition, int]]:
    """Where the broker's letters end, and where we are; without a broker it asks for ever."""
    ends = await consumer.end_offsets(held)
    return ends, {place: await consumer.position(place) for place in held}
