"""Subsidised devices at the counter: tender price, one a person, quota, money, and returns."""

from __future__ import annotations

from datetime import date
from typing import Any

import anyio
import httpx
import pytest

from tests.vouchers.paid import Paying
from tests.vouchers.test_claims import entitle
from tests.vouchers.town import Elder, Shop, Town

pytestmark = pytest.mark.anyio
DEVICE = "chaoyang-2010/device"
SUBSIDY_FEN = 40000


async def allocated(town: Town, fen: int, fund: str = "lottery") -> None:
    number = f"器具-{fund}-{fen}"
    order = {"fund": fund, "amount_fen": fen, "purpose": "device_subsidies", "order_no": number}
    made = await town.post(town.civil(), "allocations", **order)
    path = f"allocations/{made.json()['allocation_id']}/signatures"
    assert (await town.post(town.finance(), path)).status_code == 201


async def tendered(town: Town, shop: Shop, quota: int = 5, **more: Any) -> str:
    order = {
        "tender_no": "招-2010-1",
        "model": "小帮手 A1",
        "provider_id": str(shop.provider_id),
        "list_price_fen": 60000,
        "user_price_fen": 20000,
        "from_on": "2010-01-01",
        "to_on": "2010-06-30",
        "quota": quota,
    }
    made = await town.post(town.civil(), "device-tenders", **{**order, **more})
    assert made.status_code == 201, made.text
    one: str = made.json()["tender_id"]
    path = f"device-tenders/{one}/signatures"
    done = await town.post(town.finance(), path, outcome="approved", reason="同意")
    assert done.status_code == 201, done.text
    return one


async def ready(town: Town, *elders: Elder, quota: int = 5) -> tuple[Shop, str]:
    shop = Shop()
    await town.admit(shop)
    for elder in elders:
        await entitle(town, elder, DEVICE)
    return shop, await tendered(town, shop, quota)


async def sell(
    town: Town, shop: Shop, tender: str, elder: Elder, serial: str = "SN-1", **more: Any
) -> httpx.Response:
    return await town.post(
        town.till(shop),
        "device-sales",
        tender_id=tender,
        award_id=str(elder.award_id),
        serial_no=serial,
        **more,
    )


async def books(town: Town) -> tuple[int, int]:
    """What the book of subsidies has paid for devices, and what its allocations have left."""
    work = town.desk.work("vouchers")
    paid = await work.value(
        "SELECT coalesce(sum(amount_fen), 0) FROM postings WHERE account_kind = 'subsidies'"
    )
    left = await work.value(
        "SELECT coalesce(sum(balance_fen), 0) FROM ledger_accounts WHERE kind = 'allocation'"
    )
    await work.abandon()
    return int(paid), int(left)


async def test_the_buyer_pays_the_user_s_price_and_the_subsidy_the_rest(town: Town) -> None:
    elder = Elder()
    shop, tender = await ready(town, elder)
    await allocated(town, 30001)
    await allocated(town, 20000, "district_finance")
    sold = await sell(town, shop, tender, elder)
    assert sold.status_code == 201, sold.text
    assert sold.json()["user_price_fen"] + sold.json()["subsidy_fen"] == 60000
    assert sold.json()["returnable_until_on"] == "2010-01-11"
    assert await books(town) == (SUBSIDY_FEN, 10001)
    seen = await town.till(shop).get("/vouchers/v1/device-sales")
    assert [(x["serial_no"], x["person_id"]) for x in seen.json()["items"]] == [("SN-1", None)]
    await town.desk.settle()
    assert await town.failures() == []


async def test_one_a_person_and_one_sale_a_serial_number(town: Town) -> None:
    elder, neighbour = Elder(), Elder()
    shop, tender = await ready(town, elder, neighbour)
    await allocated(town, 10 * SUBSIDY_FEN)
    assert (await sell(town, shop, tender, elder)).status_code == 201
    again = await sell(town, shop, tender, elder, "SN-2")
    assert (again.status_code, again.json()["code"]) == (409, "one_per_person")
    same = await sell(town, shop, tender, neighbour)
    assert (same.status_code, same.json()["code"]) == (409, "serial_sold")
    assert (await books(town))[0] == SUBSIDY_FEN


async def test_the_last_devices_of_a_quota_go_once_whoever_races(town: Town) -> None:
    elders, answers = [Elder() for _ in range(6)], list[str]()
    shop, tender = await ready(town, *elders, quota=2)
    await allocated(town, 10 * SUBSIDY_FEN)

    async def buy(elder: Elder, serial: str) -> None:
        answer = await sell(town, shop, tender, elder, serial)
        answers.append(answer.json().get("code", "sold"))

    async with anyio.create_task_group() as group:
        for nth, elder in enumerate(elders):
            group.start_soon(buy, elder, f"SN-{nth}")
    assert sorted(answers) == ["quota_used_up"] * 4 + ["sold"] * 2
    assert await books(town) == (2 * SUBSIDY_FEN, 8 * SUBSIDY_FEN)


async def test_nothing_is_sold_beyond_the_money_of_its_own_purpose(town: Town) -> None:
    elders, answers = [Elder() for _ in range(4)], list[str]()
    shop, tender = await ready(town, *elders)
    await town.allocate(100 * SUBSIDY_FEN)
    await allocated(town, 2 * SUBSIDY_FEN + 1)

    async def buy(elder: Elder, serial: str) -> None:
        answer = await sell(town, shop, tender, elder, serial)
        answers.append(answer.json().get("code", "sold"))

    async with anyio.create_task_group() as group:
        for nth, elder in enumerate(elders):
            group.start_soon(buy, elder, f"SN-{nth}")
    assert sorted(answers) == ["insufficient_allocation"] * 2 + ["sold"] * 2
    assert await books(town) == (2 * SUBSIDY_FEN, 100 * SUBSIDY_FEN + 1)


async def test_a_device_comes_back_in_its_days_and_gives_back_money_quota_and_right(
    town: Town,
) -> None:
    elder = Elder()
    shop, tender = await ready(town, elder, quota=1)
    await allocated(town, SUBSIDY_FEN)
    sale = (await sell(town, shop, tender, elder)).json()["sale_id"]
    paying = Paying(town)
    await paying.payee(shop, "1101900100002222")
    wait = await town.post(town.finance(), "payment-batches")
    assert (wait.status_code, wait.json()["code"]) == (409, "nothing_to_pay")
    rival = Shop()
    await town.admit(rival)
    foreign = await town.post(town.till(rival), f"device-sales/{sale}/returns", reason="x")
    assert (foreign.status_code, foreign.json()["code"]) == (404, "no_such_sale")
    town.desk.clock.set(date(2010, 1, 11))
    back = await town.post(town.till(shop), f"device-sales/{sale}/returns", reason="不适用")
    assert back.status_code == 201, back.text
    assert await books(town) == (0, SUBSIDY_FEN)
    twice = await town.post(town.till(shop), f"device-sales/{sale}/returns", reason="x")
    assert (twice.status_code, twice.json()["code"]) == (409, "returned_already")
    again = await sell(town, shop, tender, elder)
    assert again.status_code == 201, again.text
    second = again.json()["sale_id"]
    town.desk.clock.set(date(2010, 1, 19))
    late = await town.post(town.till(shop), f"device-sales/{second}/returns", reason="x")
    assert (late.status_code, late.json()["code"]) == (409, "return_too_late")
    batch = await paying.batch()
    assert (batch["orders"], batch["total_fen"]) == (1, SUBSIDY_FEN)
    await paying.pay(batch, "2010-01-19")
    assert (await paying.payout(second))["paid_on"] == "2010-01-19"
    void = await paying.payout(sale)
    assert (void["void_on"], void["paid_on"]) == ("2010-01-11", None)
    await town.desk.settle()
    assert await town.failures() == []


async def test_a_sale_needs_an_approved_tender_in_its_days_and_a_living_holder(
    town: Town,
) -> None:
    elder, voucher_holder = Elder(), Elder()
    shop, tender = await ready(town, elder)
    await town.grant(voucher_holder)
    await allocated(town, 5 * SUBSIDY_FEN)
    rival = Shop()
    await town.admit(rival)
    coming = await tendered(town, shop, tender_no="招-2", from_on="2010-02-01")
    for seller, one, buyer, code in (
        (Shop(), tender, elder, "provider_not_admitted"),
        (rival, tender, elder, "unknown_tender"),
        (shop, str(elder.award_id), elder, "unknown_tender"),
        (shop, coming, elder, "tender_closed"),
        (shop, tender, voucher_holder, "unknown_award"),
    ):
        refused = await sell(town, seller, one, buyer)
        assert (refused.status_code, refused.json()["code"]) == (409, code)
    town.desk.clock.set(date(2010, 1, 9))
    await town.die(elder, date(2010, 1, 8))
    dead = await sell(town, shop, tender, elder)
    assert (dead.status_code, dead.json()["code"]) == (409, "award_over")
    assert await books(town) == (0, 5 * SUBSIDY_FEN)


async def test_a_tender_needs_two_people_and_a_price_below_the_list_price(town: Town) -> None:
    shop = Shop()
    await town.admit(shop)
    with pytest.raises(AssertionError, match="tender_makes_no_sense"):
        await tendered(town, shop, user_price_fen=60000)
    one = await tendered(town, shop)
    path = f"device-tenders/{one}/signatures"
    twice = await town.post(town.finance(), path, outcome="refused", reason="x")
    assert (twice.status_code, twice.json()["code"]) == (409, "already_decided")
    with pytest.raises(AssertionError, match="tender_taken"):
        await tendered(town, shop)
