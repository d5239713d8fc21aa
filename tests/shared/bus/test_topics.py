"""Topics are made by command, never by accident, and can be given more partitions."""

from __future__ import annotations

import time
from uuid import uuid4

import pytest

from deploy.ports import free_port
from shared.bus.kafka_topics import ensure_topics
from shared.bus.port import BusUnavailable
from shared.contracts.topics import ALL_TOPICS
from tests.shared.bus.broker import HOST
from tests.shared.bus.conftest import AnyBroker

pytestmark = pytest.mark.anyio


async def test_missing_topics_are_made_once(own_broker: AnyBroker) -> None:
    url = own_broker.url
    assert await ensure_topics(url, 3) == dict.fromkeys(ALL_TOPICS, "created")
    assert await ensure_topics(url, 3) == dict.fromkeys(ALL_TOPICS, "exists")


async def test_partitions_are_raised_only_on_demand(broker: AnyBroker) -> None:
    name = uuid4().hex
    await ensure_topics(broker.url, 2, topics=[name])
    assert await ensure_topics(broker.url, 4, topics=[name]) == {name: "fewer"}
    assert await ensure_topics(broker.url, 4, topics=[name], grow=True) == {name: "grown"}
    assert await ensure_topics(broker.url, 4, topics=[name]) == {name: "exists"}


async def test_a_cluster_that_is_away_is_named() -> None:
    began, url = time.monotonic(), f"kafka://{HOST}:{free_port()}"
    with pytest.raises(BusUnavailable, match=url.removeprefix("kafka://")):
        await ensure_topics(url)
    assert time.monotonic() - began < 10
