"""Holders, cards and a shop for voucher figures, written straight into the tables."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from uuid import UUID

import asyncpg

from deploy.ports import free_port
from services.vouchers.cards.domain import digest_of, number_of
from shared.auth import local_key, mint
from shared.caller import Caller
from shared.clock import DirectoryClock
from shared.contracts.ids import new_id
from shared.contracts.programmes import VOUCHER
from shared.vault import Vault
from tests.bench.ground import Ground

TODAY, MONTH, VOID = date(2010, 1, 4), date(2010, 1, 1), date(2011, 12, 31)
AREA, STREET, ITEM, FUND = "110105001001", "110105001", "wash", "lottery"
BALANCE_FEN = 10_000_000
TOKEN_LIFE_S = 3600
LOOK_EVERY_S = 0.1
PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Fair:
    """A shop and the numbers of the cards that buy there."""

    provider_id: UUID
    outlet_id: UUID
    cards: Sequence[str]


async def fair(at: Ground, database: asyncpg.Connection, people: int) -> Fair:
    """So many holders with a card and a month each."""
    vault = Vault.at(at.data / "secrets")
    ids = [(new_id(), new_id()) for _ in range(people)]
    numbers = [number_of(card, vault) for _, card in ids]
    await database.copy_records_to_table(
        "holders",
        records=[(person, AREA) for person, _ in ids],
        columns=["person_id", "area_code"],
    )
    await database.copy_records_to_table(
        "cards",
        records=[
            (card, person, digest_of(number, vault), TODAY, AREA)
            for (person, card), number in zip(ids, numbers, strict=True)
        ],
        columns=["card_id", "person_id", "digest", "opened_on", "area_code"],
    )
    run = new_id()
    await database.copy_records_to_table(
        "ledger_accounts",
        records=[
            ("holder", AREA, FUND, person, VOUCHER, MONTH, VOID, STREET, "A", run, BALANCE_FEN)
            for person, _ in ids
        ],
        columns=[
            "kind", "area_code", "fund", "person_id", "programme", "month_on", "valid_until_on",
            "street_code", "benefit_class", "run_id", "balance_fen",
        ],
    )  # fmt: skip
    shop = Fair(new_id(), new_id(), numbers)
    await database.execute(
        "INSERT INTO provider_standings VALUES ($1, '2010-01-01', now(), 'admitted')",
        str(shop.provider_id),
    )
    await database.execute(
        "INSERT INTO outlets VALUES ($1, $2, $3)", shop.outlet_id, str(shop.provider_id), STREET
    )
    await database.execute(
        "INSERT INTO items VALUES ($1, 'life_care', true, '2010-01-01', now())", ITEM
    )
    return shop


@asynccontextmanager
async def connected(at: Ground) -> AsyncIterator[asyncpg.Connection]:
    """The administrator, in the vouchers schema."""
    database = await asyncpg.connect(at.dsn, server_settings={"search_path": "vouchers"})
    try:
        yield database
    finally:
        await database.close()


def token(at: Ground, caller: Caller) -> str:
    """A token of the ground's own key."""
    return mint(local_key(at.data), at.settings("vouchers"), caller, lives_s=TOKEN_LIFE_S)


@asynccontextmanager
async def service(
    at: Ground, more: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[tuple[str, int]]:
    """`juyang serve vouchers` in a process of its own, its relay elsewhere: address and pid."""
    DirectoryClock(at.data).set(TODAY)
    local_key(at.data)
    settings = at.settings("vouchers")
    environment = {
        "JUYANG_DATABASE_URL": settings.database_url.get_secret_value(),
        "JUYANG_JOBS_DATABASE_URL": settings.jobs_database_url.get_secret_value(),
        "JUYANG_RUN_RELAY": "false",
        **more,
    }
    port = free_port()
    words = ("-m", "deploy.cli.main", "serve", "vouchers", "--port", str(port), "--data")
    async with process(port, environment, *words, str(at.data)) as pid:
        yield f"http://127.0.0.1:{port}/vouchers/v1", pid


@asynccontextmanager
async def process(port: int, environment: dict[str, str], *words: str) -> AsyncIterator[int]:
    """A Python process that listens on a port; gives its pid."""
    one = await asyncio.create_subprocess_exec(
        sys.executable, *words, env={**os.environ, **environment}
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                if await _listens(port):
                    break
                await asyncio.sleep(LOOK_EVERY_S)
        yield one.pid
    finally:
        one.terminate()
        await one.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    with closing(writer):
        return True
