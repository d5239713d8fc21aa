"""Letters up to the agreed size pass whole; a stranger's record of 5 MB stops nobody."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from deploy.kafka.broker import KafkaBroker
from shared.bus import wire
from shared.bus.choose import bus_of
from shared.bus.kafka_cluster import administering
from shared.bus.kafka_topics import settings_of
from shared.bus.port import LARGEST_RECORD, BusUnavailable
from tests.kafka.secured import ready, says
from tests.shared.bus.parties import Ear, Receiver, carry, letter, started, topic

pytestmark = pytest.mark.anyio
MILLION = 1_000_000
FIVE_MB = 5 * 1024 * 1024


async def made(broker: KafkaBroker, **settings: str) -> str:
    """A topic as ours are, with a setting changed."""
    name = topic()
    async with administering(broker.url) as cluster:
        await cluster.create({name: {**settings_of(name, 1), **settings}}, 1, 1)
    return name


async def test_the_largest_letter_passes_with_the_blanks_that_jsonb_adds(
    kafka: KafkaBroker,
) -> None:
    where, receiver = await made(kafka), Receiver()
    facts = orjson.dumps({"x": [1] * ((MILLION - 8) // 2)})
    blown_up = facts.replace(b",", b", ")
    largest = replace(letter(where), facts=blown_up)
    assert len(facts) < MILLION < len(blown_up) < LARGEST_RECORD
    small, behind = letter(where), letter(where)
    bus = bus_of(kafka.url, "large")
    async with started(bus, Ear(receiver, frozenset({where}))):
        await carry(bus, [small, largest, behind])
        await receiver.has([small, largest, behind])
    assert [one.id for one in receiver.effects] == [small.id, largest.id, behind.id]
    assert receiver.effects[1].facts == blown_up


async def test_a_letter_that_the_topic_does_not_take_is_said(kafka: KafkaBroker) -> None:
    where = await made(kafka)
    huge = replace(letter(where), facts=b'"' + b"x" * LARGEST_RECORD + b'"')
    bus = bus_of(kafka.url, "huge")
    async with started(bus):
        with pytest.raises(BusUnavailable, match="MessageSizeTooLarge"):
            await bus.publish([huge])
        await says(bus, "MessageSizeTooLarge")
        await carry(bus, [letter(where)])
        await ready(bus)


async def test_a_strangers_record_of_5_mb_arrives_and_the_letters_behind_it_too(
    kafka: KafkaBroker,
) -> None:
    where, receiver = await made(kafka, **{"max.message.bytes": str(2 * FIVE_MB)}), Receiver()
    before, behind = letter(where), letter(where)
    bus = bus_of(kafka.url, "wide")
    async with started(bus):
        await carry(bus, [before])
        await strangers(kafka, where, b"x" * FIVE_MB)
        await carry(bus, [behind])
    reader = bus_of(kafka.url, "reader")
    async with started(reader, Ear(receiver, frozenset({where}))):
        await receiver.has([before, behind])
        await ready(reader)
    first, strange, last = receiver.effects
    assert (first.id, last.id) == (before.id, behind.id)
    assert strange.type == wire.UNREADABLE
    assert len(strange.facts) < wire.SHOWN_BYTES * 2


async def strangers(broker: KafkaBroker, where: str, value: bytes) -> None:
    """Somebody who keeps to no size of ours writes to a topic."""
    producer = AIOKafkaProducer(
        bootstrap_servers=f"127.0.0.1:{broker.port}", max_request_size=4 * FIVE_MB
    )
    await producer.start()
    try:
        await producer.send_and_wait(where, value, key=b"stranger")
    finally:
        await producer.stop()
