"""The relay: the one that carries letters from a service's outbox to the bus, in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared import outbox
from shared.bounds import rung
from shared.bus.port import Bus, BusUnavailable
from shared.bus.refusals import refused_for_good
from shared.contracts.letter import Envelope

log = logging.getLogger("juyang.relay")
LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext(:name), :part)")
BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
TAKEN_S = 0.05
"""After so long whoever holds the partition has looked again, or the letters are for us."""
REST_S = 2.0
"""The longest pause between polls: a wake-up that got lost costs no more."""
SLOWER = 2


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
        """Carry one batch; returns how many letters were sent, or held for the broker's refusal.

        Raises:
            BusUnavailable: nothing was marked; the same letters come again.
        """
        return await self._turn() or 0

    async def run(self, wake: asyncio.Event, poll_s: float) -> None:
        """Carry letters until cancelled; sleeps until woken, or polls: ever slower while idle."""
        failures, pause_s = 0, poll_s
        while True:
            # Before the look: whoever rings during it may have written behind its back.
            wake.clear()
            try:
                sent = await self._turn()
                if sent is None:
                    await asyncio.sleep(TAKEN_S)
                    sent = await self.once()
                failures = 0
            except asyncio.CancelledError:
                raise
            except Exception as trouble:
                sent = 0
                self._tell(trouble, first=failures == 0)
                await asyncio.sleep(BACKOFF_S[min(failures, len(BACKOFF_S) - 1)])
                failures += 1
            if sent:
                pause_s = poll_s
                continue
            woken = await rung(wake, pause_s)
            pause_s = poll_s if woken else min(pause_s * SLOWER, max(REST_S, poll_s))

    async def _turn(self) -> int | None:
        """Carry one batch; none when another relay is at it."""
        async with self._engine.begin() as connection:
            mine = await connection.execute(
                LOCK, {"name": f"{self._service}.relay", "part": self._part}
            )
            if not mine.scalar():
                return None
            letters = await outbox.unsent(
                connection, part=self._part, parts=self._parts, most=self._batch
            )
            if letters:
                await self._carry(connection, letters)
            return len(letters)

    async def _carry(self, connection: AsyncConnection, letters: Sequence[Envelope]) -> None:
        try:
            await self._bus.publish(letters)
        except BusUnavailable as failure:
            why = refused_for_good(failure)
            if why is None:
                raise
            await self._in_parts(connection, letters, why)
        else:
            await outbox.mark_sent(connection, letters)

    async def _in_parts(
        self, connection: AsyncConnection, letters: Sequence[Envelope], why: str
    ) -> None:
        """Halve a batch until what the broker refuses stands alone; its key waits, others go on."""
        if len(letters) == 1:
            log.error("relay %s holds letter %s: %s", self._service, letters[0].id, why)
            await outbox.hold(connection, letters[0], why)
            return
        middle = len(letters) // 2
        await self._carry(connection, letters[:middle])
        held = await outbox.held_keys(connection)
        rest = [letter for letter in letters[middle:] if letter.key not in held]
        if rest:
            await self._carry(connection, rest)

    def _tell(self, trouble: Exception, *, first: bool) -> None:
        away = isinstance(trouble, BusUnavailable)
        if first or not away:
            log.warning("relay %s: %s", self._service, trouble if away else type(trouble).__name__)
