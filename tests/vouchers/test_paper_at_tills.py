"""Paper at a till: several serials make the amount, each is used once, and no change is given."""

from __future__ import annotations

from typing import Any

import anyio
import httpx
import pytest

from shared.contracts.ids import new_id
from tests.vouchers.paper import failures, in_hand, states
from tests.vouchers.town import MONTHLY_FEN, Elder, Shop, Town, code

pytestmark = pytest.mark.anyio


async def pay(
    town: Town, shop: Shop, serials: list[str], amount_fen: int, **more: Any
) -> httpx.Response:
    order = {"outlet_id": str(shop.outlet_id), "item_code": "wash", "amount_fen": amount_fen}
    shown = {"holder": {"paper_serials": serials}}
    return await town.post(town.till(shop), "redemptions", **{**order, **shown, **more})


async def test_several_serials_pay_one_purchase_once_and_give_no_change(town: Town) -> None:
    shop, serials = await in_hand(town, Elder())
    assert code(await pay(town, shop, serials[:2], 3999)) == (
        409, "serials_do_not_make_the_amount",
    )  # fmt: skip
    one = str(new_id())
    paid = await pay(town, shop, serials[:2], 4000, id=one)
    assert paid.status_code == 201, paid.text
    assert not [serial for serial in serials if serial in paid.text]
    assert (await pay(town, shop, serials[:2], 4000, id=one)).content == paid.content
    assert code(await pay(town, shop, serials[:2], 4000)) == (409, "serial_used")
    assert (await states(town))["used"] == 2
    assert (await town.money())["total"]["redeemed_fen"] == 4000
    assert await failures(town) == []


async def test_the_whole_month_is_spent_in_a_crowd_of_tills_each_serial_once(town: Town) -> None:
    shop, serials = await in_hand(town, Elder())
    answers: list[tuple[int, str]] = []

    async def buy() -> None:
        answers.append(code(await pay(town, shop, serials, MONTHLY_FEN)))

    async with anyio.create_task_group() as crowd:
        for _ in range(6):
            crowd.start_soon(buy)
    assert sorted(answers) == [(201, ""), *[(409, "serial_used")] * 5]
    assert await failures(town) == []


async def test_damaged_repeated_and_mixed_up_paper_is_told_apart(town: Town) -> None:
    shop, serials = await in_hand(town, Elder())
    last = "0" if serials[0][-1] != "0" else "1"
    wrong = serials[0][:-1] + last
    bad = await pay(town, shop, [wrong], 2000)
    assert code(bad) == (422, "bad_paper_serial")
    assert wrong not in bad.text
    twice = await pay(town, shop, [serials[0], serials[0].lower()], 4000)
    assert code(twice) == (422, "repeated_paper_serial")
    both = await pay(town, shop, serials[:1], 2000, card_no="1" * 19)
    assert code(both) == (422, "name_one_holder")
    rival = await pay(town, shop, serials[:1], 2000, outlet_id=str(new_id()))
    assert code(rival) == (409, "unknown_outlet")
    assert (await states(town)).keys() == {"handed_out"}


async def test_paper_is_neither_held_nor_sent_in_a_batch_nor_refunded(town: Town) -> None:
    shop, serials = await in_hand(town, Elder())
    order = {"outlet_id": str(shop.outlet_id), "item_code": "wash", "amount_fen": 2000}
    shown = {**order, "holder": {"paper_serials": serials[:1]}}
    assert code(await town.post(town.till(shop), "holds", **shown)) == (422, "paper_not_here")
    lines = [{"id": str(new_id()), **shown}]
    sent = await town.post(town.till(shop), "redemptions/batch", lines=lines)
    assert sent.json()["results"][0]["code"] == "paper_not_here"
    paid = await pay(town, shop, serials[:1], 2000)
    back = await town.post(
        town.finance(), f"redemptions/{paid.json()['redemption_id']}/refunds", reason="退"
    )
    assert code(back) == (409, "paper_not_refunded")
