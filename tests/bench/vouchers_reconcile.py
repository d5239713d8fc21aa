"""How long the bank's answer to 100,000 payment orders takes, from the upload to the booking."""

from __future__ import annotations

import time
from collections.abc import Iterator
from random import Random
from uuid import UUID

import asyncpg
import httpx

from deploy.desk import Person
from deploy.office import service_of
from services.vouchers.payments.payees_store import ACCOUNT, DIGEST_KIND
from shared.app import create_app
from shared.auth import local_key, mint
from shared.bus.direct import DirectBus
from shared.caller import Caller
from shared.clock import DirectoryClock
from shared.contracts.ids import new_id
from shared.runtime import Runtime
from shared.vault import Vault
from tests.bench.figures import AT_MOST, Figure, Goal, Measurement
from tests.bench.ground import Ground, ground
from tests.bench.vouchers_ground import FUND, MONTH, STREET, TODAY, TOKEN_LIFE_S

SECONDS = Goal("reconcile_seconds", "s", AT_MOST, 60)
LINES, PROVIDERS, SEED = 100_000, 500, 2010
DISTRICT, AMOUNT_FEN = "110105", 12_345
# Of a hundred lines one comes back, and one each differs in every way there is.
RETURNED, DIFFERS, WRONG, LATE, TWICE, UNKNOWN, SILENT = range(7)
HEADING = "指令号,金额(元),状态,日期,收款账号,银行流水号,原因"

SETTLEMENTS = """
INSERT INTO settlements (id, batch_id, provider_id, area_code, month_on, redemptions, amount_fen,
    made_on, made_by, first_on, first_by, first_body, second_on, second_by, second_body)
SELECT s, s, p, $3, $4, 1, $5, $6, 'bench', $6, 'a', '民政', $6, 'b', '财政'
FROM unnest($1::uuid[], $2::text[]) AS l(s, p)
"""
ORDERS = """
INSERT INTO payment_orders (id, settlement_id, provider_id, area_code, amount_fen, ordered_on)
SELECT id, id, provider_id, area_code, amount_fen, made_on FROM settlements
"""
PAYABLES = """
INSERT INTO ledger_accounts (kind, area_code, agency)
SELECT DISTINCT 'provider_payable', $1, provider_id FROM settlements
"""
POSTINGS = """
INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
    month_on, benefit_class, agency, occurred_on, cause)
SELECT s.id, 'settle', side.account, side.kind, side.sign * s.amount_fen, $1, $2, s.month_on, 'A',
    s.provider_id, s.made_on, s.id
FROM settlements s
    JOIN ledger_accounts y ON y.kind = 'provider_payable' AND y.agency = s.provider_id
    JOIN ledger_accounts t ON t.kind = 'settled' AND t.fund = $1,
    LATERAL (VALUES (y.id, 'provider_payable', -1), (t.id, 'settled', 1))
        AS side(account, kind, sign)
"""
PAYEES = """
INSERT INTO payees (id, provider_id, area_code, account_name, bank_name, wrapped_key, sealed,
    digest, tail, proposed_on, proposed_by, decision, decided_on, decided_by, valid_from_on)
VALUES ($1, $2, $3, '服务中心', '某银行', $4, $5, $6, '****', $7, 'a', 'approved', $7, 'b', $7)
"""


async def _town(at: Ground) -> dict[str, str]:
    """Approved statements with their orders and postings; answers accounts by provider."""
    vault, chance = Vault.at(at.data / "secrets"), Random(SEED)
    accounts = {str(new_id()): f"11019{chance.randrange(10**11):011d}" for _ in range(PROVIDERS)}
    providers = list(accounts)
    database = await asyncpg.connect(at.dsn)
    try:
        await database.execute("SET search_path = vouchers")
        ids = [new_id() for _ in range(LINES)]
        owners = [providers[nth % PROVIDERS] for nth in range(LINES)]
        await database.execute(SETTLEMENTS, ids, owners, DISTRICT, MONTH, AMOUNT_FEN, TODAY)
        await database.execute(ORDERS)
        await database.execute(PAYABLES, DISTRICT)
        await database.execute(POSTINGS, FUND, STREET)
        for provider, number in accounts.items():
            payee = new_id()
            kept = vault.seal(payee, {ACCOUNT: number})
            digest = vault.blind(DIGEST_KIND, number)
            await database.execute(
                PAYEES, payee, provider, DISTRICT, kept.wrapped_key, kept.sealed, digest, TODAY
            )
        await database.execute("ANALYZE")
    finally:
        await database.close()
    return accounts


def _answer(orders: list[tuple[UUID, str]], accounts: dict[str, str]) -> Iterator[str]:
    yield HEADING
    for nth, (order, provider) in enumerate(orders):
        kind = nth % 100
        if kind == SILENT:
            continue
        said = new_id() if kind == UNKNOWN else order
        amount = "123.44" if kind == DIFFERS else "123.45"
        state = "退回" if kind == RETURNED else "成功"
        day = "2010-01-20" if kind == LATE else "2010-01-05"
        number = "11019000000000009" if kind == WRONG else accounts[provider]
        line = f"{said},{amount},{state},{day},{number},F{nth},"
        yield line
        if kind == TWICE:
            yield line


async def measure() -> list[Figure]:
    """One batch of 100,000 orders and the bank's answer to it, in GBK, over HTTP."""
    async with ground(("vouchers",)) as at:
        DirectoryClock(at.data).set(TODAY)
        accounts = await _town(at)
        runtime = Runtime(service_of("vouchers"), at.settings("vouchers"), DirectBus())
        app = create_app(runtime, own_lifespan=False)
        await runtime.bus.start()
        await runtime.start()
        try:
            transport = httpx.ASGITransport(app, root_path="/vouchers")
            async with httpx.AsyncClient(
                transport=transport, base_url="http://office", timeout=600
            ) as client:
                caller = Caller("bench", "finance", body="财政")
                key, settings = local_key(at.data), at.settings("vouchers")
                token = mint(key, settings, caller, lives_s=TOKEN_LIFE_S)
                took, counted = await _reconciled(at, Person(client, token), accounts)
        finally:
            await runtime.stop()
            await runtime.bus.stop()
    words = f"upload of {LINES:,} lines (GBK) to the booked answer, one transaction: {counted}"
    return [SECONDS.figure(took, words)]


async def _reconciled(at: Ground, finance: Person, accounts: dict[str, str]) -> tuple[float, str]:
    batch = await finance.post("/v1/payment-batches", {"id": str(new_id())})
    place = f"/v1/payment-batches/{batch['batch_id']}"
    database = await asyncpg.connect(at.dsn)
    try:
        rows = await database.fetch("SELECT order_id, provider_id FROM vouchers.payments")
    finally:
        await database.close()
    lines = _answer([(row["order_id"], row["provider_id"]) for row in rows], accounts)
    content = "\r\n".join(lines).encode("gbk")
    began = time.perf_counter()
    view = await finance.upload(f"{place}/answers", "answer.csv", content, str(new_id()))
    took = time.perf_counter() - began
    counted = ", ".join(f"{one['result']} {one['lines']:,}" for one in view["results"])
    return took, counted


MEASUREMENTS = (Measurement((SECONDS,), measure),)
