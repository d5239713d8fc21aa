"""The Kafka adapter when the broker is away, comes back, or carries what is no letter."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Iterator
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer

from shared.bus import wire
from shared.bus.kafka import KafkaBus
from shared.bus.kafka_topics import ensure_topics
from shared.bus.port import BusUnavailable
from tests.shared.bus.conftest import AnyBroker
from tests.shared.bus.parties import Ear, Receiver, Rig, carry, letter, started, topic

pytestmark = pytest.mark.anyio
PATIENCE_S = 2.0
SLACK_S = 2.0
SHARED_WITHIN_S = 20.0


async def test_a_broker_that_dies_is_said_within_bounds_and_its_return_is_enough(
    own_broker: AnyBroker,
) -> None:
    where, receiver = await Rig(own_broker.url).topic(), Receiver()
    first, second = letter(where), letter(where)
    bus = KafkaBus(own_broker.url, "faults", patience_s=PATIENCE_S)
    async with started(bus, Ear(receiver, frozenset({where}))):
        await carry(bus, [first])
        await receiver.has([first])
        await asyncio.to_thread(own_broker.kill)
        began = time.monotonic()
        with pytest.raises(BusUnavailable):
            await bus.publish([second])
        assert time.monotonic() - began < PATIENCE_S + SLACK_S
        assert own_broker.url.removeprefix("kafka://") in (bus.trouble() or "")
        await asyncio.to_thread(own_broker.start)
        await carry(bus, [second])
        await receiver.has([second])


async def test_a_broker_that_answers_nothing_is_said_within_bounds_and_gone_on_with(
    own_broker: AnyBroker,
) -> None:
    where, receiver = await Rig(own_broker.url).topic(), Receiver()
    first, second = letter(where), letter(where)
    bus = KafkaBus(own_broker.url, "faults", patience_s=PATIENCE_S)
    async with started(bus, Ear(receiver, frozenset({where}))):
        await carry(bus, [first])
        await receiver.has([first])
        own_broker.freeze()
        began = time.monotonic()
        with pytest.raises(BusUnavailable):
            await bus.publish([second])
        assert time.monotonic() - began < PATIENCE_S + SLACK_S
        own_broker.thaw()
        await carry(bus, [second])
        await receiver.has([second])


async def test_a_process_starts_and_stops_while_the_broker_is_away(own_broker: AnyBroker) -> None:
    where, receiver = await Rig(own_broker.url).topic(), Receiver()
    await asyncio.to_thread(own_broker.kill)
    bus = KafkaBus(own_broker.url, "faults", patience_s=PATIENCE_S)
    began = time.monotonic()
    async with started(bus, Ear(receiver, frozenset({where}))):
        assert "cannot be reached" in (bus.trouble() or "")
        with pytest.raises(BusUnavailable):
            await bus.publish([letter(where)])
    assert time.monotonic() - began < PATIENCE_S + SLACK_S


async def test_a_process_that_started_without_its_broker_works_once_it_is_there(
    own_broker: AnyBroker,
) -> None:
    where, receiver = await Rig(own_broker.url).topic(), Receiver()
    await asyncio.to_thread(own_broker.kill)
    bus = KafkaBus(own_broker.url, "faults", patience_s=PATIENCE_S)
    async with started(bus, Ear(receiver, frozenset({where}))):
        with pytest.raises(BusUnavailable):
            await bus.publish([letter(where)])
        await asyncio.to_thread(own_broker.start)
        sent = [letter(where)]
        await carry(bus, sent)
        await receiver.has(sent)


async def test_a_cancellation_that_nobody_asked_for_ends_no_consumer(broker: AnyBroker) -> None:
    """The client lets one of its own out when the broker was away for long."""
    where = await Rig(broker.url).topic()
    receiver = Receiver(crashes=1, ends_by=asyncio.CancelledError)
    sent = [letter(where)]
    bus = KafkaBus(broker.url, "faults")
    async with started(bus, Ear(receiver, frozenset({where}))):
        await carry(bus, sent)
        await receiver.has(sent)
    assert receiver.refused == sent


async def test_a_record_that_is_no_letter_is_handed_over_as_such_and_others_flow(
    broker: AnyBroker,
) -> None:
    where, person, receiver = await Rig(broker.url).topic(), uuid4(), Receiver()
    behind = letter(where, person)
    bus = KafkaBus(broker.url, "faults")
    async with started(bus, Ear(receiver, frozenset({where}))):
        await foreign(broker, where, str(person).encode(), b"\xff\x00 no letter")
        await carry(bus, [behind])
        await receiver.has([behind])
    strange, good = receiver.effects
    assert strange.type == wire.UNREADABLE
    assert strange.key == person
    assert b"ce_specversion" in strange.facts
    assert (good.id, good.facts) == (behind.id, behind.facts)


async def foreign(broker: AnyBroker, where: str, key: bytes, value: bytes) -> None:
    """Somebody who does not know our letters writes to a topic."""
    producer = AIOKafkaProducer(bootstrap_servers=broker.url.removeprefix("kafka://"))
    await producer.start()
    try:
        await producer.send_and_wait(where, value, key=key)
    finally:
        await producer.stop()


class Shares(logging.Handler):
    """Hears how many partitions the members of a group were given, from what they log."""

    def __init__(self) -> None:
        super().__init__()
        self._given = asyncio.Event()
        self._awaited, self._members = "", 0

    def emit(self, record: logging.LogRecord) -> None:
        if self._awaited and self._awaited in record.getMessage():
            self._members -= 1
            if self._members == 0:
                self._given.set()

    def next(self, partitions: int, members: int = 1) -> Awaitable[object]:
        """Listen from now on until so many members were given so many each."""
        self._given, self._members = asyncio.Event(), members
        self._awaited = f"reads {partitions} partitions"
        return asyncio.wait_for(self._given.wait(), SHARED_WITHIN_S)


@pytest.fixture
def shares(caplog: pytest.LogCaptureFixture) -> Iterator[Shares]:
    log, heard = logging.getLogger("juyang.bus"), Shares()
    caplog.set_level(logging.INFO, log.name)
    log.addHandler(heard)
    yield heard
    log.removeHandler(heard)


# Letters flow only when the shares are settled: the wheel's broker, unlike Apache Kafka, refuses a
# commit while it is rebalancing, and then waits for a member that has got a new name.
async def test_two_processes_share_the_partitions_and_the_one_that_stays_takes_all(
    broker: AnyBroker, shares: Shares
) -> None:
    where, name, both = topic(), uuid4().hex, Receiver()
    await ensure_topics(broker.url, 4, topics=[where])
    ear = Ear(both, frozenset({where}), name)
    together, again = ([letter(where) for _ in range(20)] for _ in range(2))
    whole = shares.next(4)
    async with started(KafkaBus(broker.url, "staying"), ear) as staying:
        await whole
        half = shares.next(2, members=2)
        async with started(KafkaBus(broker.url, "leaving"), ear) as leaving:
            await half
            await carry(leaving, together)
            await both.has(together)
            whole = shares.next(4)
        await whole
        await carry(staying, again)
        await both.has(again)
