"""Giving back: by reversal, to the months it came from, never more than was spent."""

from __future__ import annotations

from datetime import date
from typing import Any

import anyio
import httpx
import pytest

from shared.contracts.ids import new_id
from tests.vouchers.town import FEBRUARY, JANUARY, MONTHLY_FEN, Elder, Shop, Town, code

pytestmark = pytest.mark.anyio


@pytest.fixture
async def card(town: Town, elder: Elder, shop: Shop) -> str:
    await town.grant(elder)
    await town.admit(shop)
    await town.publish()
    await town.allocate(2 * MONTHLY_FEN)
    await town.issue()
    return await town.card(elder)


async def spent(town: Town, shop: Shop, card: str, amount_fen: int) -> str:
    answer = await town.redeem(shop, card, amount_fen)
    assert answer.status_code == 201, answer.text
    redemption_id: str = answer.json()["redemption_id"]
    return redemption_id


async def refund(who: httpx.AsyncClient, redemption_id: str, **body: Any) -> httpx.Response:
    order = {"id": str(new_id()), "reason": "服务未完成", **body}
    return await who.post(f"/vouchers/v1/redemptions/{redemption_id}/refunds", json=order)


async def test_a_part_then_the_rest_goes_back_to_the_months_it_came_from(
    town: Town, shop: Shop, card: str
) -> None:
    town.desk.clock.set(FEBRUARY)
    await town.issue(FEBRUARY)
    bought = await spent(town, shop, card, 15000)
    first = await refund(town.till(shop), bought, amount_fen=7000)
    assert first.status_code == 201, first.text
    assert [(x["month_on"], x["amount_fen"]) for x in first.json()["months"]] == [
        ("2010-02-01", 5000), ("2010-01-01", 2000),
    ]  # fmt: skip
    assert first.json()["spendable_fen"] == 7000
    assert code(await refund(town.till(shop), bought, amount_fen=8001)) == (422, "more_than_spent")
    assert (await town.money())["total"]["redeemed_fen"] == 8000
    rest = await refund(town.till(shop), bought)
    assert rest.json()["amount_fen"] == 8000
    assert code(await refund(town.till(shop), bought)) == (409, "already_refunded")
    assert (await town.redeem(shop, card, 2 * MONTHLY_FEN)).status_code == 201
    await town.desk.settle()
    assert await town.failures() == []


async def test_what_has_lapsed_meanwhile_lapses_again(town: Town, shop: Shop, card: str) -> None:
    town.desk.clock.set(date(2011, 1, 30))
    bought = await spent(town, shop, card, MONTHLY_FEN)
    town.desk.clock.set(date(2011, 2, 2))
    answer = await refund(town.till(shop), bought)
    assert (answer.json()["spendable_fen"], answer.json()["months"][0]["ends"]) == (0, "expire")
    total = (await town.money())["total"]
    assert (total["redeemed_fen"], total["expired_fen"]) == (0, MONTHLY_FEN)
    assert code(await town.redeem(shop, card, 1)) == (409, "voucher_expired")
    await town.desk.settle()
    assert await town.failures() == []


async def test_what_belongs_to_a_dead_holder_is_revoked(
    town: Town, shop: Shop, card: str, elder: Elder
) -> None:
    bought = await spent(town, shop, card, 4000)
    await town.die(elder, date(2010, 1, 4))
    answer = await refund(town.finance(), bought)
    assert answer.json()["months"][0]["ends"] == "revoke"
    total = (await town.money())["total"]
    assert (total["redeemed_fen"], total["revoked_fen"]) == (0, MONTHLY_FEN)
    await town.desk.settle()
    assert await town.failures() == []


async def test_a_refund_after_settlement_is_deducted_later_and_the_books_agree(
    town: Town, shop: Shop, card: str
) -> None:
    bought = await spent(town, shop, card, 4000)
    await town.settlements(JANUARY)
    answer = await refund(town.finance(), bought, amount_fen=1000)
    assert answer.json()["deducted_later"] is True
    assert (await town.money())["total"]["redeemed_fen"] == 3000
    await town.desk.settle()
    assert await town.failures() == []


async def test_the_same_refund_id_gives_back_once(town: Town, shop: Shop, card: str) -> None:
    bought, one = await spent(town, shop, card, 4000), str(new_id())
    first = await refund(town.till(shop), bought, id=one, amount_fen=1000)
    again = await refund(town.till(shop), bought, id=one, amount_fen=1000)
    assert first.content == again.content
    assert (await town.money())["total"]["redeemed_fen"] == 3000
    other = await refund(town.finance(), bought, id=one, amount_fen=1000)
    assert code(other) == (409, "id_taken")


async def test_only_the_provider_itself_or_finance_gives_back_and_in_time(
    town: Town, shop: Shop, card: str
) -> None:
    rival = Shop()
    await town.admit(rival)
    bought = await spent(town, shop, card, 4000)
    assert code(await refund(town.till(rival), bought)) == (404, "unknown_redemption")
    assert code(await refund(town.till(shop), str(new_id()))) == (404, "unknown_redemption")
    assert code(await refund(town.civil(), bought)) == (403, "role_not_allowed")
    for amount in (0, -1, 1.5, 10**16):
        bad = await refund(town.till(shop), bought, amount_fen=amount)
        assert code(bad) == (422, "invalid_fields"), amount
    assert code(await refund(town.till(shop), bought, reason="")) == (422, "invalid_fields")
    town.desk.clock.set(date(2010, 2, 4))
    assert code(await refund(town.till(shop), bought)) == (409, "refund_too_late")
    assert (await refund(town.finance(), bought)).status_code == 201
    mine = await town.till(shop).get("/vouchers/v1/refunds")
    assert [one["amount_fen"] for one in mine.json()["items"]] == [4000]
    assert (await town.till(rival).get("/vouchers/v1/refunds")).json()["items"] == []


async def test_twenty_refunds_at_once_give_back_no_more_than_was_spent(
    town: Town, shop: Shop, card: str
) -> None:
    bought = await spent(town, shop, card, 5000)
    given: list[int] = []

    async def give() -> None:
        answer = await refund(town.till(shop), bought, amount_fen=1000)
        assert answer.status_code in {201, 409, 422}, answer.text
        given.append(answer.status_code)

    async with anyio.create_task_group() as crowd:
        for _ in range(20):
            crowd.start_soon(give)
    assert given.count(201) == 5
    assert (await town.money())["total"]["redeemed_fen"] == 0
    await town.desk.settle()
    assert await town.failures() == []
