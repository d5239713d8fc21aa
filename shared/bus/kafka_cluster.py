"""A Kafka cluster as its administrator sees it: topics with their settings, and rights."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared.bus.address import Address, read_address
from shared.bus.kafka_refusal import AWAY, away, explain, refused
from shared.bus.kafka_rights import Right, grant, granted
from shared.bus.port import BusUnavailable

CLIENT = "juyang-topics"
PATIENCE_S = 30.0
SET_FOR_TOPIC = 1
"""Kafka's ConfigSource of a setting that was given to the topic itself."""


@dataclass(frozen=True, slots=True)
class Found:
    """A topic that is there; `settings` are those given to it, without the broker's own."""

    partitions: int
    replication: int
    settings: Mapping[str, str]


class Cluster:
    """Asks and tells a cluster; see `administering`."""

    def __init__(self, address: Address) -> None:
        options = address.options()
        self._admin = AIOKafkaAdminClient(client_id=CLIENT, **options)
        self._client = AIOKafkaClient(client_id=CLIENT, **options)

    async def open(self) -> None:
        await self._admin.start()
        await self._client.bootstrap()

    async def close(self) -> None:
        await self._client.close()
        await self._admin.close()

    async def names(self) -> set[str]:
        """The topics that are there."""
        return set(await self._admin.list_topics())

    async def partitions(self, topics: Sequence[str]) -> dict[str, list[Any]]:
        """Each topic's partitions, as the protocol describes them."""
        described = await self._admin.describe_topics(list(topics)) if topics else []
        return {one["topic"]: one["partitions"] for one in described}

    async def topics(self, wanted: Iterable[str]) -> dict[str, Found]:
        """Those of the topics that are there, with their settings."""
        there = sorted(set(wanted) & await self.names())
        settings = await self._settings(there)
        parts = await self.partitions(there)
        return {
            topic: Found(len(some), len(some[0]["replicas"]), settings[topic])
            for topic, some in parts.items()
        }

    async def create(
        self, topics: Mapping[str, Mapping[str, str]], partitions: int, replication: int
    ) -> None:
        """Make topics with their settings; one that somebody else made meanwhile is left."""
        wanted = [
            NewTopic(topic, partitions, replication, topic_configs=dict(settings))
            for topic, settings in topics.items()
        ]
        answer: Any = await self._admin.create_topics(wanted)
        for _, code, message in answer.topic_errors:
            if code and for_code(code) is not TopicAlreadyExistsError:
                raise for_code(code)(message)

    async def grow(self, topics: Iterable[str], partitions: int) -> None:
        """Raise topics to so many partitions."""
        await self._admin.create_partitions({one: NewPartitions(partitions) for one in topics})

    async def alter(self, topic: str, settings: Mapping[str, str]) -> None:
        """Give a topic exactly these settings; what is left out falls back to the broker's."""
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, dict(settings))
        for answer in await self._admin.alter_configs([resource]):
            told: Any = answer
            for code, message, *_ in told.resources:
                if code:
                    raise for_code(code)(message)

    async def rights(self) -> set[Right] | None:
        """All rights granted, or none when the cluster asks nobody for any."""
        return await granted(self._client)

    async def grant(self, rights: Iterable[Right]) -> None:
        await grant(self._client, rights)

    async def _settings(self, topics: Sequence[str]) -> dict[str, dict[str, str]]:
        if not topics:
            return {}
        asked = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in topics]
        found: dict[str, dict[str, str]] = {}
        for answer in await self._admin.describe_configs(asked):
            told: Any = answer
            for code, message, _, topic, entries in told.resources:
                if code:
                    raise for_code(code)(message)
                found[topic] = {
                    name: value for name, value, _, source, *_ in entries if source == SET_FOR_TOPIC
                }
        return found


@asynccontextmanager
async def administering(url: str) -> AsyncIterator[Cluster]:
    """A connection to a cluster, bounded in time.

    Raises:
        BusUnavailable: the cluster is away or refused, in one sentence; what was done stays.
    """
    address = read_address(url)
    cluster = Cluster(address)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await cluster.open()
            yield cluster
    except TimeoutError as late:
        raise BusUnavailable(await explain(address) or away(address)) from late
    except AWAY as failure:
        raise BusUnavailable(await explain(address) or refused(address, failure)) from failure
    finally:
        await cluster.close()
