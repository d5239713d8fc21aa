"""A lean HTTP/1.1 client for ratios: the same bytes over a few kept connections."""

from __future__ import annotations

import asyncio
import time
from urllib.parse import urlsplit

CONNECTIONS = 8
OK = b"HTTP/1.1 200"
HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "


class NotOk(Exception):
    """An answer was not 200; the text is its beginning."""


def post(url: str, body: bytes, token: str | None) -> bytes:
    """The bytes of one POST of JSON."""
    there = urlsplit(url)
    lines = [
        f"POST {there.path} HTTP/1.1",
        f"Host: {there.netloc}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join(lines).encode() + HEAD_END + body


async def rate(url: str, request: bytes, requests: int) -> float:
    """Answers a second over `CONNECTIONS` connections.

    Raises:
        NotOk: an answer was not 200.
    """
    each = requests // CONNECTIONS
    began = time.perf_counter()
    await asyncio.gather(*(_one(url, request, each) for _ in range(CONNECTIONS)))
    return each * CONNECTIONS / (time.perf_counter() - began)


async def _one(url: str, request: bytes, times: int) -> None:
    there = urlsplit(url)
    reader, writer = await asyncio.open_connection(there.hostname, there.port)
    try:
        for _ in range(times):
            writer.write(request)
            head = await reader.readuntil(HEAD_END)
            if not head.startswith(OK):
                raise NotOk(head[:200].decode(errors="replace"))
            at = head.lower().index(LENGTH) + len(LENGTH)
            await reader.readexactly(int(head[at : head.index(b"\r", at)]))
    finally:
        writer.close()
