"""A lean HTTP/1.1 client for crowds at the tills, which can also hang up at any moment."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson

HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "
STATUS = slice(9, 12)


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: its status and its body as it came."""

    status: int
    body: bytes

    @property
    def code(self) -> str:
        """The code of a refusal; empty when it is none."""
        found: Any = orjson.loads(self.body)
        return str(found.get("code", "")) if isinstance(found, dict) else ""


Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Wire:
    """Kept connections to one server; each carries one request at a time."""

    def __init__(self, url: str, connections: int, pid: int) -> None:
        self._pid = pid
        self._there = urlsplit(url)
        self._free: asyncio.Queue[Line | None] = asyncio.Queue()
        for _ in range(connections):
            self._free.put_nowait(None)

    async def post(self, path: str, body: Mapping[str, Any], token: str) -> Told:
        """Send a body and read the answer.

        Raises:
            OSError: the server is gone.
            asyncio.IncompleteReadError: it went while answering.
        """
        line = await self._free.get()
        kept: Line | None = None
        if line is not None and line[0].at_eof():  # it rested longer than the server keeps one
            line[1].close()
            line = None
        try:
            line = line or await self._dial()
            line[1].write(self.request(path, body, token))
            told = await read(line[0])
            kept = line
            return told
        finally:
            if line is not None and kept is None:
                line[1].close()
            self._free.put_nowait(kept)

    async def cut(
        self, path: str, body: Mapping[str, Any], token: str, after_s: float
    ) -> Told | None:
        """Send a body on a connection of its own and hang up after so long, unless answered."""
        reader, writer = await self._dial()
        try:
            writer.write(self.request(path, body, token))
            return await asyncio.wait_for(read(reader), after_s)
        except TimeoutError:
            return None
        finally:
            writer.transport.abort()

    def request(self, path: str, body: Mapping[str, Any], token: str) -> bytes:
        """The bytes of one POST."""
        content = orjson.dumps(body)
        lines = (
            f"POST {self._there.path}{path} HTTP/1.1",
            f"Host: {self._there.netloc}",
            "Content-Type: application/json",
            f"Content-Length: {len(content)}",
            f"Authorization: Bearer {token}",
        )
        return "\r\n".join(lines).encode() + HEAD_END + content

    def kill(self) -> None:
        """End the server at once, whatever it does."""
        os.kill(self._pid, signal.SIGKILL)

    async def close(self) -> None:
        """Close what is kept; nothing may be on its way any more."""
        while not self._free.empty():
            line = self._free.get_nowait()
            if line is not None:
                line[1].close()

    async def _dial(self) -> Line:
        return await asyncio.open_connection(self._there.hostname, self._there.port)


async def read(reader: asyncio.StreamReader) -> Told:
    """One answer from a connection."""
    head = await reader.readuntil(HEAD_END)
    at = head.lower().index(LENGTH) + len(LENGTH)
    body = await reader.readexactly(int(head[at : head.index(b"\r", at)]))
    return Told(int(head[STATUS]), body)
