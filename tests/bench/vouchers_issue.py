"""A month issued to a whole city, against a raw COPY of the same rows; and the memory it takes."""

from __future__ import annotations

import gc
import time
from datetime import date
from pathlib import Path

import asyncpg
import httpx

from shared.caller import EVERYWHERE, Caller
from shared.clock import DirectoryClock
from shared.contracts.ids import new_id
from shared.contracts.programmes import VOUCHER
from tests.bench.figures import (
    AT_LEAST,
    AT_MOST,
    Figure,
    Goal,
    Measurement,
    Round,
    middle,
    spread,
)
from tests.bench.ground import Ground, ground
from tests.bench.vouchers_ground import connected, service, token

RATIO = Goal("issue_vs_copy", "ratio", AT_LEAST, 0.25)
MEMORY = Goal("issue_rss_mb", "MiB", AT_MOST, 500)
HOLDERS, CITY, ROUNDS = 150_000, 1_000_000, 4
MONTHLY_FEN, PATIENCE_S, KIBIBYTES = 10_000, 900.0, 1024
DISTRICT = "110105"

# 43 streets of 12 communities; a tenth of the people each is of class B and of class C.
PEOPLE = """
WITH p AS MATERIALIZED (
    SELECT uuidv7() AS person_id, nth, '110105' || lpad(mod(nth, 43) + 1 || '', 3, '0')
        || lpad(mod(nth / 43, 12) + 1 || '', 3, '0') AS area_code
    FROM generate_series(1, CAST($1 AS bigint)) AS nth
), h AS (
    INSERT INTO holders (person_id, area_code) SELECT person_id, area_code FROM p
)
INSERT INTO awards (award_id, person_id, application_id, programme, benefit_class, amount_fen,
    starts_on, area_code)
SELECT uuidv7(), person_id, uuidv7(), $2, CASE mod(nth, 10) WHEN 0 THEN 'B' WHEN 1 THEN 'C'
    ELSE 'A' END, $3, '2010-01-01', area_code
FROM p
"""
# The same tables without anybody's rules: columns, defaults, checks and indexes alone.
BARE = """
CREATE SCHEMA bare;
CREATE TABLE bare.ledger_accounts (LIKE vouchers.ledger_accounts INCLUDING ALL);
CREATE TABLE bare.postings (LIKE vouchers.postings INCLUDING ALL);
CREATE TABLE bare.outbox (LIKE vouchers.outbox INCLUDING ALL);
ALTER TABLE bare.postings ALTER position DROP IDENTITY;
ALTER TABLE bare.outbox ALTER position DROP IDENTITY;
"""
ROWS = {
    "ledger_accounts": "SELECT * FROM vouchers.ledger_accounts WHERE run_id = '{run}'",
    "postings": "SELECT * FROM vouchers.postings WHERE cause = '{run}' ORDER BY position",
    "outbox": "SELECT * FROM vouchers.outbox WHERE aggregate_id = '{run}' ORDER BY position",
}


class City:
    """The offices of a district that issue month after month, over HTTP."""

    def __init__(self, at: Ground, base: str, patience: httpx.AsyncClient) -> None:
        self._at, self._base, self._client = at, base, patience

    async def allocate(self, amount_fen: int) -> None:
        """Lottery money for everybody, signed by both bodies."""
        order = str(new_id())
        await self._post(
            "zhao",
            "allocations",
            id=order,
            fund="lottery",
            amount_fen=amount_fen,
            purpose="benefits",
            order_no=f"bench-{order}",
        )
        await self._post("qian", f"allocations/{order}/signatures")

    async def issue(self, month_on: date) -> tuple[str, float]:
        """Prepare a month, then approve it: the run, and how long the approval took."""
        DirectoryClock(self._at.data).set(month_on)
        run = str(new_id())
        await self._post(
            "zhao", "issue-runs", id=run, programme=VOUCHER, month_on=month_on.isoformat()
        )
        gc.collect()
        began = time.perf_counter()
        await self._post("wang", f"issue-runs/{run}/approval")
        return run, time.perf_counter() - began

    async def _post(self, sub: str, path: str, **body: object) -> None:
        finance = sub == "qian"
        role, said = ("finance", "财政") if finance else ("district_officer", "民政")
        area = EVERYWHERE if finance else DISTRICT
        held = token(self._at, Caller(sub, role, area, "", said))
        answer = await self._client.post(
            f"{self._base}/{path}",
            json={"id": str(new_id()), **body},
            headers={"Authorization": f"Bearer {held}"},
        )
        answer.raise_for_status()


async def against_copy() -> list[Figure]:
    """The approval of a month, and the COPY of what it wrote into tables of the same shape."""
    rounds: list[Round] = []
    async with ground(("vouchers",)) as at, connected(at) as database:
        await database.execute(PEOPLE, HOLDERS, VOUCHER, MONTHLY_FEN)
        await database.execute(BARE)
        await database.execute("ANALYZE")
        async with service(at) as (base, _), httpx.AsyncClient(timeout=PATIENCE_S) as client:
            city = City(at, base, client)
            await city.allocate(HOLDERS * MONTHLY_FEN * (ROUNDS + 1))
            for nth in range(ROUNDS + 1):
                run, took_s = await city.issue(date(2010, nth + 1, 1))
                copied_s = await _copied(database, run, at.data)
                rounds.append(Round(HOLDERS / took_s, HOLDERS / copied_s))
    counted = rounds[1:]  # the first warms both
    mid = middle(counted)
    words = (
        f"{HOLDERS:,} holders over HTTP in {HOLDERS / mid.ours:.1f} s, the COPY of their "
        f"accounts, postings and letters in {HOLDERS / mid.theirs:.1f} s; "
        f"{spread(counted, 'holders/s')}"
    )
    return [RATIO.figure(mid.ratio, words)]


async def _copied(database: asyncpg.Connection, run: str, place: Path) -> float:
    """Seconds to COPY what a run wrote into the bare tables, in one transaction."""
    files = {table: place / f"{table}.copy" for table in ROWS}
    for table, file in files.items():
        query = ROWS[table].format(run=run)
        await database.copy_from_query(query, output=file, format="binary")
    await database.execute("CHECKPOINT")
    began = time.perf_counter()
    async with database.transaction():
        for table, file in files.items():
            await database.copy_to_table(table, source=file, schema_name="bare", format="binary")
    return time.perf_counter() - began


async def memory() -> list[Figure]:
    """Peak resident memory of the service that issues to a million people."""
    async with ground(("vouchers",)) as at, connected(at) as database:
        await database.execute(PEOPLE, CITY, VOUCHER, MONTHLY_FEN)
        await database.execute("ANALYZE")
        async with service(at) as (base, pid), httpx.AsyncClient(timeout=PATIENCE_S) as client:
            city = City(at, base, client)
            await city.allocate(CITY * MONTHLY_FEN)
            idle_mb = peak_mb(pid)
            _, took_s = await city.issue(date(2010, 1, 1))
            issued_mb = peak_mb(pid)
        letters = await database.fetchval("SELECT count(*) FROM outbox WHERE type LIKE '%issued%'")
    words = (
        f"peak of the service's process, PostgreSQL apart: {CITY:,} holders in {took_s:.0f} s, "
        f"{letters:,} letters; {idle_mb:.0f} MiB before"
    )
    return [MEMORY.figure(issued_mb, words)]


def peak_mb(pid: int) -> float:
    """The most memory that a process has ever held, in MiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / KIBIBYTES


MEASUREMENTS = (Measurement((RATIO,), against_copy), Measurement((MEMORY,), memory))
