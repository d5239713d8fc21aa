"""One process of the office: made, watched, and made again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable

import httpx

from deploy.processes_forge import Forge, Lifeline
from deploy.processes_plan import Plan

log = logging.getLogger("juyang.processes")
BACKOFF_S = (0.0, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0)
LIVED_S = 1.0
LOOK_EVERY_S = 0.05
LOOK_WITHIN_S = 2.0
STOP_WITHIN_S = 15.0


class Child:
    """Keeps one process running until told to stop; `changed` is called with every new one."""

    def __init__(self, plan: Plan, forge: Forge, changed: Callable[[], None]) -> None:
        self.plan = plan
        self.pid = 0
        self._forge = forge
        self._changed = changed
        self._lifeline: Lifeline | None = None
        self._gone = asyncio.Event()
        self._stopping = False

    async def keep(self) -> None:
        """Start it; again after each death, at once when it had lived, else later and later."""
        deaths = 0
        while not self._stopping:
            lived_s = await self._life()
            if self._stopping:
                return
            deaths = 0 if lived_s > LIVED_S else deaths + 1
            pause_s = BACKOFF_S[min(deaths, len(BACKOFF_S) - 1)]
            said = "%s (process %d) is dead; it is started again in %g s"
            log.warning(said, self.plan.name, self.pid, pause_s)
            await asyncio.sleep(pause_s)

    async def stop(self) -> None:
        """Ask it to end in order; after a while make it."""
        self._stopping = True
        lifeline = self._lifeline
        if lifeline is None:
            return
        lifeline.let_go()
        try:
            await asyncio.wait_for(self._gone.wait(), STOP_WITHIN_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.kill(lifeline.pid, signal.SIGKILL)
            await self._gone.wait()

    async def answering(self, client: httpx.AsyncClient) -> None:
        """Wait until it is alive, whether its bus is there or not."""
        place = f"{self.plan.url}/{self.plan.service}/health"
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(place, timeout=LOOK_WITHIN_S)).status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(LOOK_EVERY_S)

    async def _life(self) -> float:
        """One process from its birth to its death; returns how many seconds it lived."""
        lifeline = await self._forge.make(self.plan)
        born = time.monotonic()
        self._lifeline, self.pid = lifeline, lifeline.pid
        self._gone.clear()
        self._changed()
        await lifeline.ended()
        self._lifeline = None
        self._gone.set()
        return time.monotonic() - born
