"""A desk waits until letters are at rest, and says whose are stuck when they do not move."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from deploy.desk import Desk, LettersStuck
from deploy.ports import free_port
from shared.migrate import SERVICES
from tests.kafka.waiting import until

pytestmark = pytest.mark.anyio
REST = {"unsent": 0, "behind": 0, "parked": 0, "held": 0, "last": 7}
STILL_S = 0.2
SOON_S = 20.0
LOOK_EVERY_S = 0.01
Says = Callable[[str, int], dict[str, Any]]


async def started(server: uvicorn.Server) -> bool:
    return server.started


@asynccontextmanager
async def office(says: Says, place: Path) -> AsyncIterator[tuple[Desk, list[str]]]:
    """An office that answers what the story tells, by service and how often it was asked."""
    asked: list[str] = []
    app = FastAPI(telemetry={"logs": False, "operation_spans": False})

    @app.get("/{service}/v1/letters")
    async def letters(service: str) -> dict[str, Any]:
        asked.append(service)
        return REST | says(service, asked.count(service))

    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(SOON_S):
        await until(partial(started, server), LOOK_EVERY_S)
    desk = Desk(f"http://127.0.0.1:{port}", place)
    try:
        yield desk, asked
    finally:
        await desk.close()
        server.should_exit = True
        await running


async def test_a_desk_looks_twice_before_it_believes_that_letters_are_at_rest(
    tmp_path: Path,
) -> None:
    async with office(lambda service, nth: {}, tmp_path) as (desk, asked):
        await desk.settle()
    assert asked == [*SERVICES, *SERVICES]


async def test_a_letter_written_between_two_looks_makes_the_desk_look_again(
    tmp_path: Path,
) -> None:
    def says(service: str, nth: int) -> dict[str, Any]:
        return {"last": min(nth, 3)} if service == "intake" else {}

    async with office(says, tmp_path) as (desk, asked):
        await desk.settle()
    assert asked.count("intake") == 4


async def test_a_letter_on_the_broker_is_waited_for(tmp_path: Path) -> None:
    def says(service: str, nth: int) -> dict[str, Any]:
        return {"behind": 3 - nth} if service == "vouchers" and nth < 3 else {}

    async with office(says, tmp_path) as (desk, asked):
        await desk.settle()
    assert asked.count("vouchers") == 4


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"behind": 12}, "vouchers is 12 behind"),
        ({"unsent": 3}, "vouchers has 3 unsent"),
        ({"behind": None}, "vouchers cannot ask Kafka"),
    ],
)
async def test_letters_that_do_not_move_are_named_with_their_service(
    tmp_path: Path, said: dict[str, Any], told: str
) -> None:
    def says(service: str, nth: int) -> dict[str, Any]:
        return said if service == "vouchers" else {}

    async with office(says, tmp_path) as (desk, _):
        with pytest.raises(LettersStuck, match=told) as stuck:
            await desk.settle(still_s=STILL_S)
    assert "停滞" in str(stuck.value)
    assert "intake" not in str(stuck.value)
