"""Money held for a visit: nobody else spends it, it is captured once, and ends by itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import anyio
import httpx
import pytest

from shared.contracts.ids import new_id
from tests.vouchers.town import MONTHLY_FEN, Elder, Shop, Town, code

pytestmark = pytest.mark.anyio


async def hold(town: Town, shop: Shop, card: str, amount_fen: Any, **more: Any) -> httpx.Response:
    body = {"card_no": card, "outlet_id": str(shop.outlet_id), "item_code": "wash"}
    return await town.post(town.till(shop), "holds", amount_fen=amount_fen, **{**body, **more})


async def held(town: Town, shop: Shop, card: str, amount_fen: int) -> str:
    answer = await hold(town, shop, card, amount_fen)
    assert answer.status_code == 201, answer.text
    hold_id: str = answer.json()["hold_id"]
    return hold_id


async def capture(
    town: Town, shop: Shop, hold_id: str, amount_fen: Any, **more: Any
) -> httpx.Response:
    path = f"holds/{hold_id}/capture"
    return await town.post(town.till(shop), path, amount_fen=amount_fen, **more)


async def void(town: Town, shop: Shop, hold_id: str) -> httpx.Response:
    return await town.post(town.till(shop), f"holds/{hold_id}/void")


async def test_what_is_held_cannot_be_spent_elsewhere_nor_held_again(
    town: Town, shop: Shop, card: str
) -> None:
    answer = await hold(town, shop, card, 7000)
    assert answer.json() == {
        "hold_id": answer.json()["hold_id"], "amount_fen": 7000, "expires_on": "2010-01-11",
        "balance_fen": 3000,
    }  # fmt: skip
    assert code(await town.redeem(shop, card, 3001)) == (409, "insufficient_balance")
    assert code(await hold(town, shop, card, 3001)) == (409, "insufficient_balance")
    assert (await town.redeem(shop, card, 1000)).json()["balance_fen"] == 2000
    done = await capture(town, shop, answer.json()["hold_id"], 6500)
    assert (done.status_code, done.json()["balance_fen"]) == (201, 2500)
    assert (await town.redeem(shop, card, 2500)).status_code == 201
    assert (await town.money())["total"]["redeemed_fen"] == MONTHLY_FEN
    await town.desk.settle()
    assert len(await town.told("redeemed")) == 3
    assert await town.failures() == []


async def test_a_hold_is_captured_once_and_for_no_more_than_was_held(
    town: Town, shop: Shop, card: str
) -> None:
    hold_id = await held(town, shop, card, 5000)
    assert code(await capture(town, shop, hold_id, 5001)) == (409, "more_than_held")
    one = str(new_id())
    first = await capture(town, shop, hold_id, 5000, id=one)
    again = await capture(town, shop, hold_id, 5000, id=one)
    assert first.status_code == 201
    assert first.content == again.content
    assert code(await capture(town, shop, hold_id, 1)) == (409, "hold_captured")
    assert code(await void(town, shop, hold_id)) == (409, "hold_captured")
    assert (await town.money())["total"]["redeemed_fen"] == 5000


async def test_a_voided_hold_frees_the_money_and_cannot_be_captured(
    town: Town, shop: Shop, card: str
) -> None:
    hold_id = await held(town, shop, card, MONTHLY_FEN)
    assert (await void(town, shop, hold_id)).status_code == 201
    assert code(await void(town, shop, hold_id)) == (409, "hold_voided")
    assert code(await capture(town, shop, hold_id, 1)) == (409, "hold_voided")
    assert (await town.redeem(shop, card, MONTHLY_FEN)).status_code == 201


async def test_a_hold_ends_by_itself_after_its_last_day(town: Town, shop: Shop, card: str) -> None:
    hold_id = await held(town, shop, card, MONTHLY_FEN)
    town.desk.clock.set(date(2010, 1, 11))
    assert code(await town.redeem(shop, card, 1)) == (409, "insufficient_balance")
    town.desk.clock.set(date(2010, 1, 12))
    assert code(await capture(town, shop, hold_id, 1)) == (409, "hold_expired")
    assert code(await void(town, shop, hold_id)) == (409, "hold_expired")
    assert (await town.redeem(shop, card, MONTHLY_FEN)).status_code == 201
    listed = await town.till(shop).get("/vouchers/v1/holds")
    assert [one["state"] for one in listed.json()["items"]] == ["expired"]


async def test_a_hold_lasts_no_longer_than_the_money_it_holds(
    town: Town, shop: Shop, card: str
) -> None:
    town.desk.clock.set(date(2011, 1, 29))
    answer = await hold(town, shop, card, 100)
    assert answer.json()["expires_on"] == "2011-01-31"


async def test_a_death_takes_what_was_held_and_the_capture_is_refused(
    town: Town, shop: Shop, card: str, elder: Elder
) -> None:
    hold_id = await held(town, shop, card, MONTHLY_FEN)
    await town.die(elder, date(2010, 1, 4))
    assert code(await capture(town, shop, hold_id, 100)) == (409, "account_closed")
    total = (await town.money())["total"]
    assert (total["revoked_fen"], total["redeemed_fen"]) == (MONTHLY_FEN, 0)
    await town.desk.settle()
    assert await town.failures() == []


async def test_another_provider_sees_and_captures_no_hold_of_mine(
    town: Town, shop: Shop, card: str
) -> None:
    rival = Shop()
    await town.admit(rival)
    hold_id = await held(town, shop, card, 100)
    assert code(await capture(town, rival, hold_id, 100)) == (404, "unknown_hold")
    assert code(await void(town, rival, hold_id)) == (404, "unknown_hold")
    assert (await town.till(rival).get("/vouchers/v1/holds")).json()["items"] == []
    everybody = await town.finance().get("/vouchers/v1/holds")
    assert [one["state"] for one in everybody.json()["items"]] == ["open"]


async def test_holds_captures_and_tills_at_once_never_overspend(
    town: Town, shop: Shop, card: str
) -> None:
    hold_id = await held(town, shop, card, 4000)
    spent: list[int] = []

    async def spend(amount_fen: int) -> None:
        answer = await town.redeem(shop, card, amount_fen)
        assert answer.status_code in {201, 409}, answer.text
        if answer.status_code == 201:
            spent.append(amount_fen)

    async def take() -> None:
        answer = await capture(town, shop, hold_id, 4000)
        assert answer.status_code in {201, 409}, answer.text
        if answer.status_code == 201:
            spent.append(4000)

    async with anyio.create_task_group() as crowd:
        for _ in range(8):
            crowd.start_soon(spend, 2000)
            crowd.start_soon(take)
    assert spent.count(4000) == 1
    assert sum(spent) == MONTHLY_FEN == (await town.money())["total"]["redeemed_fen"]
