"""The campaign's site: Kafka behind a fault proxy, fifteen processes, a town with money."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import asyncpg

from deploy.demo import cases, ground, intake, money
from deploy.demo.cast import FIRST_DAY, Cast
from deploy.desk import Desk
from deploy.kafka.broker import KafkaBroker
from deploy.postgres import running
from deploy.premises import DATABASE
from deploy.proof import prove
from shared.migrate import SERVICES
from tests.faults.load import Load
from tests.faults.proxy import FaultProxy
from tests.faults.sizes import Size
from tests.kafka.apart import Apart

JANUARY = date(2010, 1, 1)
SETTLED_WITHIN_S = 180.0
SPLIT = ("--copies", "2", "--relays")
ALL = (*SERVICES, *(f"{name}-2" for name in SERVICES), *(f"{name}-relay" for name in SERVICES))
"""Each service twice, so that its two consumers share its letters; and its relay apart."""
PERSONS_OF_A_LOAD = 100_000
THERE = {
    "persons": "intake.persons WHERE person_id",
    "applications": "intake.applications WHERE application_id",
    "redemptions": "vouchers.redemptions WHERE id",
}
# Each application has one determination and one chain link of its submission, however often the
# letter came; a redemption's id is its key, so that twice is impossible but for the money, which
# verify recomputes.
TWICE = """
SELECT count(*) FROM (
    SELECT 1 FROM evaluation.chain_links WHERE application_id = ANY($1::uuid[])
    AND type = ANY(ARRAY['intake.application.submitted.v1', 'eligibility.determination.made.v1'])
    GROUP BY application_id, type HAVING count(*) > 1
) AS doubled
"""
TOLD = """
SELECT count(DISTINCT application_id) FROM evaluation.chain_links
WHERE application_id = ANY($1::uuid[]) AND type = 'eligibility.determination.made.v1'
"""


@dataclass
class Verdict:
    """What one fault did: figures in words, and what was not as promised."""

    name: str
    did: str
    figures: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)

    def in_time(self, holds: bool, what: str) -> None:
        """Keep a goal of time or rate that was missed: how busy the machine is matters for it."""
        if not holds:
            self.late.append(what)

    def expect(self, holds: bool, what: str) -> None:
        """Keep a promise that did not hold."""
        if not holds:
            self.broken.append(what)


@dataclass
class Site:
    """Everything that a fault may touch."""

    broker: KafkaBroker
    proxy: FaultProxy
    office: Apart
    desk: Desk
    cards: dict[str, str]
    seed: int
    size: Size
    loads: int = 0

    def load(self, name: str) -> Load:
        """A load of its own for each fault, by the campaign's seed."""
        load = Load(self.desk, self.cards, random.Random(f"{self.seed} {name}"))
        self.loads += 1
        load.nth = self.loads * PERSONS_OF_A_LOAD
        return load

    def chance(self, name: str) -> random.Random:
        return random.Random(f"{self.seed} {name} fault")

    async def check(self, verdict: Verdict, load: Load) -> None:
        """After a fault: every acknowledged write is there, once, and everything recomputes."""
        began = time.monotonic()
        async with asyncio.timeout(SETTLED_WITHIN_S):
            await self.desk.settle()
        verdict.figures.append(f"settled in {time.monotonic() - began:.1f} s")
        proof = await prove(self.desk)
        off = [one["name"] for one in proof["checks"] if not one["ok"]]
        verdict.expect(not off, f"verify: {off}")
        missing, twice = await self._held_against(load)
        verdict.expect(missing == 0, f"{missing} acknowledged writes are missing")
        verdict.expect(twice == 0, f"{twice} effects happened twice")
        verdict.expect(not load.lost, f"{len(load.lost)} writes were never answered")
        verdict.expect(not load.refused, f"{len(load.refused)} refused: {load.refused[:1]}")
        verdict.figures.insert(
            0, f"{len(load.acknowledged)} writes acknowledged, {missing} lost, {twice} doubled"
        )

    async def _held_against(self, load: Load) -> tuple[int, int]:
        by_kind: dict[str, list[str]] = {}
        for order in load.acknowledged:
            by_kind.setdefault(order.path.rpartition("/")[2], []).append(order.body["id"])
        database = await self.admin()
        try:
            missing = 0
            for kind, there in THERE.items():
                ids = by_kind.get(kind, [])
                found = f"SELECT count(*) FROM {there} = ANY($1::uuid[])"
                missing += len(ids) - await database.fetchval(found, ids)
            twice = await database.fetchval(TWICE, by_kind.get("applications", []))
            told = await database.fetchval(TOLD, by_kind.get("applications", []))
        finally:
            await database.close()
        return missing + len(by_kind.get("applications", [])) - told, twice

    async def admin(self) -> Any:
        """A connection that sees everything; only to look."""
        there = running(self.office.data)
        assert there is not None
        return await asyncpg.connect(there.dsn(DATABASE))

    def kill(self, name: str, number: int = signal.SIGKILL) -> int:
        """A signal to a process; returns which it was."""
        pid = self.office.pid(name)
        os.kill(pid, number)
        return pid


@asynccontextmanager
async def site(place: Path, seed: int, size: Size) -> AsyncIterator[Site]:
    """Kafka, proxy, PostgreSQL, all processes; January's vouchers issued, cards handed out."""
    async with FaultProxy() as proxy:
        broker = KafkaBroker(place / "kafka", advertised=proxy.port)
        proxy.target = broker.port
        await asyncio.to_thread(broker.start)
        try:
            async with Apart(place / "data", broker.url, *SPLIT) as office:
                await office.ready(*ALL)
                desk = office.desk()
                try:
                    cards = await _town(desk)
                    yield Site(broker, proxy, office, desk, cards, seed, size)
                finally:
                    await desk.close()
        finally:
            await asyncio.to_thread(broker.stop)


async def _town(desk: Desk) -> dict[str, str]:
    desk.clock.set(FIRST_DAY)
    cast = Cast(desk)
    await ground.lay(cast)
    await intake.bring(cast, desk.data / "demo")
    await cases.decide(cast, "january")
    await money.allocate(cast)
    await money.issue(cast, JANUARY)
    purse = money.Purse(cast)
    await purse.hand_out()
    await desk.settle()
    return purse.cards
