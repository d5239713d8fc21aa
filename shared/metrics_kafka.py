"""How far a service's consumer group is behind its topics: asked of the broker, not of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import CoordinatorLoadInProgressError as Loading
from aiokafka.errors import GroupCoordinatorNotAvailableError as NoCoordinator
from aiokafka.errors import KafkaError

from shared.bounds import within
from shared.bus.address import read_address

ANSWER_S = 10.0
GOODBYE_S = 2.0
PAUSE_S = 0.5
NEVER = -1


class Lag:
    """Letters on the topics that the group has not committed; dead consumers lag too."""

    def __init__(self, url: str, group: str, topics: frozenset[str]) -> None:
        self._options = read_address(url).options()
        self._group = group
        self._topics = topics
        self._reader: AIOKafkaConsumer | None = None
        self._admin: AIOKafkaAdminClient | None = None

    async def read(self) -> Mapping[str, int]:
        """Letters that wait, by topic.

        Raises:
            KafkaError, OSError, TimeoutError: the broker is away; the next call connects anew.
        """
        try:
            return await within(ANSWER_S, self._read())
        except (KafkaError, OSError, TimeoutError, asyncio.CancelledError):
            await self.close()  # of what was broken off nobody knows what it still awaits
            raise

    async def close(self) -> None:
        """Give the connections back; bounded, whatever hangs."""
        reader, self._reader = self._reader, None
        admin, self._admin = self._admin, None
        with suppress(KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                if reader is not None:
                    await reader.stop()
                if admin is not None:
                    await admin.close()

    async def _read(self) -> Mapping[str, int]:
        reader, admin = await self._connected()
        places = [
            TopicPartition(topic["topic"], partition["partition"])
            for topic in await admin.describe_topics(sorted(self._topics))
            for partition in topic["partitions"]
        ]
        committed = await self._committed(admin)
        first = await reader.beginning_offsets(places)
        ends = await reader.end_offsets(places)
        waiting = dict.fromkeys(sorted(self._topics), 0)
        for place in places:
            known = committed.get(place)
            read = known.offset if known is not None and known.offset > NEVER else first[place]
            waiting[place.topic] += max(0, ends[place] - max(read, first[place]))
        return waiting

    async def _committed(self, admin: AIOKafkaAdminClient) -> Mapping[TopicPartition, Any]:
        """What the group has committed; a young broker needs a moment to find its coordinator."""
        while True:
            try:
                return await admin.list_consumer_group_offsets(self._group)
            except (NoCoordinator, Loading):
                await asyncio.sleep(PAUSE_S)

    async def _connected(self) -> tuple[AIOKafkaConsumer, AIOKafkaAdminClient]:
        if self._reader is None:
            # Subscribed to nothing, so that it fetches nothing: it only knows where topics end.
            self._reader = AIOKafkaConsumer(**self._options)
            await self._reader.start()
        if self._admin is None:
            self._admin = AIOKafkaAdminClient(**self._options)
            await self._admin.start()
        return self._reader, self._admin
