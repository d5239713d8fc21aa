"""The gateway in front of several processes of one service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from deploy.ports import free_port
from deploy.processes_gateway import Gateway
from shared.auth import Tokens, local_key
from shared.settings import Settings

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def process(said: str) -> AsyncIterator[str]:
    """Something that answers every request with the same text, and its address."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"POST" in head:
            await reader.readexactly(len(said))
        text = f"HTTP/1.1 200 OK\r\nContent-Length: {len(said)}\r\nConnection: close\r\n\r\n{said}"
        writer.write(text.encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def visitor_of(place: Path, *processes: str) -> httpx.AsyncClient:
    local_key(place)
    gateway = Gateway({"intake": processes}, Tokens(Settings.model_validate({"data": place})))
    return httpx.AsyncClient(transport=httpx.ASGITransport(gateway.app), base_url="http://office")


async def test_the_second_process_answers_while_the_first_is_dead(tmp_path: Path) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    async with process("two") as second, visitor_of(tmp_path, dead, second) as visitor:
        assert (await visitor.get("/intake/health")).text == "two"
        assert (await visitor.post("/intake/v1/persons", content=b"who")).text == "two"


async def test_the_first_process_answers_while_it_lives(tmp_path: Path) -> None:
    async with (
        process("one") as first,
        process("two") as second,
        visitor_of(tmp_path, first, second) as visitor,
    ):
        assert (await visitor.get("/intake/health")).text == "one"


async def test_with_all_dead_the_visitor_is_told_when_to_come_again(tmp_path: Path) -> None:
    dead = f"http://127.0.0.1:{free_port()}"
    async with visitor_of(tmp_path, dead) as visitor:
        answer = await visitor.get("/intake/health")
    assert answer.status_code == httpx.codes.SERVICE_UNAVAILABLE
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["code"] == "service_away"
