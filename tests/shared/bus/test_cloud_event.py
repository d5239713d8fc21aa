"""What lies on the topic itself, read by a bare consumer: a CloudEvent 1.0 in binary mode."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer
from cloudevents.core.bindings.kafka import KafkaMessage, from_binary_event
from cloudevents.core.formats.json import JSONFormat

from shared.bus.choose import bus_of
from tests.shared.bus.conftest import AnyBroker
from tests.shared.bus.parties import PATIENCE_S, Rig, carry, letter, started

pytestmark = pytest.mark.anyio
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


async def first_record(broker: AnyBroker, where: str) -> Any:
    """The first record of a topic, as any Kafka client sees it."""
    consumer = AIOKafkaConsumer(
        where,
        bootstrap_servers=broker.url.removeprefix("kafka://"),
        auto_offset_reset="earliest",
    )
    async with asyncio.timeout(PATIENCE_S):
        await consumer.start()
        try:
            return await consumer.getone()
        finally:
            await consumer.stop()


async def test_a_record_on_the_topic_is_a_cloud_event_in_binary_mode(broker: AnyBroker) -> None:
    where = await Rig(broker.url).topic()
    sent = replace(
        letter(where, seq=3, trace=TRACE),
        application_id=uuid4(),
        causation_id=uuid4(),
        agency="provider-1",
    )
    bus = bus_of(broker.url, "wire")
    async with started(bus):
        await carry(bus, [sent])
    record = await first_record(broker, where)
    assert record.key == str(sent.key).encode()
    assert record.value == sent.facts
    found = {name: value.decode() for name, value in record.headers}
    hop = found.pop("traceparent", TRACE)
    assert hop.split("-")[1] == TRACE.split("-")[1]
    assert found == {
        "content-type": "application/json",
        "ce_specversion": "1.0",
        "ce_id": str(sent.id),
        "ce_type": "intake.person.died.v1",
        "ce_source": f"/{sent.source}",
        "ce_time": sent.occurred_at.isoformat(),
        "ce_subject": str(sent.aggregate_id),
        "ce_partitionkey": str(sent.person_id),
        "ce_seq": "3",
        "ce_recordedat": sent.recorded_at.isoformat(),
        "ce_personid": str(sent.person_id),
        "ce_applicationid": str(sent.application_id),
        "ce_causationid": str(sent.causation_id),
        "ce_areacode": "110105001001",
        "ce_agency": "provider-1",
        "ce_traceparent": TRACE,
    }
    message = KafkaMessage(headers=dict(record.headers), key=record.key, value=record.value)
    event = from_binary_event(message, JSONFormat())
    assert (event.get_specversion(), event.get_id()) == ("1.0", str(sent.id))
    assert event.get_data() == {"died_on": "2010-01-04"}
