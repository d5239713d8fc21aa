"""Conservation: every cell, fund and book adds up, each night, and a missing fen is found."""

from __future__ import annotations

from datetime import date
from io import BytesIO

import asyncpg
import pytest
from python_calamine import CalamineWorkbook

from services.vouchers.reports.domain import BookMoney, Cell, wrong
from services.vouchers.reports.jobs import check_night
from tests.vouchers.town import (
    JANUARY,
    MONTHLY_FEN,
    OTHER_COMMUNITY,
    OTHER_STREET,
    STREET,
    Elder,
    Shop,
    Town,
)

anyio = pytest.mark.anyio


async def spent(town: Town) -> None:
    """Two streets, two classes, two funds; one spends, one dies."""
    here, there = Elder(), Elder(area_code=OTHER_COMMUNITY, benefit_class="B")
    shop = Shop()
    await town.grant(here, there)
    await town.admit(shop)
    await town.publish()
    await town.allocate(MONTHLY_FEN, "lottery")
    await town.allocate(2 * MONTHLY_FEN, "disability")
    await town.issue()
    assert (await town.redeem(shop, await town.card(here), 1234)).status_code == 201
    await town.settlements()
    await town.die(there, date(2010, 1, 3))


@anyio
async def test_the_cross_cut_shows_every_month_street_class_and_fund_by_itself(town: Town) -> None:
    await spent(town)
    told = (await town.finance().get("/vouchers/v1/conservation/cells")).json()["items"]
    shown = [
        (x["street_code"], x["benefit_class"], x["fund"], x["issued_fen"], x["redeemed_fen"],
         x["revoked_fen"], x["held_fen"], x["conserved"])
        for x in told
    ]  # fmt: skip
    assert shown == [
        (STREET, "A", "lottery", MONTHLY_FEN, 1234, 0, MONTHLY_FEN - 1234, True),
        (OTHER_STREET, "B", "disability", MONTHLY_FEN, 0, MONTHLY_FEN, 0, True),
    ]


@anyio
async def test_the_cross_cut_is_paged_and_filtered(town: Town) -> None:
    await spent(town)
    finance = town.finance()
    first = (await finance.get("/vouchers/v1/conservation/cells?limit=1")).json()
    rest = await finance.get(f"/vouchers/v1/conservation/cells?limit=1&cursor={first['next']}")
    assert [x["street_code"] for x in rest.json()["items"]] == [OTHER_STREET]
    assert rest.json()["next"] is None
    for cut in (f"street={OTHER_STREET}", "benefit_class=B", "fund=disability"):
        found = (await finance.get(f"/vouchers/v1/conservation/cells?{cut}")).json()["items"]
        assert [x["street_code"] for x in found] == [OTHER_STREET], cut
    none = await finance.get("/vouchers/v1/conservation/cells?month_on=2010-02-01")
    assert none.json()["items"] == []


@anyio
async def test_a_fund_s_money_is_the_same_at_both_ends_of_each_step(town: Town) -> None:
    await spent(town)
    told = (await town.finance().get("/vouchers/v1/conservation/funds")).json()
    lottery, disability = {x["fund"]: x for x in told["funds"]}["lottery"], told["funds"][0]
    assert (lottery["reserved_fen"], lottery["issued_fen"]) == (MONTHLY_FEN, MONTHLY_FEN)
    assert (lottery["paid_fen"], lottery["settled_fen"], lottery["earned_fen"]) == (1234,) * 3
    assert (disability["released_fen"], disability["revoked_fen"]) == (MONTHLY_FEN, MONTHLY_FEN)
    assert all(line["conserved"] for line in told["funds"] + told["books"])
    assert [(x["fund"], x["allocated_fen"], x["spent_fen"], x["left_fen"]) for x in told["books"]] \
        == [("disability", 20000, 10000, 10000), ("lottery", 10000, 10000, 0)]  # fmt: skip


@anyio
async def test_each_night_keeps_what_it_found_and_a_missing_fen_is_named(
    town: Town, database: str
) -> None:
    await spent(town)
    runtime = town.desk.office.runtimes["vouchers"]
    town.desk.clock.set(date(2010, 1, 5))
    assert await check_night(runtime) == []
    assert await check_night(runtime) == [], "a night is checked once"
    intruder = await asyncpg.connect(database)
    await intruder.execute(
        "UPDATE vouchers.ledger_accounts SET balance_fen = balance_fen - 1 "
        "WHERE kind = 'holder' AND balance_fen > 0"
    )
    await intruder.close()
    town.desk.clock.set(date(2010, 1, 6))
    assert len(await check_night(runtime)) == 1
    nights = (await town.finance().get("/vouchers/v1/conservation/nights?limit=2")).json()["items"]
    assert [night["night_on"] for night in nights] == ["2010-01-06", "2010-01-05"]
    assert nights[1]["wrong"] == []
    assert nights[1]["totals"]["issue_fen"] == 2 * MONTHLY_FEN
    assert nights[0]["wrong"] == [f"conserved_by_cell: 2010-01-01 {STREET} A lottery"]
    assert "conserved_by_cell" in await town.failures()


@anyio
async def test_the_report_is_a_workbook_in_yuan(town: Town) -> None:
    await spent(town)
    told = await town.finance().get("/vouchers/v1/conservation/report.xlsx")
    book = CalamineWorkbook.from_filelike(BytesIO(told.content))
    cells, funds, books, providers = (book.get_sheet_by_index(n).to_python() for n in range(4))
    assert cells[1][1:6] == [STREET, "A", "lottery", 100, 12.34]
    assert cells[1][-1] == "是 yes"
    assert (len(funds), len(books), len(providers)) == (3, 3, 2)


@anyio
async def test_a_till_and_a_street_see_no_report(town: Town) -> None:
    for who in (town.street(), town.till(Shop())):
        for page in ("cells", "funds", "nights", "report.xlsx"):
            answer = await who.get(f"/vouchers/v1/conservation/{page}")
            assert (answer.status_code, answer.json()["code"]) == (403, "role_not_allowed")


def test_a_cell_is_not_conserved_when_balances_and_postings_disagree() -> None:
    def cell(*fen: int) -> Cell:
        return Cell(JANUARY, STREET, "A", "lottery", *fen)

    assert wrong([cell(10, 4, 3, 2, 1, 1)]) == []
    for off in ((10, 4, 3, 2, 1, 2), (10, 4, 3, 2, 2, 2), (10, 11, 0, 0, -1, -1)):
        assert wrong([cell(*off)]) == [f"2010-01-01 {STREET} A lottery"]


def test_a_book_is_not_conserved_when_more_is_spent_than_allocated() -> None:
    assert wrong([BookMoney("rewards", "lottery", 10, 4, 6)]) == []
    assert wrong([BookMoney("rewards", "lottery", 10, 11, -1)]) == ["rewards lottery"]
