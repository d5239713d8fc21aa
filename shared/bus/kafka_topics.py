"""Makes the topics of the letters on a Kafka cluster: for `juyang topics apply` and for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from shared.bus.address import read_address
from shared.bus.port import BusUnavailable
from shared.contracts.topics import ALL_TOPICS

PARTITIONS = 12
PATIENCE_S = 30.0
SAFE_REPLICATION = 3
KEPT_MS = 30 * 24 * 3600 * 1000
LARGEST_BYTES = 1_048_588


async def ensure_topics(
    url: str,
    partitions: int = PARTITIONS,
    replication: int = 1,
    *,
    topics: Iterable[str] = ALL_TOPICS,
    grow: bool = False,
) -> dict[str, str]:
    """Make missing topics; answers what became of each: created, exists, fewer, grown.

    `fewer` is a topic with fewer partitions than asked; `grow` raises them, which moves keys to
    other partitions: let the consumers read everything before (docs/operations.md).

    Raises:
        BusUnavailable: the cluster is away or refused; what was made stays.
    """
    address = read_address(url)
    admin = AIOKafkaAdminClient(client_id="juyang-topics", **address.options())
    try:
        async with asyncio.timeout(PATIENCE_S):
            await admin.start()
            return await _ensure(admin, list(topics), partitions, replication, grow)
    except (KafkaError, OSError, TimeoutError) as failure:
        raise BusUnavailable(f"Kafka at {address.shown}: {type(failure).__name__}") from failure
    finally:
        await admin.close()


async def _ensure(
    admin: AIOKafkaAdminClient, topics: list[str], partitions: int, replication: int, grow: bool
) -> dict[str, str]:
    there = set(await admin.list_topics())
    missing = [topic for topic in topics if topic not in there]
    if missing:
        settings = _settings(replication)
        wanted = [
            NewTopic(topic, partitions, replication, topic_configs=settings) for topic in missing
        ]
        _check(await admin.create_topics(wanted))
    found = dict.fromkeys(missing, "created")
    present = [topic for topic in topics if topic in there]
    return found | await _present(admin, present, partitions, grow)


async def _present(
    admin: AIOKafkaAdminClient, topics: list[str], partitions: int, grow: bool
) -> dict[str, str]:
    described = await admin.describe_topics(topics) if topics else []
    few = [one["topic"] for one in described if len(one["partitions"]) < partitions]
    if few and grow:
        await admin.create_partitions({topic: NewPartitions(partitions) for topic in few})
    word = "grown" if grow else "fewer"
    return dict.fromkeys(topics, "exists") | dict.fromkeys(few, word)


def _settings(replication: int) -> dict[str, str]:
    """Letters stay in the outboxes for good; the topics keep what an outage may need."""
    safe = 2 if replication >= SAFE_REPLICATION else 1
    return {
        "retention.ms": str(KEPT_MS),
        "max.message.bytes": str(LARGEST_BYTES),
        "min.insync.replicas": str(safe),
    }


def _check(answer: Any) -> None:
    for _, code, _ in answer.topic_errors:
        if code and for_code(code) is not TopicAlreadyExistsError:
            raise for_code(code)
