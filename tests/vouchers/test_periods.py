"""Periods: a closed month stays what it was, and what comes later is booked in the open one."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import asyncpg
import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from services.vouchers.periods.domain import Calendar, check_next
from shared.errors import Conflict
from tests.vouchers.town import FEBRUARY, JANUARY, MARCH, MONTHLY_FEN, Elder, Shop, Town, code

anyio = pytest.mark.anyio


async def closed(town: Town, month_on: date = JANUARY) -> httpx.Response:
    asked = await town.post(town.finance("qian"), "periods", month_on=str(month_on))
    assert asked.status_code == 201, asked.text
    return await town.post(town.finance("zhou"), f"periods/{month_on}/closing")


async def january(town: Town) -> tuple[Elder, Shop, str]:
    elder, shop = Elder(), Shop()
    await town.grant(elder)
    await town.admit(shop)
    await town.publish()
    await town.allocate(9 * MONTHLY_FEN)
    await town.issue()
    return elder, shop, await town.card(elder)


async def booked(town: Town, month_on: date, act: str) -> tuple[int, int]:
    """Money and late lines of the holders' side of an act in a month."""
    told = await town.finance().get("/vouchers/v1/periods")
    (line,) = [x for x in told.json()["items"] if x["month_on"] == str(month_on)]
    found = [x for x in line["totals"] if (x["act"], x["account_kind"]) == (act, "holder")]
    return sum(x["amount_fen"] for x in found), sum(x["late"] for x in found)


async def periods_of(town: Town, act: str) -> list[Any]:
    work = town.desk.work("vouchers")
    rows = await work.rows(
        "SELECT posting_period(occurred_on, position) AS period FROM postings "
        "WHERE act = :act AND account_kind = 'holder' ORDER BY position",
        act=act,
    )
    await work.abandon()
    return [row["period"] for row in rows]


@anyio
async def test_what_comes_after_the_closing_is_booked_in_the_open_month(town: Town) -> None:
    _, shop, card = await january(town)
    town.desk.clock.set(date(2010, 2, 2))
    early = await town.redeem(shop, card, 100, occurred_on="2010-01-30")
    assert early.status_code == 201, "late, but January is still open"
    assert (await closed(town)).json()["closed"] is True
    late = await town.redeem(shop, card, 30, occurred_on="2010-01-31")
    assert late.status_code == 201
    assert await periods_of(town, "redeem") == [JANUARY, FEBRUARY]
    assert await booked(town, JANUARY, "redeem") == (-100, 0)
    town.desk.clock.set(date(2010, 3, 1))
    await closed(town, FEBRUARY)
    assert await booked(town, FEBRUARY, "redeem") == (-30, 1)
    assert await booked(town, JANUARY, "redeem") == (-100, 0)
    await town.desk.settle()
    assert await town.failures() == []


@anyio
async def test_a_month_is_closed_by_two_people_of_finance_and_never_opened(town: Town) -> None:
    await january(town)
    town.desk.clock.set(date(2010, 2, 2))
    for who in (town.civil(), town.street(), town.desk.as_("auditor")):
        assert code(await town.post(who, "periods", month_on="2010-01-01"))[0] == 403
    unasked = await town.post(town.finance(), "periods/2010-01-01/closing")
    assert code(unasked) == (404, "no_such_period")
    await town.post(town.finance("qian"), "periods", month_on="2010-01-01")
    again = await town.post(town.finance("zhou"), "periods", month_on="2010-01-01")
    assert code(again) == (409, "closing_asked")
    path = "periods/2010-01-01/closing"
    assert code(await town.post(town.finance("qian"), path)) == (403, "same_person")
    assert (await town.post(town.finance("zhou"), path)).status_code == 201
    assert code(await town.post(town.finance("zhou"), path)) == (409, "period_closed")
    reasked = await town.post(town.finance("qian"), "periods", month_on="2010-01-01")
    assert code(reasked) == (409, "period_closed")
    paths = (await town.finance().get("/vouchers/openapi.json")).json().get("paths", {})
    acts = {p: set(a) for p, a in paths.items() if p.startswith("/v1/periods")}
    assert acts == {"/v1/periods": {"get", "post"}, "/v1/periods/{month_on}/closing": {"post"}}
    work = town.desk.work("vouchers")
    for change in ("UPDATE periods SET closed_at = NULL", "DELETE FROM periods"):
        with pytest.raises(DBAPIError, match="permission denied"):
            async with work.attempted():
                await work.run(change)
    await work.abandon()


@anyio
async def test_months_close_one_after_another_and_not_before_they_are_over(town: Town) -> None:
    await january(town)
    for month_on in ("2010-01-01", "2010-02-01"):
        early = await town.post(town.finance(), "periods", month_on=month_on)
        assert code(early) == (422, "month_not_over")
    town.desk.clock.set(date(2010, 3, 2))
    skipped = await town.post(town.finance(), "periods", month_on="2010-02-01")
    assert code(skipped) == (409, "months_in_order")
    await closed(town, JANUARY)
    assert (await closed(town, FEBRUARY)).status_code == 201


@anyio
async def test_a_closing_waits_for_whoever_is_booking_and_counts_it(
    town: Town, database: str
) -> None:
    await january(town)
    town.desk.clock.set(date(2010, 2, 2))
    await town.post(town.finance("qian"), "periods", month_on="2010-01-01")
    writer = await asyncpg.connect(database)
    booking = writer.transaction()
    await booking.start()
    await writer.execute(
        "INSERT INTO vouchers.postings (set_id, act, account_id, account_kind, amount_fen, fund, "
        "street_code, occurred_on, cause) SELECT CAST(md5('a set') AS uuid), 'expense', id, kind, "
        "CASE kind WHEN 'fund' THEN -5 ELSE 5 END, fund, '110105', date '2010-01-31', uuidv7() "
        "FROM vouchers.ledger_accounts WHERE kind IN ('fund', 'expenses') AND fund = 'lottery'"
    )
    closing = asyncio.ensure_future(town.post(town.finance("zhou"), "periods/2010-01-01/closing"))
    watcher = await asyncpg.connect(database)
    while not await watcher.fetchval(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'ShareRowExclusiveLock'"
    ):
        continue
    assert not closing.done()
    await booking.commit()
    newest = await watcher.fetchval("SELECT max(position) FROM vouchers.postings")
    assert (await closing).json()["position"] == newest
    told = await town.finance().get("/vouchers/v1/periods")
    (line,) = told.json()["items"]
    assert [x["amount_fen"] for x in line["totals"] if x["account_kind"] == "expenses"] == [5]
    await writer.close()
    await watcher.close()


@anyio
async def test_verification_finds_whatever_is_changed_in_a_closed_month(
    town: Town, database: str
) -> None:
    _, shop, card = await january(town)
    await town.redeem(shop, card, 100)
    town.desk.clock.set(date(2010, 2, 2))
    await closed(town)
    await town.desk.settle()
    assert await town.failures() == []
    intruder = await asyncpg.connect(database)
    await intruder.execute(
        "UPDATE vouchers.postings SET occurred_on = '2010-02-01' WHERE act = 'redeem'"
    )
    await intruder.close()
    assert "closed_periods_stand" in await town.failures()


def test_nothing_can_be_closed_where_nothing_was_booked() -> None:
    with pytest.raises(Conflict) as refused:
        check_next(Calendar(None, None), JANUARY, date(2010, 3, 1))
    assert refused.value.code == "months_in_order"
    check_next(Calendar(JANUARY, date(2010, 1, 4)), FEBRUARY, MARCH)
