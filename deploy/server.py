"""Serves an application with uvicorn until told to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

LONGEST_GOODBYE_S = 10
KEPT_OPEN_S = 150
"""Longer than a proxy keeps an idle line (Caddy: 120 s), so that none dies in its hands."""
COLLECT_AFTER = (20_000, 10, 10)
"""A batch of 10,000 lines makes a million objects that live until its answer: the collector's
usual steps would look at all of them again and again, for half of its processor time. What a lost
broker leaves behind in cycles, too few objects for these steps, the bus has collected itself."""
STOPPING = (signal.SIGINT, signal.SIGTERM)


class Announcing(uvicorn.Server):
    """A server that says when its port answers."""

    def __init__(
        self, config: uvicorn.Config, started: Callable[[], Awaitable[None]] | None
    ) -> None:
        super().__init__(config)
        self._tell = started

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM, and leave it at that: the caller still has to tidy up."""
        loop = asyncio.get_running_loop()
        for number in STOPPING:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in STOPPING:
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What start-up made stays for ever: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*COLLECT_AFTER)
        if self.started and self._tell is not None:
            await self._tell()


async def serve(
    app: FastAPI, host: str, port: int, started: Callable[[], Awaitable[None]] | None = None
) -> None:
    """Serve until SIGINT or SIGTERM; `started` runs once the port answers."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        timeout_keep_alive=KEPT_OPEN_S,
        timeout_graceful_shutdown=LONGEST_GOODBYE_S,
        server_header=False,
    )
    await Announcing(config, started).serve()
