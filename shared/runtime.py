"""A running service: its database, bus, clock and tokens, and the tasks that work behind it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared import audit
from shared.auth import Tokens
from shared.bus.port import Bus
from shared.caller import Caller
from shared.clock import clock_of
from shared.db import Database
from shared.inbox import Hearing, Inbox
from shared.metrics import Figure, Metering
from shared.metrics_rounds import Rounds
from shared.relay import Relay
from shared.retention import CHUNK, prune
from shared.settings import Settings
from shared.vault import key_file
from shared.work import Work

log = logging.getLogger("juyang.runtime")
SEAL_EVERY_S = 1.0
PRUNE_EVERY_S = 3600.0


@dataclass(frozen=True, slots=True)
class Service:
    """What a service's `main.py` hands over: its name, routers, ears and topics."""

    name: str
    title: str
    routers: Sequence[Any]
    hearings: Sequence[Hearing] = ()
    topics: frozenset[str] = frozenset()
    jobs: Sequence[Callable[[Runtime], Awaitable[None]]] = ()
    state: Callable[[Settings], dict[str, Any]] = field(default=lambda settings: {})
    figures: Callable[[Work], Awaitable[Sequence[Figure]]] | None = None


class Runtime:
    """Starts and stops one service's background work; doors and jobs reach everything by it."""

    def __init__(self, service: Service, settings: Settings, bus: Bus) -> None:
        self.service = service
        self.settings = settings
        self.bus = bus
        self.database = Database(settings, service.name)
        self.metering = Metering(service.name)
        self.clock = clock_of(settings.clock, settings.directory)
        self.tokens = Tokens(settings)
        self.digest_key = key_file(settings.directory / "secrets" / "digest.key")
        self.wake = asyncio.Event()
        self.state = service.state(settings)
        self.inbox = Inbox(
            service.name,
            self.database.app,
            self.clock,
            service.hearings,
            self.committed,
            self.state,
        )
        parts = settings.relay_partitions
        self.relays = [
            Relay(
                service.name,
                self.database.jobs,
                self.metering.sending(bus),
                part=part,
                parts=parts,
                batch=settings.relay_batch,
            )
            for part in range(parts)
        ]
        self.rounds = Rounds(self)
        self._tasks: list[asyncio.Task[None]] = []
        if service.topics:
            heard = self.metering.hearing(self.inbox.receive)
            bus.subscribe(service.name, service.topics, heard)

    def work(self, caller: Caller) -> Work:
        """A unit of work for a job of this service, under the jobs role (all of its areas)."""
        return Work(self.database.jobs, caller, self.clock, state=self.state)

    def committed(self) -> None:
        """Something was committed: the relay may have letters to carry."""
        self.wake.set()

    async def start(self) -> None:
        """Start relays, sealer, rounds and jobs; the bus is started by whoever owns it."""
        if self.settings.run_relay:
            poll_s = self.settings.relay_poll_ms / 1000
            self._tasks += [asyncio.create_task(r.run(self.wake, poll_s)) for r in self.relays]
            self._tasks.append(asyncio.create_task(self._seal()))
            self._tasks.append(asyncio.create_task(self._prune()))
        if self.metering.on:
            self._tasks.append(asyncio.create_task(self.rounds.run()))
        self._tasks += [asyncio.ensure_future(run(self)) for run in self.service.jobs]

    async def stop(self) -> None:
        """Cancel the background work, wait for it and close the pools."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self.metering.close()
        await self.database.close()

    async def trouble(self) -> list[str]:
        """Why the service is not ready, in sentences; empty when it is."""
        found: list[str] = []
        try:
            async with asyncio.timeout(3), self.database.app.connect() as connection:
                await connection.execute(text("SELECT 1 FROM outbox LIMIT 1"))
        except (SQLAlchemyError, OSError, TimeoutError):
            found.append("数据库不可用或未迁移 · the database is away or not migrated")
        if (bus := self.bus.trouble()) is not None:
            found.append(bus)
        return found

    async def carry(self) -> int:
        """Carry every waiting letter now (tests and orderly shutdown); returns how many."""
        total = 0
        for relay in self.relays:
            while sent := await relay.once():
                total += sent
        return total

    async def _seal(self) -> None:
        while True:
            sealed = 0
            try:
                async with self.database.jobs.begin() as connection:
                    sealed = await audit.seal(connection)
            except Exception as trouble:
                log.warning("sealer %s: %s", self.service.name, type(trouble).__name__)
            await asyncio.sleep(0 if sealed == audit.SEAL_BATCH else SEAL_EVERY_S)

    async def _prune(self) -> None:
        while True:
            gone = 0
            try:
                gone = await prune(self.database.jobs, self.settings)
            except Exception as trouble:
                log.warning("pruner %s: %s", self.service.name, type(trouble).__name__)
            await asyncio.sleep(0 if gone >= CHUNK else PRUNE_EVERY_S)
