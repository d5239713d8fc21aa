"""A TCP proxy of our own that cuts lines, leaves them half open, or makes them slow."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Self

HOST = "127.0.0.1"
CHUNK = 65_536
PASS, CUT, HALF_OPEN = "pass", "cut", "half-open"


class FaultProxy:
    """Stands before a port of this machine; `mode` may be changed at any time."""

    def __init__(self, target: int = 0) -> None:
        self.target = target
        self.port = 0
        self.latency_s = 0.0
        self._mode = PASS
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, HOST, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self._abort()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def set(self, mode: str) -> None:
        """Let everything through, cut and refuse every line, or swallow what is sent on them."""
        self._mode = mode
        if mode != HALF_OPEN:
            # What was swallowed is gone: such a line can never go on.
            self._abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._lines.add(writer)
        try:
            if self._mode == CUT:
                return
            if self._mode == HALF_OPEN:
                await self._swallow(reader)
                return
            with suppress(OSError):
                await self._through(reader, writer)
        finally:
            self._lines.discard(writer)
            writer.transport.abort()

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(HOST, self.target)
        self._lines.add(far_writer)
        ways = [
            asyncio.create_task(self._pump(reader, far_writer)),
            asyncio.create_task(self._pump(far_reader, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._lines.discard(far_writer)
            far_writer.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            if self._mode == HALF_OPEN:
                continue
            if self.latency_s:
                await asyncio.sleep(self.latency_s)
            writer.write(data)
            await writer.drain()

    async def _swallow(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError):
            while await reader.read(CHUNK):
                pass

    def _abort(self) -> None:
        for line in list(self._lines):
            line.transport.abort()
