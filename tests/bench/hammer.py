"""A lean HTTP/1.1 client for ratios: bytes made beforehand over a few kept connections."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

CONNECTIONS = 8
DONE = (b"HTTP/1.1 200", b"HTTP/1.1 201")
HEAD_END = b"\r\n\r\n"
LENGTH = b"content-length: "


class NotOk(Exception):
    """An answer was another; the text is its beginning."""


def post(url: str, body: bytes, token: str | None) -> bytes:
    """The bytes of one POST of JSON."""
    said = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    return _head("POST", url, token, *said) + body


def get(url: str, token: str | None) -> bytes:
    """The bytes of one GET."""
    return _head("GET", url, token)


def _head(method: str, url: str, token: str | None, *said: str) -> bytes:
    there = urlsplit(url)
    lines = [f"{method} {there.path} HTTP/1.1", f"Host: {there.netloc}", *said]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join(lines).encode() + HEAD_END


async def rate(url: str, request: bytes, requests: int) -> float:
    """Answers a second to the same request over `CONNECTIONS` connections.

    Raises:
        NotOk: an answer was neither 200 nor 201.
    """
    return await rate_of_all(url, [request] * requests)


async def rate_of_all(url: str, requests: Sequence[bytes]) -> float:
    """Answers a second to these requests over `CONNECTIONS` connections.

    Raises:
        NotOk: an answer was neither 200 nor 201.
    """
    began = time.perf_counter()
    await asyncio.gather(*(_one(url, requests[n::CONNECTIONS]) for n in range(CONNECTIONS)))
    return len(requests) / (time.perf_counter() - began)


async def _one(url: str, requests: Sequence[bytes]) -> None:
    there = urlsplit(url)
    reader, writer = await asyncio.open_connection(there.hostname, there.port)
    try:
        for request in requests:
            writer.write(request)
            head = await reader.readuntil(HEAD_END)
            at = head.lower().index(LENGTH) + len(LENGTH)
            body = await reader.readexactly(int(head[at : head.index(b"\r", at)]))
            if not head.startswith(DONE):
                raise NotOk((head[:60] + body[:200]).decode(errors="replace"))
    finally:
        writer.close()
