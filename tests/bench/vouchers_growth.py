"""Redemptions a second when the journal has ten million rows, against ten thousand."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass

import asyncpg

from shared.caller import Caller
from tests.bench.figures import AT_LEAST, Figure, Goal, Measurement, Round, middle, spread
from tests.bench.ground import ground
from tests.bench.hammer import rate_of_all
from tests.bench.vouchers import purchases
from tests.bench.vouchers_ground import (
    FUND,
    MONTH,
    STREET,
    TODAY,
    Fair,
    connected,
    fair,
    service,
    token,
)

GROWTH = Goal("redeem_growth", "ratio", AT_LEAST, 0.9)
FEW, MANY, AT_ONCE = 10_000, 10_000_000, 1_000_000
PEOPLE, ROUNDS, REQUESTS = 2_000, 9, 400

# Redemptions of these very holders, all in the month that is open: nothing lies in a part that
# no till touches. Without triggers, since nothing of this is sealed or proved here.
FILL = """
WITH a AS MATERIALIZED (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS nth FROM ledger_accounts
    WHERE kind = 'holder'
)
INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
    month_on, benefit_class, agency, occurred_on, cause)
SELECT s.set_id, 'redeem', side.account, side.kind, side.sign, $3, $4, $5, 'A', $2, $5, s.set_id
FROM (SELECT gen_random_uuid() AS set_id, mod(nth, $6) AS nth
        FROM generate_series(1, $1 / 2) AS nth) s
    JOIN a USING (nth),
    LATERAL (VALUES (a.id, 'holder', -1), (a.id, 'provider_payable', 1))
        AS side(account, kind, sign)
"""
# The night's check of all money is over: it is another figure, and would disturb this one.
NIGHT = """
INSERT INTO conservation_nights (night_on, area_code, checked_at, checks, wrong, totals)
VALUES ($1, '110105', now(), 0, '[]', '{}')
"""
INDEXES = """
SELECT c.relname, replace(pg_get_indexdef(i.indexrelid), ' ON ONLY ', ' ON ') AS made
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = CAST('postings' AS regclass) AND NOT i.indisprimary
"""


@dataclass(frozen=True, slots=True)
class Town:
    """A service over a journal of some size."""

    url: str
    shop: Fair
    held: str

    async def rate(self) -> float:
        """Redemptions a second."""
        return await rate_of_all(self.url, purchases(self.url, self.shop, self.held, REQUESTS))


async def growth() -> list[Figure]:
    """Two services, each with its own database, in turns."""
    async with AsyncExitStack() as stack:
        large, small = [await _town(stack, rows) for rows in (MANY, FEW)]
        rounds = [Round(await large.rate(), await small.rate()) for _ in range(ROUNDS + 1)]
    counted = rounds[1:]  # the first warms both
    words = f"over HTTP at {MANY:,} journal rows against {FEW:,}; "
    return [GROWTH.figure(middle(counted).ratio, words + spread(counted, "redemptions/s"))]


async def _town(stack: AsyncExitStack, rows: int) -> Town:
    at = await stack.enter_async_context(ground(("vouchers",)))
    async with connected(at) as database:
        shop = await fair(at, database, PEOPLE)
        await _fill(database, rows, str(shop.provider_id))
    held = token(at, Caller("till", "provider", "*", str(shop.provider_id)))
    base, _ = await stack.enter_async_context(service(at))
    return Town(f"{base}/redemptions", shop, held)


async def _fill(database: asyncpg.Connection, rows: int, agency: str) -> None:
    """So many rows; the indexes are made again afterwards, which is faster than row by row."""
    indexes = await database.fetch(INDEXES)
    await database.execute("SET session_replication_role = replica")
    await database.execute("SET maintenance_work_mem = '512MB'")
    for index in indexes:
        await database.execute(f"DROP INDEX {index['relname']}")
    for done in range(0, rows, AT_ONCE):
        most = min(AT_ONCE, rows - done)
        await database.execute(FILL, most, agency, FUND, STREET, MONTH, PEOPLE)
    for index in indexes:
        await database.execute(index["made"])
    await database.execute("SET session_replication_role = origin")
    await database.execute(NIGHT, TODAY)
    await database.execute("VACUUM ANALYZE")
    await database.execute("CHECKPOINT")


MEASUREMENTS = (Measurement((GROWTH,), growth),)
