"""Four books: money of one never pays for another, and work expenses have lines of their own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from services.vouchers.funds.domain import Source, split
from services.vouchers.funds.expenses import proposed_fen
from services.vouchers.funds.store import Funds
from services.vouchers.policy.loader import load_policy
from shared.contracts.ids import new_id
from shared.errors import Conflict
from tests.vouchers.town import JANUARY, MONTHLY_FEN, STREET, Elder, Town, code

anyio = pytest.mark.anyio
RULES = load_policy().waterfall.on(JANUARY)


def source(fund: str, balance_fen: int) -> Source:
    return Source(new_id(), new_id(), fund, balance_fen)


def test_a_claim_is_split_over_the_funds_to_the_fen() -> None:
    sources = [source("district_finance", 90000), source("lottery", 3333), source("lottery", 1)]
    draws = split(10000, sources, RULES, "centenarian_claims")
    assert [(draw.source.fund, draw.amount_fen) for draw in draws] == [
        ("lottery", 3333),
        ("lottery", 1),
        ("district_finance", 6666),
    ]


def test_what_the_allocations_do_not_cover_to_the_fen_is_not_paid() -> None:
    with pytest.raises(Conflict) as refused:
        split(10000, [source("lottery", 9999)], RULES, "centenarian_claims")
    assert refused.value.code == "insufficient_allocation"


def test_the_district_alone_pays_rewards_and_work_expenses() -> None:
    for purpose in ("rewards", "work_expenses"):
        with pytest.raises(Conflict):
            split(1, [source("lottery", 9), source("unemployment", 9)], RULES, purpose)


@anyio
async def test_a_month_is_not_issued_from_another_book_s_money(town: Town) -> None:
    await town.grant(Elder())
    await town.allocate(9 * MONTHLY_FEN, "district_finance", "rewards")
    await town.allocate(9 * MONTHLY_FEN, "lottery", "device_subsidies")
    run = await town.post(
        town.civil(), "issue-runs", programme="chaoyang-2010/voucher", month_on="2010-01-01"
    )
    assert run.json()["shortage_fen"] == MONTHLY_FEN
    refused = await town.post(town.civil("wang"), f"issue-runs/{run.json()['run_id']}/approval")
    assert code(refused) == (409, "insufficient_allocation")
    listed = (await town.finance().get("/vouchers/v1/allocations")).json()["items"]
    assert [line["book"] for line in listed] == ["rewards", "subsidies"]


@anyio
async def test_what_one_book_paid_is_given_back_to_the_allocations_it_came_from(town: Town) -> None:
    await town.allocate(300, "lottery", "device_subsidies")
    await town.allocate(500, "district_finance", "device_subsidies")
    work, cause = town.desk.work("vouchers"), new_id()
    funds = Funds(work)
    await funds.pay("device_subsidies", "subsidy", "subsidies", 700, area_code=STREET, cause=cause)
    await work.commit()
    assert await books(town) == {
        ("subsidies", "lottery"): 0,
        ("subsidies", "district_finance"): 100,
    }
    work = town.desk.work("vouchers")
    assert await Funds(work).give_back("subsidy", cause=cause) == 700
    assert await Funds(work).give_back("subsidy", cause=cause) == 0
    await work.commit()
    assert await books(town) == {
        ("subsidies", "lottery"): 300,
        ("subsidies", "district_finance"): 500,
    }
    # The money went out here without the payment order that a claim or sale makes.
    assert await town.failures() == ["payouts_are_booked"]


async def books(town: Town) -> dict[tuple[str, str], int]:
    told = (await town.finance().get("/vouchers/v1/conservation/funds")).json()["books"]
    assert all(line["conserved"] for line in told)
    return {(line["book"], line["fund"]): line["left_fen"] for line in told}


@anyio
async def test_the_database_lets_no_money_cross_into_another_book(town: Town) -> None:
    await town.allocate(900, "district_finance", "rewards")
    work = town.desk.work("vouchers")
    with pytest.raises(DBAPIError, match="another book"):
        async with work.attempted():
            await work.run(CROSS, act="expense", to="expenses")
    with pytest.raises(DBAPIError, match="book_kept"):
        async with work.attempted():
            await work.run(CROSS, act="reward", to="expenses")
    await work.run(CROSS, act="reward", to="rewards")
    await work.abandon()


CROSS = """
INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
    occurred_on, cause)
SELECT uuidv7(), :act, a.id, a.kind, side.fen, a.fund, '110105', date '2010-01-04', uuidv7()
FROM (VALUES ('allocation', -1), (CAST(:to AS text), 1)) AS side(kind, fen)
    JOIN ledger_accounts a ON a.kind = side.kind AND a.fund = 'district_finance'
"""


def line(**changes: Any) -> dict[str, Any]:
    common = {"street_code": STREET, "year": 2010, "reason": "办公、宣传、核查"}
    return {**common, "amount_fen": 2400, **changes}


@anyio
async def test_a_street_s_line_is_proposed_by_its_heads_and_spent_by_two_people(town: Town) -> None:
    await town.grant(Elder(), Elder())
    told = await town.finance().get("/vouchers/v1/work-expenses?year=2010")
    assert [(x["headcount"], x["proposed_fen"]) for x in told.json()] == [(2, 2400)]
    made = await town.post(town.civil(), "work-expenses/lines", **line())
    path = f"work-expenses/lines/{made.json()['line_id']}/signatures"
    early = await town.post(town.civil(), "work-expenses/expenses", **line(amount_fen=1))
    assert code(early) == (409, "beyond_budget_line")
    assert code(await town.post(town.civil(), path)) == (403, "same_person")
    assert (await town.post(town.finance(), path)).json()["effective"] is True
    assert code(await town.post(town.finance(), path)) == (409, "already_signed")

    await town.allocate(9000, "district_finance", "work_expenses")
    spent = await town.post(town.civil(), "work-expenses/expenses", **line(amount_fen=2000))
    path = f"work-expenses/expenses/{spent.json()['expense_id']}/signatures"
    assert code(await town.post(town.civil(), path)) == (403, "same_person")
    assert (await town.post(town.finance(), path)).json()["paid"] is True
    (shown,) = (await town.finance().get("/vouchers/v1/work-expenses?year=2010")).json()
    assert (shown["budget_fen"], shown["spent_fen"], shown["left_fen"]) == (2400, 2000, 400)
    assert shown["proposed_fen"] == 0
    more = await town.post(town.civil(), "work-expenses/expenses", **line(amount_fen=401))
    assert code(more) == (409, "beyond_budget_line")
    assert await books(town) == {("expenses", "district_finance"): 7000}
    assert await town.failures() == []


@anyio
async def test_two_expenses_at_once_do_not_overspend_a_line(town: Town) -> None:
    made = await town.post(town.civil(), "work-expenses/lines", **line())
    await town.post(town.finance(), f"work-expenses/lines/{made.json()['line_id']}/signatures")
    await town.allocate(9000, "district_finance", "work_expenses")
    entered = [
        (await town.post(town.civil(), "work-expenses/expenses", **line())).json()["expense_id"]
        for _ in range(2)
    ]
    done = await asyncio.gather(
        *(town.post(town.finance(), f"work-expenses/expenses/{one}/signatures") for one in entered)
    )
    assert sorted(code(answer) for answer in done) == [(201, ""), (409, "beyond_budget_line")]


def test_a_line_is_never_proposed_to_be_lowered() -> None:
    assert proposed_fen(3, 1200, 600) == 3000
    assert proposed_fen(1, 1200, 2400) == 0
