"""Letters are carried when they are written, in this process and from another, not when polled."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import asyncpg
import pytest

from deploy.office import RolePasswords, settings_for
from shared.bus.direct import DirectBus
from shared.caller import job
from shared.contracts.ids import new_id
from shared.contracts.intake import PersonDied
from shared.contracts.letter import Envelope
from shared.runtime import Runtime, Service
from shared.wake import Wake
from tests.desk import OfficeDesk
from tests.kafka.waiting import until

pytestmark = pytest.mark.anyio
NEVER_MS = 3_600_000
SOON_S = 20.0
LOOK_EVERY_S = 0.05
RINGS = 50
LISTENING = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = $1"


class Sink(DirectBus):
    """A bus that says when letters have come."""

    def __init__(self) -> None:
        super().__init__()
        self.came = asyncio.Event()

    async def publish(self, letters: Sequence[Envelope]) -> None:
        self.came.set()


@asynccontextmanager
async def runtime(
    database: str, passwords: RolePasswords, place: Path, carrier: DirectBus, **settings: object
) -> AsyncIterator[Runtime]:
    """A service without ears; its relay would not poll within this hour."""
    found = settings_for("intake", database, passwords, place, relay_poll_ms=NEVER_MS, **settings)
    running = Runtime(Service("intake", "intake", ()), found, carrier)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()


async def write(running: Runtime) -> None:
    """A committed letter, as a door writes one."""
    work = running.work(job("test"))
    work.send(PersonDied(aggregate_id=new_id(), occurred_at=work.now, died_on=date(2010, 1, 1)))
    await work.commit()
    running.committed()


async def test_a_commit_wakes_the_relay_of_its_own_process(
    database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    bus = Sink()
    async with runtime(database, passwords, tmp_path, bus) as office:
        for _ in range(3):
            bus.came.clear()
            await write(office)
            async with asyncio.timeout(SOON_S):
                await bus.came.wait()


async def test_a_commit_wakes_the_relay_of_another_process_even_after_its_line_was_cut(
    database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    bus, name = Sink(), database.rpartition("/")[2].partition("?")[0]
    admin = await asyncpg.connect(database)
    kafka = "kafka://127.0.0.1:1"

    seen: set[int | None] = {None}

    async def listening() -> bool:
        return await admin.fetchval(LISTENING, name) not in seen

    async with (
        runtime(database, passwords, tmp_path, bus, bus=kafka),
        runtime(database, passwords, tmp_path, DirectBus(), bus=kafka, run_relay=False) as writing,
    ):
        for _ in range(2):
            async with asyncio.timeout(SOON_S):
                await until(listening, LOOK_EVERY_S)
                bus.came.clear()
                await write(writing)
                await bus.came.wait()
            line = await admin.fetchval(LISTENING, name)
            seen.add(line)
            await admin.execute("SELECT pg_terminate_backend($1)", line)
    await admin.close()


async def test_many_commits_at_once_are_told_seldom(
    database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    heard: list[object] = []
    admin = await asyncpg.connect(database)
    await admin.add_listener("juyang_intake", lambda *told: heard.append(told))
    async with runtime(database, passwords, tmp_path, DirectBus(), run_relay=False) as writing:
        for _ in range(RINGS):
            writing.committed()
            await asyncio.sleep(0)

        async def told() -> bool:
            await admin.execute("SELECT 1")
            return len(heard) > 0

        async with asyncio.timeout(SOON_S):
            await until(told, 0.01)
    await admin.close()
    assert 0 < len(heard) < RINGS // 2


async def test_nobody_clears_another_ones_bell(desk: OfficeDesk) -> None:
    wake = Wake("intake", desk.office.runtimes["intake"].database.jobs)
    one, other = wake.bell(), wake.bell()
    wake.ring()
    one.clear()
    assert other.is_set()


async def test_reading_wakes_nobody_and_writing_does(desk: OfficeDesk) -> None:
    bell = desk.office.runtimes["intake"].wake.bell()
    area = {"code": "110105001001", "name": "红庙社区", "level": "community"}
    async with desk.as_("operator") as client:
        assert (await client.get("/intake/v1/activations")).status_code == 200
        assert not bell.is_set()
        body = {"id": str(new_id()), "areas": [area]}
        assert (await client.post("/intake/v1/areas", json=body)).status_code < 300
        assert bell.is_set()
