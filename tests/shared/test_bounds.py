"""Who is told to end does so, even when what he waits for comes in the same instant."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shared.bounds import rung, within

pytestmark = pytest.mark.anyio
LONG_S = 20.0
SOON_S = 0.05
TURNS = 8


async def heard(bell: asyncio.Event) -> None:
    await rung(bell, LONG_S)


async def worked(bell: asyncio.Event) -> None:
    await within(LONG_S, bell.wait())


@pytest.mark.parametrize("turns", range(TURNS))
@pytest.mark.parametrize("waits", [heard, worked])
async def test_a_round_without_end_ends_when_told_even_as_the_bell_rings(
    waits: Callable[[asyncio.Event], Awaitable[None]], turns: int
) -> None:
    bell = asyncio.Event()

    async def go_round() -> None:
        while True:
            bell.clear()
            await waits(bell)

    going = asyncio.create_task(go_round())
    for _ in range(TURNS):
        await asyncio.sleep(0)
    bell.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    going.cancel()
    _, left = await asyncio.wait({going}, timeout=1)
    assert not left


async def test_a_bell_that_does_not_ring_is_waited_for_no_longer_than_said() -> None:
    bell = asyncio.Event()
    assert not await rung(bell, SOON_S)
    bell.set()
    assert await rung(bell, LONG_S)


async def test_work_that_takes_too_long_is_late_and_ends_in_order() -> None:
    ended = asyncio.Event()

    async def long() -> None:
        try:
            await asyncio.sleep(LONG_S)
        finally:
            ended.set()

    with pytest.raises(TimeoutError):
        await within(SOON_S, long())
    assert ended.is_set()


async def test_work_that_will_not_end_holds_nobody_up() -> None:
    let_go = asyncio.Event()

    async def deaf() -> None:
        while not let_go.is_set():
            try:
                await let_go.wait()
            except asyncio.CancelledError:
                continue

    async with asyncio.timeout(LONG_S):
        with pytest.raises(TimeoutError):
            await within(SOON_S, deaf())
    let_go.set()


async def test_work_that_is_broken_off_from_inside_is_late_and_cancels_nobody() -> None:
    async def broken_off() -> None:
        raise asyncio.CancelledError

    with pytest.raises(TimeoutError):
        await within(LONG_S, broken_off())


async def test_what_the_work_gives_or_raises_is_given_and_raised() -> None:
    async def answer() -> int:
        return 1

    async def fail() -> None:
        raise LookupError

    assert await within(LONG_S, answer()) == 1
    with pytest.raises(LookupError):
        await within(LONG_S, fail())
