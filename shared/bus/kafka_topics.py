"""The topics of the letters as they should be on a Kafka cluster, made where they are missing."""

from __future__ import annotations

from collections.abc import Iterable

from shared.bus.kafka_cluster import Cluster, administering
from shared.bus.port import LARGEST_RECORD
from shared.contracts.topics import ALL_TOPICS, KEPT_DAYS

PARTITIONS = 12
SAFE_REPLICATION = 3
DAY_MS = 24 * 3600 * 1000
USUAL_DAYS = 14


def settings_of(topic: str, replication: int) -> dict[str, str]:
    """What a topic is set to; a copy may be away without stopping the writers."""
    safe = 2 if replication >= SAFE_REPLICATION else 1
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(KEPT_DAYS.get(topic, USUAL_DAYS) * DAY_MS),
        "max.message.bytes": str(LARGEST_RECORD),
        "min.insync.replicas": str(safe),
    }


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
    wanted = list(topics)
    async with administering(url) as cluster:
        there = await cluster.names()
        missing = [topic for topic in wanted if topic not in there]
        if missing:
            settings = {topic: settings_of(topic, replication) for topic in missing}
            await cluster.create(settings, partitions, replication)
        present = [topic for topic in wanted if topic in there]
        found = await _present(cluster, present, partitions, grow)
        return dict.fromkeys(missing, "created") | found


async def _present(
    cluster: Cluster, topics: list[str], partitions: int, grow: bool
) -> dict[str, str]:
    described = await cluster.partitions(topics)
    few = [topic for topic, some in described.items() if len(some) < partitions]
    if few and grow:
        await cluster.grow(few, partitions)
    word = "grown" if grow else "fewer"
    return dict.fromkeys(topics, "exists") | dict.fromkeys(few, word)
