"""One service in a process of its own: started, watched, and started again when it dies."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from deploy.postgres_keeper import end_with_keeper
from shared.settings import Settings

log = logging.getLogger("juyang.processes")
HOST = "127.0.0.1"
BACKOFF_S = (0.0, 0.2, 1.0, 2.0, 5.0, 10.0)
LIVED_S = 3.0
LOOK_EVERY_S = 0.05
LOOK_WITHIN_S = 2.0
STOP_WITHIN_S = 15.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a service is started with; passwords travel by environment, never on a command line."""

    service: str
    port: int
    bus: str
    data: Path
    settings: Settings

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def command(self) -> list[str]:
        words = ["serve", self.service, "--host", HOST, "--port", str(self.port)]
        named = ["--bus", self.bus, "--member", f"{self.service}-1", "--data", str(self.data)]
        return [sys.executable, "-m", "deploy.cli.main", *words, *named]

    @property
    def environment(self) -> Mapping[str, str]:
        settings = self.settings
        return {
            **os.environ,
            "JUYANG_DATABASE_URL": settings.database_url.get_secret_value(),
            "JUYANG_JOBS_DATABASE_URL": settings.jobs_database_url.get_secret_value(),
        }


class Child:
    """Keeps one service running until told to stop; `changed` is called with every new process."""

    def __init__(self, plan: Plan, changed: Callable[[], None]) -> None:
        self.plan = plan
        self.pid = 0
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    async def keep(self) -> None:
        """Start it; again after each death, at once when it had lived, else later and later."""
        deaths = 0
        while not self._stopping:
            born = time.monotonic()
            code = await self._life()
            if self._stopping:
                return
            deaths = 0 if time.monotonic() - born > LIVED_S else deaths + 1
            pause_s = BACKOFF_S[min(deaths, len(BACKOFF_S) - 1)]
            log.warning(
                "%s ended with %s; it is started again in %g s", self.plan.service, code, pause_s
            )
            await asyncio.sleep(pause_s)

    async def stop(self) -> None:
        """Ask it to end in order; after a while make it."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def answering(self, client: httpx.AsyncClient) -> None:
        """Wait until it is alive, whether its bus is there or not."""
        place = f"{self.plan.url}/{self.plan.service}/health"
        while True:
            with contextlib.suppress(httpx.TransportError):
                if (await client.get(place, timeout=LOOK_WITHIN_S)).status_code == httpx.codes.OK:
                    return
            await asyncio.sleep(LOOK_EVERY_S)

    async def _life(self) -> int:
        process = await asyncio.create_subprocess_exec(
            *self.plan.command,
            env=self.plan.environment,
            stdin=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=end_with_keeper(),
        )
        self._process, self.pid = process, process.pid
        self._changed()
        return await process.wait()
