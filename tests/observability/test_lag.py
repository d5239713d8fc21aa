"""Stories of lag on a Kafka-protocol broker: what waits is counted, also when nobody listens."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiokafka.errors import KafkaError

from shared.bus.kafka import KafkaBus
from shared.bus.kafka_topics import ensure_topics
from shared.contracts.letter import Envelope
from shared.contracts.topics import INTAKE_AREAS, INTAKE_PERSONS
from shared.metrics_kafka import Lag
from tests.shared.bus.conftest import broker_at
from tests.shared.bus.parties import letter

pytestmark = pytest.mark.anyio
GROUP, TOPICS = "vouchers", frozenset({INTAKE_PERSONS, INTAKE_AREAS})
PARTITIONS = 3
SOON_S = 20.0


async def test_letters_wait_until_the_group_has_taken_them_and_then_no_more(
    tmp_path: Path,
) -> None:
    with broker_at(tmp_path) as broker:
        await ensure_topics(broker.url, PARTITIONS)
        lag, bus = Lag(broker.url, GROUP, TOPICS), KafkaBus(broker.url, "test")
        heard: list[Envelope] = []
        all_heard = asyncio.Event()

        async def receive(letters: Sequence[Envelope]) -> None:
            heard.extend(letters)
            if len(heard) == 5:
                all_heard.set()

        await bus.start()
        await bus.publish([letter(INTAKE_PERSONS) for _ in range(5)])
        assert dict(await lag.read()) == {INTAKE_PERSONS: 5, INTAKE_AREAS: 0}
        await bus.stop()
        listening = KafkaBus(broker.url, "test")
        listening.subscribe(GROUP, TOPICS, receive)
        await listening.start()
        async with asyncio.timeout(SOON_S):
            await all_heard.wait()
        await listening.stop()
        assert dict(await lag.read()) == {INTAKE_PERSONS: 0, INTAKE_AREAS: 0}
        await lag.close()


async def test_a_broker_that_is_away_is_said_and_one_that_came_back_is_asked_again(
    tmp_path: Path,
) -> None:
    with broker_at(tmp_path) as broker:
        await ensure_topics(broker.url, PARTITIONS)
        lag = Lag(broker.url, GROUP, TOPICS)
        assert sum((await lag.read()).values()) == 0
        broker.kill()
        with pytest.raises((KafkaError, OSError, TimeoutError)):
            await lag.read()
        broker.start()
        assert sum((await lag.read()).values()) == 0
        await lag.close()
