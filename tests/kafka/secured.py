"""A safe Apache Kafka for the stories: TLS by an authority of its own, a user for each service."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from deploy.kafka.broker import KafkaBroker
from deploy.kafka.safety import ADMIN, Safety
from deploy.office import service_of
from shared.bus.kafka_cluster import administering
from shared.bus.kafka_plan import Plan, Wish, plan_for
from shared.bus.port import Bus
from shared.migrate import SERVICES
from tests.authority import Authority
from tests.kafka.waiting import until

PATTERN = "juyang-{service}"
SECRET = "correct horse@battery/staple?"
WITHIN_S = 20.0
LOOK_EVERY_S = 0.05
PARTITIONS = 2
NO_JAVA = None if shutil.which("java") else "Apache Kafka needs Java (openjdk-17-jre-headless)"


@dataclass(frozen=True)
class Secured:
    """A running safe broker."""

    broker: KafkaBroker
    authority: Authority

    def url(self, user: str = ADMIN) -> str:
        return self.broker.url_of(user)

    def of(self, service: str) -> str:
        """The bus's address for a service, under its own user."""
        return self.url(PATTERN.format(service=service))

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.broker.port}"


@contextmanager
def safe_broker(place: Path) -> Iterator[Secured]:
    """One that lives as long as the block."""
    authority = Authority(place / "authority")
    named = [ADMIN, *(PATTERN.format(service=name) for name in SERVICES)]
    users = {user: f"{SECRET}{user}" for user in named}
    safety = Safety(authority.identity("broker"), authority.file, users)
    with KafkaBroker(place / "kafka", safety=safety) as broker:
        yield Secured(broker, authority)


def wish(*, users: str = PATTERN, partitions: int = PARTITIONS, grow: bool = False) -> Wish:
    """What `juyang topics apply` asks of this one broker."""
    hears = {name: service_of(name).topics for name in SERVICES}
    return Wish(hears, partitions, grow=grow, users=users)


async def apply(url: str, wished: Wish) -> Plan:
    """`juyang topics apply`."""
    async with administering(url) as cluster:
        plan = await plan_for(cluster, wished)
        await plan.apply(cluster)
        return plan


async def says(bus: Bus, words: str) -> str:
    """What a bus says in `/ready`, once it says these words."""
    async with asyncio.timeout(WITHIN_S):
        await until(partial(_said, bus, words), LOOK_EVERY_S)
    return bus.trouble() or ""


async def ready(bus: Bus) -> None:
    """Wait until a bus has no trouble."""
    async with asyncio.timeout(WITHIN_S):
        await until(partial(_has_none, bus), LOOK_EVERY_S)


async def _has_none(bus: Bus) -> bool:
    return bus.trouble() is None


async def _said(bus: Bus, words: str) -> bool:
    return words in (bus.trouble() or "")
