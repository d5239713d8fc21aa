"""`juyang up --processes`: PostgreSQL, five service processes on Kafka, and a gateway."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from deploy.postgres_server import free_port
from deploy.processes_child import Child, Plan
from deploy.processes_gateway import Gateway
from shared.auth import Tokens
from shared.bus.kafka_topics import ensure_topics
from shared.bus.port import BusUnavailable
from shared.settings import Settings

log = logging.getLogger("juyang.processes")
RECORD = "processes.json"
ALIVE_WITHIN_S = 120.0
TOPICS_AGAIN_S = 2.0


class Processes:
    """Five children and the gateway in front of them; DATA/processes.json says who runs where."""

    def __init__(self, settings: Mapping[str, Settings], bus: str, data: Path) -> None:
        self._bus = bus
        self._record = data / RECORD
        self._children = [
            Child(Plan(name, free_port(), bus, data, one), self._tell)
            for name, one in settings.items()
        ]
        urls = {one.plan.service: one.plan.url for one in self._children}
        self.gateway = Gateway(urls, Tokens(next(iter(settings.values()))))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All five alive, whether Kafka is there or not; they end with the block."""
        tasks = [asyncio.create_task(one.keep()) for one in self._children]
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
        seen = {one.plan.service: {"pid": one.pid, "url": one.plan.url} for one in self._children}
        draft.write_text(json.dumps(seen))
        draft.replace(self._record)
