"""`juyang up --processes`: PostgreSQL, service processes on Kafka, and a gateway."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from deploy.ports import free_port
from deploy.processes_child import Child
from deploy.processes_forge import Forge
from deploy.processes_gateway import Gateway
from deploy.processes_plan import Plan, Plans
from shared.auth import Tokens
from shared.bus.kafka_topics import ensure_topics
from shared.bus.port import BusUnavailable
from shared.settings import Settings

log = logging.getLogger("juyang.processes")
RECORD = "processes.json"
FORK_SERVER = "fork-server"
ALIVE_WITHIN_S = 120.0
TOPICS_AGAIN_S = 2.0


@dataclass(frozen=True, slots=True)
class Shape:
    """How an office is split: processes for each service, and whether relays stand apart."""

    copies: int = 1
    relays: bool = False


class Processes:
    """The children and the gateway in front of them; DATA/processes.json says who runs where."""

    def __init__(
        self, settings: Mapping[str, Settings], bus: str, data: Path, shape: Shape
    ) -> None:
        self._bus = bus
        self._record = data / RECORD
        self._forge = Forge()
        plans = _plans(settings, Plans(bus, data, shape.copies, shape.relays), shape)
        self._children = [Child(plan, self._forge, self._tell) for plan in plans]
        urls = {
            name: [plan.url for plan in plans if plan.service == name and plan.words[0] == "serve"]
            for name in settings
        }
        self.gateway = Gateway(urls, Tokens(next(iter(settings.values()))))

    @property
    def places(self) -> list[str]:
        """Where each process answers for its service."""
        return [f"{one.plan.url}/{one.plan.service}" for one in self._children]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All alive, whether Kafka is there or not; they end with the block."""
        tasks = [asyncio.create_task(one.keep()) for one in (self._forge, *self._children)]
        tasks.append(asyncio.create_task(self._topics()))
        try:
            async with asyncio.timeout(ALIVE_WITHIN_S), httpx.AsyncClient(trust_env=False) as look:
                await asyncio.gather(*(one.answering(look) for one in self._children))
            yield
        finally:
            await asyncio.gather(*(one.stop() for one in self._children))
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._record.unlink(missing_ok=True)

    async def _topics(self) -> None:
        """`juyang topics apply`, as soon as the broker is there."""
        while True:
            with contextlib.suppress(BusUnavailable):
                made = await ensure_topics(self._bus)
                log.info("topics: %d made", list(made.values()).count("created"))
                return
            await asyncio.sleep(TOPICS_AGAIN_S)

    def _tell(self) -> None:
        draft = self._record.with_suffix(f".{os.getpid()}")
        seen: dict[str, dict[str, object]] = {
            one.plan.name: {"pid": one.pid, "url": one.plan.url} for one in self._children
        }
        seen[FORK_SERVER] = {"pid": self._forge.pid}
        draft.write_text(json.dumps(seen))
        draft.replace(self._record)


def _plans(settings: Mapping[str, Settings], plans: Plans, shape: Shape) -> list[Plan]:
    found = [
        plans.serve(name, copy, one, free_port())
        for copy in range(1, shape.copies + 1)
        for name, one in settings.items()
    ]
    if shape.relays:
        found += [plans.relay(name, one, free_port()) for name, one in settings.items()]
    return found
