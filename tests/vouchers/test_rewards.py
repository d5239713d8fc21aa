"""Rewards by a year's result and a signed scheme; training money of its own purpose (C-25)."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest

from shared.contracts.evaluation import ScorePublished
from tests.vouchers.paid import Paying
from tests.vouchers.town import Shop, Town, day

pytestmark = pytest.mark.anyio
STEPS = [
    {"points_from": 80, "amount_fen": 500001},
    {"points_from": 90, "amount_fen": 1000000},
]
AFTER = date(2011, 1, 10)


async def allocated(town: Town, fen: int, fund: str, purpose: str) -> httpx.Response:
    number = f"{purpose}-{fund}-{fen}"
    order = {"fund": fund, "amount_fen": fen, "purpose": purpose, "order_no": number}
    made = await town.post(town.civil(), "allocations", **order)
    if made.is_success:
        path = f"allocations/{made.json()['allocation_id']}/signatures"
        assert (await town.post(town.finance(), path)).status_code == 201
    return made


async def score(town: Town, shop: Shop, *points: int, told: date = AFTER) -> None:
    await town.tell(
        "evaluation",
        *[
            ScorePublished(
                aggregate_id=shop.provider_id,
                occurred_at=day(told),
                provider_id=shop.provider_id,
                month_on=date(2010, nth, 1),
                points=one,
                visits_planned=10,
                visits_done=9,
                feedbacks=3,
            )
            for nth, one in enumerate(points, 1)
        ],
    )


async def scheme(town: Town, year: int = 2010, order_no: str = "奖-1", **more: Any) -> str:
    order = {"year": year, "order_no": order_no, "months_at_least": 3, "steps": STEPS}
    made = await town.post(town.civil(), "reward-schemes", **{**order, **more})
    assert made.status_code == 201, made.text
    one: str = made.json()["scheme_id"]
    path = f"reward-schemes/{one}/signatures"
    done = await town.post(town.finance(), path, outcome="approved", reason="同意")
    assert done.status_code == 201, done.text
    return one


async def propose(town: Town, shop: Shop, year: int = 2010) -> httpx.Response:
    who = {"provider_id": str(shop.provider_id), "year": year}
    return await town.post(town.civil(), "rewards", reason="年度考核", **who)


async def sign(town: Town, reward_id: str, outcome: str = "approved") -> httpx.Response:
    path = f"rewards/{reward_id}/signatures"
    return await town.post(town.finance(), path, outcome=outcome, reason="同意")


async def booked(town: Town, kind: str) -> list[tuple[str, int]]:
    work = town.desk.work("vouchers")
    rows = await work.rows(
        "SELECT fund, CAST(sum(amount_fen) AS bigint) AS fen FROM postings "
        "WHERE account_kind = :kind GROUP BY fund ORDER BY fund",
        kind=kind,
    )
    await work.abandon()
    return [(row["fund"], row["fen"]) for row in rows]


async def test_a_year_s_mean_meets_its_step_and_is_paid_from_the_book_of_rewards(
    town: Town,
) -> None:
    shop = Shop()
    town.desk.clock.set(AFTER)
    await town.admit(shop)
    await score(town, shop, 95, 88, 86)
    await scheme(town)
    await town.allocate(9000000)
    made = await propose(town, shop)
    assert (made.status_code, made.json()["amount_fen"]) == (201, 500001)
    one = made.json()["reward_id"]
    short = await sign(town, one)
    assert (short.status_code, short.json()["code"]) == (409, "insufficient_allocation")
    await allocated(town, 600000, "district_finance", "rewards")
    same = await town.post(
        town.civil(), f"rewards/{one}/signatures", outcome="approved", reason="x"
    )
    assert (same.status_code, same.json()["code"]) == (403, "same_person")
    assert (await sign(town, one)).json()["state"] == "approved"
    assert await booked(town, "rewards") == [("district_finance", 500001)]
    again = await propose(town, shop)
    assert (again.status_code, again.json()["code"]) == (409, "rewarded_already")
    seen = (await town.till(shop).get("/vouchers/v1/rewards")).json()["items"]
    assert [(x["points"], x["months"], x["paid_on"]) for x in seen] == [(89, 3, None)]
    paying = Paying(town)
    await paying.payee(shop, "1101900100002222")
    await paying.pay(await paying.batch(), "2011-01-10")
    seen = (await town.till(shop).get("/vouchers/v1/rewards")).json()["items"]
    assert [x["paid_on"] for x in seen] == ["2011-01-10"]
    await town.desk.settle()
    assert await town.failures() == []


async def test_no_reward_without_a_year_a_scheme_months_and_points(town: Town) -> None:
    shop, weak, new = Shop(), Shop(), Shop()
    await score(town, shop, 95, 95, 95)
    early = await propose(town, shop)
    assert (early.status_code, early.json()["code"]) == (409, "year_not_over")
    town.desk.clock.set(AFTER)
    none = await propose(town, shop)
    assert (none.status_code, none.json()["code"]) == (409, "no_scheme")
    await scheme(town)
    await score(town, weak, 79, 79, 81)
    await score(town, new, 99, 99)
    for one, code in ((weak, "below_the_scheme"), (new, "too_few_months")):
        refused = await propose(town, one)
        assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert (await propose(town, shop)).json()["amount_fen"] == 1000000


async def test_a_score_that_is_told_again_counts_as_it_was_told_last(town: Town) -> None:
    shop = Shop()
    town.desk.clock.set(AFTER)
    await scheme(town)
    await score(town, shop, 95, 95, 95)
    await score(town, shop, 80, 80, 80, told=date(2011, 1, 11))
    await score(town, shop, 99, 99, 99, told=date(2011, 1, 9))
    assert (await propose(town, shop)).json()["amount_fen"] == 500001


async def test_a_year_has_one_scheme_and_its_steps_rise(town: Town) -> None:
    await scheme(town)
    with pytest.raises(AssertionError, match="year_has_a_scheme"):
        await scheme(town, order_no="奖-2")
    for steps in (STEPS[::-1], [STEPS[0], {"points_from": 90, "amount_fen": 1}]):
        with pytest.raises(AssertionError, match="steps_do_not_rise"):
            await scheme(town, 2011, "奖-3", steps=steps)


async def test_unemployment_money_pays_for_training_and_for_nothing_else(town: Town) -> None:
    shop = Shop()
    for purpose in ("benefits", "rewards", "device_subsidies", "centenarian_claims"):
        locked = await allocated(town, 1, "unemployment", purpose)
        assert (locked.status_code, locked.json()["code"]) == (422, "fund_purpose_locked")
    await allocated(town, 300000, "unemployment", "worker_training")
    made = await town.post(
        town.civil(),
        "training-grants",
        provider_id=str(shop.provider_id),
        year=2010,
        course="养老护理员初级",
        people=20,
        amount_fen=200000,
        reason="持证上岗",
    )
    assert made.status_code == 201, made.text
    assert (await sign(town, made.json()["reward_id"])).status_code == 201
    assert await booked(town, "training") == [("unemployment", 200000)]
    assert await booked(town, "rewards") == []
    await town.desk.settle()
    assert await town.failures() == []


async def test_training_is_paid_from_the_unemployment_fund_first_and_then_by_the_district(
    town: Town,
) -> None:
    shop = Shop()
    for fund in ("lottery", "disability"):
        locked = await allocated(town, 1, fund, "worker_training")
        assert (locked.status_code, locked.json()["code"]) == (422, "fund_purpose_locked")
    await allocated(town, 500000, "district_finance", "worker_training")
    await allocated(town, 120000, "unemployment", "worker_training")
    made = await town.post(
        town.civil(),
        "training-grants",
        provider_id=str(shop.provider_id),
        year=2010,
        course="养老护理员初级",
        people=20,
        amount_fen=200000,
        reason="持证上岗",
    )
    assert (await sign(town, made.json()["reward_id"])).status_code == 201
    assert await booked(town, "training") == [
        ("district_finance", 80000),
        ("unemployment", 120000),
    ]
