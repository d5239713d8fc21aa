"""A running service: its database, bus, clock and tokens, and the tasks that work behind it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared import audit
from shared.auth import Tokens
from shared.bounds import rung
from shared.bus.choose import DIRECT
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
from shared.wake import Wake
from shared.work import Work

log = logging.getLogger("juyang.runtime")
SEAL_EVERY_S = 1.0
SEAL_POLL_S = 10.0
"""What other processes wrote is sealed by then; what this one wrote rings."""
PRUNE_EVERY_S = 3600.0
MS_PER_S = 1000


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
        self.wake = Wake(service.name, self.database.jobs)
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
        self.wake.ring()

    async def start(self) -> None:
        """Start relays, sealer, rounds and jobs; the bus is started by whoever owns it."""
        self._tasks += [asyncio.create_task(run) for run in self._carriers()]
        if self.metering.on:
            self._tasks.append(asyncio.create_task(self.rounds.run()))
        self._tasks += [asyncio.ensure_future(run(self)) for run in self.service.jobs]

    def _carriers(self) -> list[Coroutine[Any, Any, None]]:
        """Relays and what else works on the outbox; without them, whoever wakes them elsewhere."""
        if not self.settings.run_relay:
            return [self.wake.tell()]
        poll_s = self.settings.relay_poll_ms / MS_PER_S
        found = [relay.run(self.wake.bell(), poll_s) for relay in self.relays]
        found += [self._seal(), self._prune()]
        # On the direct bus there is one process: nobody else could write letters.
        return found if self.settings.bus == DIRECT else [*found, self.wake.listen()]

    async def stop(self) -> None:
        """Cancel the background work, wait for it and close the pools."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        await self.rounds.close()
        await self.metering.close()
        await self.database.close()

    async def trouble(self) -> list[str]:
        """Why the service is not ready, in sentences; empty when it is."""
        said = (await self.database.trouble(), self.bus.trouble())
        return [one for one in said if one is not None]

    async def behind(self) -> int | None:
        """Letters that a broker still holds for this service; none when it cannot be asked."""
        return await self.rounds.behind()

    async def carry(self) -> int:
        """Carry every waiting letter now (tests and orderly shutdown); returns how many."""
        total = 0
        for relay in self.relays:
            while sent := await relay.once():
                total += sent
        return total

    async def _seal(self) -> None:
        bell = self.wake.bell()
        while True:
            bell.clear()
            sealed = 0
            try:
                async with self.database.jobs.begin() as connection:
                    sealed = await audit.seal(connection)
            except Exception as trouble:
                log.warning("sealer %s: %s", self.service.name, type(trouble).__name__)
            if sealed < audit.SEAL_BATCH:
                await asyncio.sleep(SEAL_EVERY_S)
                await rung(bell, SEAL_POLL_S)

    async def _prune(self) -> None:
        while True:
            gone = 0
            try:
                gone = await prune(self.database.jobs, self.settings)
            except Exception as trouble:
                log.warning("pruner %s: %s", self.service.name, type(trouble).__name__)
            await asyncio.sleep(0 if gone >= CHUNK else PRUNE_EVERY_S)
