"""Back-pay: one past month for one person, with a reason, by two bodies, and never twice."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import httpx
import pytest

from shared.contracts.eligibility import AwardResumed, AwardSuspended
from shared.contracts.programmes import VOUCHER
from tests.vouchers.test_turns import about
from tests.vouchers.town import FEBRUARY, JANUARY, MARCH, MONTHLY_FEN, Elder, Shop, Town, code

pytestmark = pytest.mark.anyio


async def order(town: Town, elder: Elder, month_on: date, **more: Any) -> httpx.Response:
    body = {
        "person_id": str(elder.person_id),
        "programme": VOUCHER,
        "month_on": str(month_on),
        "reason": "suspension_lifted",
        "note": "停发有误，经核实补发",
    }
    return await town.post(town.civil(), "backpays", **{**body, **more})


async def suspended(town: Town) -> Elder:
    """An elder who was suspended by mistake for February, and has got January and March."""
    elder = Elder()
    await town.grant(elder)
    await town.allocate(9 * MONTHLY_FEN)
    await town.issue()
    gone, back = date(2010, 1, 31), date(2010, 3, 1)
    await town.tell(
        "eligibility",
        AwardSuspended(**about(elder, gone), suspended_on=gone, reason="abroad"),
        AwardResumed(**about(elder, back), resumed_on=back),
    )
    town.desk.clock.set(date(2010, 3, 5))
    assert (await town.issue(FEBRUARY))["people"] == 0
    assert (await town.issue(MARCH))["people"] == 1
    return elder


async def test_a_month_lost_by_a_wrong_suspension_is_paid_back_by_two_bodies(town: Town) -> None:
    elder, shop = await suspended(town), Shop()
    made = await order(town, elder, FEBRUARY)
    assert (made.json()["amount_fen"], made.json()["paid"]) == (MONTHLY_FEN, False)
    path = f"backpays/{made.json()['backpay_id']}/signatures"
    assert code(await town.post(town.civil(), path)) == (403, "same_person")
    assert code(await town.post(town.civil("wang"), path)) == (403, "same_body")
    paid = await town.post(town.finance(), path)
    assert (paid.json()["paid"], paid.json()["fund"]) == (True, "lottery")
    assert code(await town.post(town.finance(), path)) == (409, "already_signed")

    books = await town.money()
    assert books["by_month"]["2010-02-01"]["issued_fen"] == MONTHLY_FEN
    work = town.desk.work("vouchers")
    acts = await work.rows("SELECT act, count(*) AS n FROM postings GROUP BY act ORDER BY act")
    assert {row["act"]: row["n"] for row in acts} == {"allocate": 2, "backpay": 2, "issue": 4}
    await work.abandon()
    assert (await town.told("issued"))[-1]["facts"]["people"] == 1
    await town.admit(shop)
    await town.publish()
    card = await town.card(elder)
    assert (await town.redeem(shop, card, 3 * MONTHLY_FEN)).status_code == 201
    await town.desk.settle()
    assert await town.failures() == []
    (listed,) = (await town.finance().get("/vouchers/v1/backpays")).json()["items"]
    assert (listed["reason"], listed["signed_by"]) == ("suspension_lifted", "qian")


async def test_what_the_register_does_not_give_is_not_paid_back(town: Town) -> None:
    elder = await suspended(town)
    late = Elder()
    await town.grant(late, starts_on=MARCH)
    assert code(await order(town, elder, JANUARY)) == (409, "already_issued")
    assert code(await order(town, late, FEBRUARY)) == (409, "before_application")
    for month_on in (MARCH, date(2010, 2, 2), date(2009, 12, 1)):
        assert code(await order(town, elder, month_on)) == (422, "not_a_past_month"), month_on
    assert code(await order(town, Elder(), FEBRUARY)) == (404, "no_such_award")
    assert code(await order(town, elder, FEBRUARY, reason="kindness"))[0] == 422
    assert code(await order(town, elder, FEBRUARY, amount_fen=99))[0] == 422
    await town.end(elder, date(2010, 1, 20), "no_longer_eligible")
    assert code(await order(town, elder, FEBRUARY)) == (409, "after_award")
    await town.die(elder, date(2010, 3, 4))
    assert code(await order(town, elder, FEBRUARY)) == (409, "holder_died")


async def test_a_death_between_the_two_signatures_stops_it(town: Town) -> None:
    elder = await suspended(town)
    made = await order(town, elder, FEBRUARY)
    await town.die(elder, date(2010, 3, 4))
    refused = await town.post(town.finance(), f"backpays/{made.json()['backpay_id']}/signatures")
    assert code(refused) == (409, "holder_died")


async def test_two_back_pays_of_one_month_signed_at_once_pay_it_once(town: Town) -> None:
    elder = await suspended(town)
    made = [(await order(town, elder, FEBRUARY)).json()["backpay_id"] for _ in range(2)]
    done = await asyncio.gather(
        *(town.post(town.finance(), f"backpays/{one}/signatures") for one in made)
    )
    assert sorted(code(answer) for answer in done) == [(201, ""), (409, "already_issued")]
    assert (await town.money())["by_month"]["2010-02-01"]["issued_fen"] == MONTHLY_FEN
    await town.desk.settle()
    assert await town.failures() == []


async def test_nothing_is_paid_back_beyond_what_was_allocated(town: Town) -> None:
    elder = Elder()
    await town.grant(elder)
    town.desk.clock.set(date(2010, 2, 5))
    made = await order(town, elder, JANUARY, reason="late_decision")
    refused = await town.post(town.finance(), f"backpays/{made.json()['backpay_id']}/signatures")
    assert code(refused) == (409, "insufficient_allocation")
    assert (await town.money())["total"]["issued_fen"] == 0


async def test_a_month_whose_vouchers_are_void_is_paid_back_with_today_s_validity(
    town: Town,
) -> None:
    elder = await suspended(town)
    town.desk.clock.set(date(2011, 3, 1))
    made = await order(town, elder, FEBRUARY)
    await town.post(town.finance(), f"backpays/{made.json()['backpay_id']}/signatures")
    work = town.desk.work("vouchers")
    until = await work.value(
        "SELECT valid_until_on FROM ledger_accounts WHERE kind = 'holder' AND month_on = :month",
        month=FEBRUARY,
    )
    await work.abandon()
    assert until == date(2012, 1, 31)
