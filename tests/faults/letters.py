"""Faults of delivery: every letter up to ten times, shuffled across keys, and the same state."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg

from shared.contracts.letter import Envelope
from shared.runtime import Runtime
from tests.faults.replay import Columns, Press, digests, lanes, state_of, steady
from tests.faults.site import Site, Verdict

PERSONS = 60
MOST_TIMES = 10
LARGEST_BATCH = 100
CLEAN_RUNS = 2


async def repeat_and_shuffle(site: Site) -> Verdict:
    """What the site has sent, to fresh databases: twice clean, then as badly as a bus may."""
    count = site.size.seeds
    with tempfile.TemporaryDirectory() as place:
        press = await Press.of(site, Path(place))
        letters = await press.letters(PERSONS)
        verdict = Verdict(
            "letters repeated and shuffled",
            f"{count} seeds, {len(letters)} letters, each 1-{MOST_TIMES} times",
        )
        columns, clean = await _clean(press, letters)
        held = sum(len(names) for names in columns.values())
        verdict.figures.append(f"{held} columns of {len(columns)} tables, state {clean[:12]}")
        deliveries = 0
        for nth in range(count):
            chance = random.Random(f"{site.seed} shuffle {nth}")
            order = shuffled(letters, chance)
            deliveries += len(order)
            found = await _outcome(press, order, columns, chance)
            verdict.expect(found == clean, f"shuffle {nth} ended in another state")
        verdict.figures.append(f"{deliveries} deliveries")
    return verdict


async def _clean(press: Press, letters: Sequence[Envelope]) -> tuple[Columns, str]:
    """The columns to hold against, and the state of a clean run."""
    async with AsyncExitStack() as stack:
        connections: list[Any] = []
        for _ in range(CLEAN_RUNS):
            name = await stack.enter_async_context(press.fresh())
            await _deliver(press, name, letters, None)
            connection = await asyncpg.connect(press.dsn(name))
            stack.push_async_callback(connection.close)
            connections.append(connection)
        columns = await steady(connections)
        return columns, state_of(await digests(connections[0], columns))


async def _outcome(
    press: Press, letters: Sequence[Envelope], columns: Columns, chance: random.Random
) -> str:
    async with press.fresh() as name:
        await _deliver(press, name, letters, chance)
        connection = await asyncpg.connect(press.dsn(name))
        try:
            return state_of(await digests(connection, columns))
        finally:
            await connection.close()


async def _deliver(
    press: Press, name: str, letters: Sequence[Envelope], chance: random.Random | None
) -> None:
    async with press.ears(name) as services:
        for runtime in services.values():
            await _hear(runtime, letters, chance)


async def _hear(
    runtime: Runtime, letters: Sequence[Envelope], chance: random.Random | None
) -> None:
    heard = [letter for letter in letters if letter.topic in runtime.service.topics]
    start = 0
    while start < len(heard):
        size = chance.randint(1, LARGEST_BATCH) if chance else LARGEST_BATCH
        await runtime.inbox.receive(heard[start : start + size])
        start += size


def shuffled(letters: Sequence[Envelope], chance: random.Random) -> list[Envelope]:
    """As badly as a bus may: keys in any order to each other, repetitions after the first.

    Within a topic, the first arrivals of a key keep their order.
    """
    timed: list[tuple[float, Envelope]] = []
    for lane in lanes(letters).values():
        moments = sorted(chance.random() for _ in lane)
        for moment, letter in zip(moments, lane, strict=True):
            again = range(chance.randint(0, MOST_TIMES - 1))
            timed.append((moment, letter))
            timed += [(chance.uniform(moment, 1), letter) for _ in again]
    return [letter for _, letter in sorted(timed, key=lambda pair: pair[0])]
