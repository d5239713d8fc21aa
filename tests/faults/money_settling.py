"""The settlement's side of the races: statements and signatures while tills sell and give back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from shared.contracts.ids import new_id
from shared.contracts.months import month_of
from tests.faults.money_site import Market
from tests.faults.site import Verdict
from tests.vouchers.town import MONTHLY_FEN

PAUSE_S = 0.05
DONE = frozenset({200, 201})
CREATED, CONFLICT, FORBIDDEN = 201, 409, 403
SIGNERS = (("district_officer", "wang"), ("finance", "zhao"), ("finance", "qian"))
DISTRICT = "110105"
OBJECTIONS_DAYS = 30
LEFT = """
SELECT (SELECT count(*) FROM redemptions WHERE settlement_id IS NULL) AS unsettled,
    (SELECT coalesce(sum(amount_fen), 0) FROM postings WHERE account_kind = 'provider_payable')
        AS payable,
    (SELECT count(*) FROM settlements WHERE second_by IS NULL AND void_on IS NULL) AS unsigned,
    (SELECT coalesce(sum(amount_fen), 0) FROM postings WHERE account_kind = 'settled') AS paid,
    (SELECT coalesce(sum(amount_fen), 0) FROM postings
        WHERE act IN ('redeem', 'refund') AND account_kind = 'provider_payable') AS redeemed
"""
# A redemption is told settled once; a refund comes off once.
TWICE = """
SELECT (SELECT count(*) FROM (SELECT 1 FROM outbox WHERE type LIKE 'vouchers.redemption.settled%'
        GROUP BY facts ->> 'redemption_id' HAVING count(*) > 1) AS t)
    + (SELECT count(*) FROM (SELECT 1 FROM settlement_deductions WHERE out_on IS NULL
        GROUP BY source_id HAVING count(*) > 1) AS d)
"""


async def at_once_settled(
    there: Market, verdict: Verdict, cards: Sequence[str], bought: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """One window of the race; returns what was sold in it, for the next one's refunds."""
    sales = [there.sale(card, MONTHLY_FEN) for card in cards]
    async with asyncio.TaskGroup() as group:
        for sale in sales:
            group.create_task(_sell(there, verdict, sale))
        for sale in bought:
            group.create_task(_give_back(there, verdict, sale))
        for role, sub in SIGNERS[:2]:
            group.create_task(_settle(there, verdict, role, sub))
    return sales


async def _sell(there: Market, verdict: Verdict, sale: dict[str, Any]) -> None:
    await _pause(there)
    told = await there.wire().post("/redemptions", sale, there.till())
    verdict.expect(told.status == CREATED, f"a sale was told {told.status} {told.code}")


async def _give_back(there: Market, verdict: Verdict, sale: dict[str, Any]) -> None:
    """Half of them, or all; twice at once under two ids: never more than was spent."""
    await _pause(there)
    path = f"/redemptions/{sale['id']}/refunds"
    order = {"reason": "服务未完成", "amount_fen": MONTHLY_FEN}
    orders = [{"id": str(new_id()), **order} for _ in range(2)]
    answers = await asyncio.gather(*(there.wire().post(path, one, there.till()) for one in orders))
    codes = sorted((told.status, told.code) for told in answers)
    once = codes == [(CREATED, ""), (CONFLICT, "already_refunded")]
    verdict.expect(once, f"two refunds of all were told {codes}")


async def _settle(there: Market, verdict: Verdict, role: str, sub: str) -> None:
    """Make statements, and have every signer sign what there is, all at once."""
    await _pause(there)
    month = month_of(there.desk.clock.today())
    order = {"id": str(new_id()), "month_on": str(month)}
    told = await there.wire().post("/settlements", order, there.desk.token(role, sub, DISTRICT))
    verdict.expect(told.status == CREATED, f"a settlement was told {told.status} {told.code}")
    await _sign(there, verdict)


async def _sign(there: Market, verdict: Verdict) -> None:
    rows = await there.rows(
        "SELECT id FROM settlements WHERE second_by IS NULL AND void_on IS NULL"
    )
    ids = [str(row["id"]) for row in rows]

    async def sign(role: str, sub: str) -> None:
        order = {"id": str(new_id()), "settlement_ids": ids}
        token = there.desk.token(role, sub, DISTRICT)
        told = await there.wire().post("/settlements/approvals", order, token)
        verdict.expect(told.status in DONE, f"approvals were told {told.status} {told.code}")

    if ids:
        await asyncio.gather(*(sign(role, sub) for role, sub in SIGNERS))


async def close(there: Market) -> None:
    """Sell something more, so that every refund has a statement to come off, and settle all."""
    clock = there.desk.clock
    quiet = Verdict("", "")
    clock.set(clock.today() + timedelta(days=OBJECTIONS_DAYS))
    money = await there.people(20, month_of(clock.today()))
    await at_once_settled(there, quiet, list(money), [])
    for _ in range(2):
        await _settle(there, quiet, *SIGNERS[0])
        clock.set(clock.today() + timedelta(days=OBJECTIONS_DAYS))
        for role, sub in SIGNERS[:2]:
            await _sign_alone(there, role, sub)


async def _sign_alone(there: Market, role: str, sub: str) -> None:
    rows = await there.rows(
        "SELECT id FROM settlements WHERE second_by IS NULL AND void_on IS NULL"
    )
    for row in rows:
        order = {"id": str(new_id())}
        token = there.desk.token(role, sub, DISTRICT)
        await there.wire().post(f"/settlements/{row['id']}/approvals", order, token)


async def settled_once(there: Market, verdict: Verdict) -> None:
    """Everything sold is in one statement, every refund came off once, and the sums agree."""
    (row,) = await there.rows(LEFT)
    verdict.expect(row["unsettled"] == 0, f"{row['unsettled']} redemptions in no statement")
    verdict.expect(row["unsigned"] == 0, f"{row['unsigned']} statements not signed")
    verdict.expect(row["payable"] == 0, f"{row['payable']} fen still payable")
    verdict.expect(row["paid"] == row["redeemed"], f"{row['paid']} paid of {row['redeemed']}")
    twice = await there.value(TWICE)
    verdict.expect(twice == 0, f"{twice} settled or deducted twice")


async def _pause(there: Market) -> None:
    await asyncio.sleep(there.chance.uniform(0, PAUSE_S))
