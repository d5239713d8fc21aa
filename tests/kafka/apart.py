"""`juyang up --processes` for a test: started, asked who runs where, stopped."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any, Self

import httpx

from deploy.desk import Desk
from deploy.ports import free_port
from deploy.postgres import erase
from deploy.premises import address_of
from deploy.processes import RECORD
from shared.migrate import SERVICES
from tests.kafka.waiting import until

COMMAND = (sys.executable, "-m", "deploy.cli.main")
UP_WITHIN_S = 120.0
DOWN_WITHIN_S = 40.0
READY_WITHIN_S = 60.0
LOOK_EVERY_S = 0.05


class Apart:
    """An office on a directory, its services apart; everything is gone after the block.

    `more` are further words for `juyang up`.
    """

    def __init__(self, data: Path, bus: str, *more: str, traced: bool = False) -> None:
        self.data = data
        self._more = more
        self._environment = {} if traced else {"OTEL_SDK_DISABLED": "true"}
        self.url = f"http://127.0.0.1:{free_port()}"
        self.log = data.parent / f"{data.name}.log"
        self._bus = bus
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Self:
        self._process = self._up()
        try:
            async with asyncio.timeout(UP_WITHIN_S):
                while address_of(self.data) is None:
                    assert self._process.poll() is None, self.said()[-2000:]
                    await asyncio.sleep(LOOK_EVERY_S)
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            await asyncio.to_thread(self.stop)
        finally:
            erase(self.data)

    def _up(self) -> subprocess.Popen[bytes]:
        port = self.url.rpartition(":")[2]
        words = ["up", "--processes", "--bus", self._bus, "--no-demo", "--port", port]
        known = {**os.environ, **self._environment}
        with self.log.open("ab") as said:
            return subprocess.Popen(
                [*COMMAND, *words, *self._more, "--data", str(self.data)],
                stdout=said,
                stderr=said,
                env=known,
            )

    def stop(self) -> int:
        """Ctrl-C, and the exit code."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(signal.SIGINT)
        try:
            return process.wait(DOWN_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def said(self) -> str:
        """Everything that the office and its services have logged."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def pid(self, name: str) -> int:
        """The process that a service is now, or a copy or a relay of it (`intake-relay`)."""
        found: int = self._seen(name)["pid"]
        return found

    def own_url(self, name: str) -> str:
        """Where it answers itself, past the gateway."""
        return f"{self._seen(name)['url']}/{name.partition('-')[0]}"

    def desk(self) -> Desk:
        """A desk at the gateway."""
        return Desk(self.url, self.data)

    async def ready(self, *services: str) -> None:
        """Wait until services say that they can work."""
        async with asyncio.timeout(READY_WITHIN_S), httpx.AsyncClient() as client:
            for name in services or SERVICES:
                await until(partial(is_ready, client, self.own_url(name)), LOOK_EVERY_S)

    def _seen(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.data / RECORD).read_text())[name]
        return found


async def is_ready(client: httpx.AsyncClient, url: str) -> bool:
    """Whether a service says so."""
    try:
        return (await client.get(f"{url}/ready", timeout=2)).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
