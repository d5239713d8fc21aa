"""The relay: the one that carries letters from a service's outbox to the bus, in order."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import outbox
from shared.bus.port import Bus, BusUnavailable

log = logging.getLogger("juyang.relay")
LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext(:name), :part)")
BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Relay:
    """Relays one partition of a service's outbox; holds the partition's advisory lock per batch."""

    def __init__(
        self, service: str, engine: AsyncEngine, bus: Bus, *, part: int, parts: int, batch: int
    ) -> None:
        self._service = service
        self._engine = engine
        self._bus = bus
        self._part = part
        self._parts = parts
        self._batch = batch

    async def once(self) -> int:
        """Carry one batch; returns how many letters were sent.

        Raises:
            BusUnavailable: nothing was marked; the same letters come again.
        """
        async with self._engine.begin() as connection:
            mine = await connection.execute(
                LOCK, {"name": f"{self._service}.relay", "part": self._part}
            )
            if not mine.scalar():
                return 0
            letters = await outbox.unsent(
                connection, part=self._part, parts=self._parts, most=self._batch
            )
            if letters:
                await self._bus.publish(letters)
                await outbox.mark_sent(connection, letters)
            return len(letters)

    async def run(self, wake: asyncio.Event, poll_s: float) -> None:
        """Carry letters until cancelled; sleeps until woken or until the next poll."""
        failures = 0
        while True:
            try:
                sent = await self.once()
                failures = 0
            except asyncio.CancelledError:
                raise
            except Exception as trouble:
                sent = 0
                if failures == 0 or not isinstance(trouble, BusUnavailable):
                    said = (
                        trouble if isinstance(trouble, BusUnavailable) else type(trouble).__name__
                    )
                    log.warning("relay %s: %s", self._service, said)
                await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
                failures += 1
            if sent == 0:
                wake.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), poll_s)
