"""What `juyang topics apply` would change on a Kafka cluster, what it will not, and doing it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shared.bus.kafka_cluster import Cluster, Found
from shared.bus.kafka_rights import Right, rights_of
from shared.bus.kafka_topics import PARTITIONS, settings_of
from shared.contracts.topics import ALL_TOPICS

Settings = Mapping[str, str]
SERVICE = "{service}"


@dataclass(frozen=True, slots=True)
class Wish:
    """How topics and rights should be.

    `hears` are the topics that each service hears; `users` is the pattern of the services' user
    names (`juyang-{service}`), empty when no rights are to be granted.
    """

    hears: Mapping[str, frozenset[str]]
    partitions: int = PARTITIONS
    replication: int = 1
    grow: bool = False
    users: str = ""

    def rights(self) -> list[Right]:
        """What every service's user needs."""
        return [
            right
            for service, heard in self.hears.items()
            for right in rights_of(service, heard, self.users.replace(SERVICE, service))
        ]


@dataclass(slots=True)
class Plan:
    """Changes from what is there to what should be; empty when nothing is to be done."""

    wish: Wish
    create: dict[str, Settings] = field(default_factory=dict)
    grow: dict[str, int] = field(default_factory=dict)
    alter: dict[str, tuple[Settings, Settings]] = field(default_factory=dict)
    grant: list[Right] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """What is not as it should be and is left so, with the mend, in Chinese and English."""

    @property
    def changes(self) -> int:
        """How many things would change."""
        return len(self.create) + len(self.grow) + len(self.alter) + len(self.grant)

    def lines(self) -> Iterator[str]:
        """The plan for people: + made, ~ changed, ! left as it is."""
        shape = f"partitions={self.wish.partitions} replication={self.wish.replication}"
        for topic, settings in self.create.items():
            told = " ".join(f"{name}={value}" for name, value in settings.items())
            yield f"+ topic {topic} {shape} {told}"
        for topic, now in self.grow.items():
            yield f"~ topic {topic} partitions {now} -> {self.wish.partitions}"
        for topic, (before, after) in self.alter.items():
            for name in (one for one in after if before.get(one) != after[one]):
                yield f"~ topic {topic} {name} {before.get(name, '-')} -> {after[name]}"
        for right in self.grant:
            yield f"+ acl {right}"
        for sentence in self.left:
            yield f"! {sentence}"

    async def apply(self, cluster: Cluster) -> None:
        """Do it; what was done stays when something fails, and a second run does the rest."""
        if self.create:
            await cluster.create(self.create, self.wish.partitions, self.wish.replication)
        if self.grow:
            await cluster.grow(self.grow, self.wish.partitions)
        for topic, (_, after) in self.alter.items():
            await cluster.alter(topic, after)
        await cluster.grant(self.grant)


async def plan_for(cluster: Cluster, wish: Wish) -> Plan:
    """Compare a cluster with a wish."""
    plan = Plan(wish)
    found = await cluster.topics(ALL_TOPICS)
    for topic in ALL_TOPICS:
        settings = settings_of(topic, wish.replication)
        if topic in found:
            _compare(plan, topic, found[topic], settings)
        else:
            plan.create[topic] = settings
    if wish.users:
        _compare_rights(plan, await cluster.rights())
    return plan


def _compare(plan: Plan, topic: str, now: Found, settings: Settings) -> None:
    wish = plan.wish
    if now.replication != wish.replication:
        plan.left.append(
            f"{topic} 有 {now.replication} 份副本，应为 {wish.replication}："
            "请用 kafka-reassign-partitions.sh · "
            f"{topic} has {now.replication} replicas, {wish.replication} wanted: "
            "use kafka-reassign-partitions.sh"
        )
        settings = settings_of(topic, now.replication)
    wanted = {**now.settings, **settings}
    if wanted != now.settings:
        plan.alter[topic] = (now.settings, wanted)
    if now.partitions > wish.partitions:
        plan.left.append(
            f"{topic} 有 {now.partitions} 个分区，应为 {wish.partitions}：分区只增不减 · "
            f"{topic} has {now.partitions} partitions, {wish.partitions} wanted: "
            "they are never taken away"
        )
    elif now.partitions < wish.partitions and wish.grow:
        plan.grow[topic] = now.partitions
    elif now.partitions < wish.partitions:
        plan.left.append(
            f"{topic} 有 {now.partitions} 个分区，应为 {wish.partitions}："
            "先让各服务读完并停止，再加 --grow · "
            f"{topic} has {now.partitions} partitions, {wish.partitions} wanted: "
            "let everything be read, stop the services, then add --grow"
        )


def _compare_rights(plan: Plan, granted: set[Right] | None) -> None:
    if granted is None:
        plan.left.append(
            "集群没有授权器，谁都可以读写；未设置权限 · "
            "the cluster has no authorizer, anybody may read and write; no rights are set"
        )
        return
    wanted = plan.wish.rights()
    plan.grant = [right for right in wanted if right not in granted]
    ours = {right.user for right in wanted}
    for right in sorted(granted - set(wanted)):
        if right.user in ours:
            plan.left.append(
                f"多余的权限不会删除：{right} · "
                f"a right that is not needed is not taken away: {right}"
            )
