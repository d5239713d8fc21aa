"""Wakes those who carry letters after a commit: in this process at once, elsewhere by NOTIFY.

Outside the transaction that wrote the letters, and never oftener than every 20 ms: a NOTIFY takes
a lock of the whole database while it commits. Whoever misses one finds the letters by polling.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.bounds import rung
from shared.driver import Line

log = logging.getLogger("juyang.wake")
# A wake-up that a crash loses costs one poll, so its commit need not wait for the disk.
NOTIFY = "SELECT set_config('synchronous_commit', 'off', true), pg_notify(:channel, '')"
THROTTLE_S = 0.02
AGAIN_S = 1.0
PROBE_S = 30.0
ANSWER_S = 5.0


class Wake:
    """One service's wake-ups in one process."""

    def __init__(self, service: str, engine: AsyncEngine) -> None:
        self._channel = f"juyang_{service}"
        self._engine = engine
        self._bells: list[asyncio.Event] = []
        self._due = asyncio.Event()

    def bell(self) -> asyncio.Event:
        """A bell of its own for everybody who waits: nobody clears another's."""
        bell = asyncio.Event()
        self._bells.append(bell)
        return bell

    def ring(self) -> None:
        """Something was committed here."""
        self._ring_here()
        self._due.set()

    async def tell(self) -> None:
        """Pass rings on to the relays of other processes, until cancelled."""
        failing = False
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await Line.alone(self._engine, NOTIFY, {"channel": self._channel})
                failing = False
            except Exception as trouble:
                if not failing:
                    log.warning("%s cannot notify: %s", self._channel, type(trouble).__name__)
                failing = True
            await asyncio.sleep(THROTTLE_S)

    async def listen(self) -> None:
        """Ring here what other processes tell; connects again whenever the database comes back."""
        failing = False
        while True:
            try:
                await self._hear()
                failing = False
            except Exception as trouble:
                if not failing:
                    log.warning("%s cannot listen: %s", self._channel, type(trouble).__name__)
                failing = True
            await asyncio.sleep(AGAIN_S)

    async def _hear(self) -> None:
        """Listen on a connection of its own, until that is lost."""
        async with self._engine.connect() as connection:
            line: Any = (await connection.get_raw_connection()).driver_connection
            await connection.run_sync(lambda own: own.detach())
            lost = asyncio.Event()
            line.add_termination_listener(lambda _: lost.set())
            await line.add_listener(self._channel, lambda *_: self._ring_here())
            self._ring_here()  # for what was told while nobody listened
            while not lost.is_set():
                if await rung(lost, PROBE_S):
                    return
                async with asyncio.timeout(ANSWER_S):
                    await line.execute("SELECT 1")

    def _ring_here(self) -> None:
        for bell in self._bells:
            bell.set()
