"""The money's site: one PostgreSQL, two servers of tills, and an office that carries letters."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import asyncpg

from deploy.office import Office
from deploy.ports import free_port
from services.vouchers.cards.domain import digest_of, number_of
from shared.contracts.ids import new_id
from shared.migrate import SERVICES
from shared.vault import Vault
from tests.bench.ground import Ground, ground
from tests.bench.vouchers_ground import connected, process
from tests.desk import OfficeDesk
from tests.faults.money_wire import Wire
from tests.faults.site import Verdict
from tests.vouchers.town import COMMUNITY, JANUARY, MONTHLY_FEN, Elder, Shop, Town

T = TypeVar("T")
SERVERS, CONNECTIONS = 2, 32
TODAY = date(2010, 1, 4)
TOLD_AT_ONCE = 500
OF_ALL = frozenset({"letters_sent", "letters_parked", "letters_numbered", "audit_chain"})
"""What the other services must hold too; their own rows are not there, the town tells for them."""
UNSENT, AGAIN = ["vouchers letters_sent"], 3
"""A server's own job may write a letter between the last round and the look."""
IDLE = """
SELECT count(*) FROM pg_stat_activity
WHERE state LIKE 'idle in transaction%' AND datname = current_database()
"""
OVERSPENT = """
SELECT count(*) FROM (
    SELECT account_id FROM vouchers.postings WHERE account_kind = 'holder'
    GROUP BY account_id HAVING sum(amount_fen) < 0
) AS below
"""


@dataclass
class Market:
    """What a fault of the money may use; `eye` is the administrator's, to look."""

    at: Ground
    desk: OfficeDesk
    town: Town
    eye: asyncpg.Connection
    servers: Sequence[Wire]
    chance: random.Random
    shop: Shop = field(default_factory=Shop)

    def wire(self) -> Wire:
        """One of the servers."""
        return self.chance.choice(self.servers)

    def till(self, shop: Shop | None = None) -> str:
        """The token of a shop's till."""
        return self.desk.token("provider", "till", agency=str((shop or self.shop).provider_id))

    def sale(self, card_no: str, amount_fen: int, **more: Any) -> dict[str, Any]:
        """A till's request, with an id of its own."""
        return {
            "id": str(new_id()),
            "card_no": card_no,
            "outlet_id": str(self.shop.outlet_id),
            "item_code": "wash",
            "amount_fen": amount_fen,
            **more,
        }

    async def people(
        self, count: int, month_on: date = JANUARY, area: str = COMMUNITY
    ) -> dict[str, Elder]:
        """So many holders with one month of money each, by their cards' numbers."""
        elders = [Elder(area_code=area) for _ in range(count)]
        for part in parts(elders, TOLD_AT_ONCE):
            await self.town.grant(*part, starts_on=month_on)
        await self.town.allocate(count * MONTHLY_FEN)
        issued = await self.town.issue(month_on)
        assert issued["people"] >= count, issued
        return await self.cards(elders)

    async def cards(self, elders: Sequence[Elder]) -> dict[str, Elder]:
        """A card for each, written straight into the table; keys are the numbers."""
        vault = Vault.at(self.at.data / "secrets")
        found = {elder.person_id: new_id() for elder in elders}
        numbers = {number_of(found[elder.person_id], vault): elder for elder in elders}
        async with connected(self.at) as database:
            await database.copy_records_to_table(
                "cards",
                records=[
                    (found[e.person_id], e.person_id, digest_of(no, vault), TODAY, e.area_code)
                    for no, e in numbers.items()
                ],
                columns=["card_id", "person_id", "digest", "opened_on", "area_code"],
            )
        return numbers

    async def value(self, sql: str, *values: Any) -> Any:
        """One value, seen by the administrator."""
        async with connected(self.at) as database:
            return await database.fetchval(sql, *values)

    async def rows(self, sql: str, *values: Any) -> Sequence[Any]:
        async with connected(self.at) as database:
            return list(await database.fetch(sql, *values))

    async def check(self, verdict: Verdict) -> None:
        """After a fault: all letters carried, every service recomputes, nothing is overspent."""
        off = await self._off()
        for _ in range(AGAIN):
            if off != UNSENT:
                break
            off = await self._off()
        verdict.expect(not off, f"verify: {off}")
        total = (await self.town.money())["total"]
        verdict.expect(total["conserved"], f"not conserved: {total}")
        overspent = await self.value(OVERSPENT)
        verdict.expect(overspent == 0, f"{overspent} months are overspent")
        idle = await self.value(IDLE)
        verdict.expect(idle == 0, f"{idle} connections are idle in a transaction")

    async def _off(self) -> list[str]:
        """The checks that do not hold once all letters are carried."""
        await self.desk.settle()
        auditor = self.desk.as_("auditor")
        found = {
            name: (await auditor.get(f"/{name}/v1/verification")).json()["checks"]
            for name in SERVICES
        }
        return [
            f"{name} {one['name']}"
            for name, checks in found.items()
            for one in checks
            if not one["ok"] and (name == "vouchers" or one["name"] in OF_ALL)
        ]


@asynccontextmanager
async def market(seed: int, name: str, servers: int = SERVERS) -> AsyncIterator[Market]:
    """An office in this process whose letters move when told, and servers beside it.

    Without servers nothing happens by itself: the jobs of the office do not run either.
    """
    async with ground(SERVICES) as at, AsyncExitStack() as stack:
        office = Office({service: at.settings(service) for service in SERVICES})
        await (office.start() if servers else office.bus.start())
        stack.push_async_callback(office.stop)
        desk = OfficeDesk(office, at.data, TODAY)
        eye = await stack.enter_async_context(connected(at))
        wires = [await stack.enter_async_context(server(at)) for _ in range(servers)]
        there = Market(at, desk, Town(desk), eye, wires, random.Random(f"{seed} {name}"))
        await there.town.admit(there.shop)
        await there.town.publish()
        yield there


@asynccontextmanager
async def server(at: Ground) -> AsyncIterator[Wire]:
    """`juyang serve vouchers` in a process of its own; the office carries its letters."""
    settings = at.settings("vouchers")
    environment = {
        "JUYANG_DATABASE_URL": settings.database_url.get_secret_value(),
        "JUYANG_JOBS_DATABASE_URL": settings.jobs_database_url.get_secret_value(),
        "JUYANG_RUN_RELAY": "false",
        "OTEL_SDK_DISABLED": "true",
    }
    port = free_port()
    words = ("-m", "deploy.cli.main", "serve", "vouchers", "--port", str(port), "--data")
    async with process(port, environment, *words, str(at.data)) as pid:
        wire = Wire(f"http://127.0.0.1:{port}/vouchers/v1", CONNECTIONS, pid)
        try:
            yield wire
        finally:
            await wire.close()


async def crowd(
    work: Iterable[T], act: Callable[[T], Awaitable[None]], at_once: int = SERVERS * CONNECTIONS
) -> None:
    """Do all of the work in its order, so much of it at once."""
    waiting = iter(work)

    async def one() -> None:
        for item in waiting:
            await act(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(at_once):
            group.create_task(one())


def parts(all_of: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    """A sequence in parts of at most so many."""
    return (all_of[at : at + size] for at in range(0, len(all_of), size))


def load() -> str:
    """The machine's load average, for the figures."""
    return f"load average {os.getloadavg()[0]:.1f}"
