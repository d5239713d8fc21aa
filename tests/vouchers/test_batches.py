"""Tills that were offline: thousands of lines at once, late, twice, in any order, clocks off."""

from __future__ import annotations

from datetime import date
from typing import Any

import anyio
import httpx
import pytest

from services.vouchers.cards.domain import check_digit
from services.vouchers.redemptions.batch_api import MOST_PURCHASES
from shared.contracts.ids import new_id
from tests.vouchers.town import FEBRUARY, MONTHLY_FEN, Elder, Shop, Town

pytestmark = pytest.mark.anyio
PEOPLE = 3


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
async def cards(town: Town, shop: Shop) -> list[str]:
    """Three holders with January's money, and a shop."""
    elders = [Elder() for _ in range(PEOPLE)]
    await town.grant(*elders)
    await town.admit(shop)
    await town.publish()
    await town.allocate(10 * MONTHLY_FEN)
    await town.issue()
    return [await town.card(elder) for elder in elders]


def line(shop: Shop, card: str, amount_fen: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()), "card_no": card, "outlet_id": str(shop.outlet_id),
        "item_code": "wash", "amount_fen": amount_fen, **more,
    }  # fmt: skip


async def send(town: Town, shop: Shop, lines: list[Any]) -> list[dict[str, Any]]:
    answer = await town.post(town.till(shop), "redemptions/batch", lines=lines)
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    assert answer.json()["accepted"] == sum(one["ok"] for one in results)
    assert [one["line"] for one in results] == list(range(len(lines)))
    return results


def said(results: list[dict[str, Any]]) -> list[str]:
    return [one["state"] or one["code"] for one in results]


async def spent(town: Town) -> int:
    fen: int = (await town.money())["total"]["redeemed_fen"]
    return fen


async def test_each_line_of_a_batch_has_its_own_result_and_one_bad_line_stops_no_other(
    town: Town, shop: Shop, cards: list[str]
) -> None:
    rival = Shop()
    await town.admit(rival)
    await town.publish("opera", category="culture")
    nobody_s = "0" * 18 + check_digit("0" * 18)
    wrong = cards[0][:-1] + str((int(cards[0][-1]) + 1) % 10)
    lines: list[Any] = [
        line(shop, cards[0], 1000),
        line(shop, nobody_s, 1000),
        line(rival, cards[0], 1000),
        line(shop, cards[0], 1000, item_code="opera"),
        line(shop, cards[0], 0),
        line(shop, cards[0], -1),
        line(shop, cards[0], 1.5),
        line(shop, cards[0], 10**16),
        line(shop, wrong, 1000),
        line(shop, cards[0], MONTHLY_FEN),
        line(shop, cards[0], 1000, occurred_on="2010-01-05"),
        line(shop, cards[0], 1000, occurred_on="2009-12-01"),
        "not a line",
        line(shop, cards[0], 9000),
        line(shop, cards[1], MONTHLY_FEN),
    ]
    results = await send(town, shop, lines)
    assert said(results) == [
        "booked", "unknown_card", "foreign_outlet", "item_not_allowed", "invalid_fields",
        "invalid_fields", "invalid_fields", "invalid_fields", "bad_card_number",
        "insufficient_balance", "till_clock_ahead", "reported_too_late", "invalid_fields",
        "booked", "booked",
    ]  # fmt: skip
    assert all(one["zh"] and one["en"] for one in results if not one["ok"])
    assert results[5]["errors"][0]["field"] == "lines.5.amount_fen"
    assert [one["balance_fen"] for one in results if one["ok"]] == [9000, 0, 0]
    assert await spent(town) == 2 * MONTHLY_FEN
    await town.desk.settle()
    assert len(await town.told("redeemed")) == 3
    assert sorted(x["facts"]["code"] for x in await town.told("refused")) == [
        "foreign_outlet", "insufficient_balance", "item_not_allowed", "unknown_card",
    ]  # fmt: skip
    assert await town.failures() == []


async def test_what_is_sent_again_in_another_batch_is_answered_as_then_and_spent_once(
    town: Town, shop: Shop, cards: list[str]
) -> None:
    good, bad = line(shop, cards[0], 4000), line(shop, cards[0], 2 * MONTHLY_FEN)
    other = line(shop, cards[1], 500)
    results = await send(town, shop, [good, bad, good])
    assert said(results) == ["booked", "insufficient_balance", "booked"]
    assert [one["again"] for one in results] == [False, False, True]
    again = await send(town, shop, [other, bad, good, {**good, "amount_fen": 4001}])
    assert said(again) == ["booked", "insufficient_balance", "booked", "id_taken"]
    assert [one["again"] for one in again] == [False, True, True, False]
    assert await spent(town) == 4500
    stolen = await send(town, shop, [{**good, "card_no": cards[2]}])
    assert said(stolen) == ["id_taken"]
    single = await town.redeem(shop, cards[0], 4000)
    taken = await send(town, shop, [line(shop, cards[0], 4000, id=single.json()["redemption_id"])])
    assert (said(taken), taken[0]["again"]) == (["booked"], True)
    assert await spent(town) == 8500


async def test_what_was_booked_in_time_is_told_so_however_late_a_till_sends_it_again(
    town: Town, shop: Shop, cards: list[str]
) -> None:
    there = line(shop, cards[0], 4000, occurred_on="2010-01-04")
    forgotten = line(shop, cards[1], 500, occurred_on="2010-01-04")
    assert said(await send(town, shop, [there])) == ["booked"]
    town.desk.clock.set(date(2010, 1, 20))
    late = await send(town, shop, [there, forgotten, {**there, "amount_fen": 1}])
    assert said(late) == ["booked", "reported_too_late", "id_taken"]
    assert [(one["again"], one["amount_fen"]) for one in late] == [
        (True, 4000), (False, None), (False, None),
    ]  # fmt: skip
    assert await spent(town) == 4000
    assert await town.told("refused") == []


async def test_a_whole_batch_sent_again_gets_the_same_answer(
    town: Town, shop: Shop, cards: list[str]
) -> None:
    body = {"id": str(new_id()), "lines": [line(shop, cards[0], 100)]}
    till = town.till(shop)
    first = await till.post("/vouchers/v1/redemptions/batch", json=body)
    again = await till.post("/vouchers/v1/redemptions/batch", json=body)
    assert first.content == again.content
    assert await spent(town) == 100


async def test_earlier_days_spend_first_whatever_the_order_of_the_lines(
    town: Town, shop: Shop, cards: list[str]
) -> None:
    town.desk.clock.set(date(2010, 1, 7))
    late = line(shop, cards[0], 6000, occurred_on="2010-01-07")
    early = line(shop, cards[0], 6000, occurred_on="2010-01-05")
    results = await send(town, shop, [late, early])
    assert said(results) == ["insufficient_balance", "booked"]


async def test_lines_of_last_month_spend_last_month_s_money_alone(
    town: Town, shop: Shop, cards: list[str]
) -> None:
    town.desk.clock.set(date(2010, 2, 2))
    await town.issue(FEBRUARY)
    january = line(shop, cards[0], MONTHLY_FEN + 1, occurred_on="2010-01-31")
    both = line(shop, cards[0], MONTHLY_FEN + 1, occurred_on="2010-02-01")
    results = await send(town, shop, [both, january])
    assert said(results) == ["booked", "insufficient_balance"]
    assert [one["amount_fen"] for one in results[0]["charged"]] == [MONTHLY_FEN, 1]


async def test_a_suspended_provider_s_lines_count_by_their_day(
    town: Town, shop: Shop, cards: list[str]
) -> None:
    town.desk.clock.set(date(2010, 1, 20))
    await town.suspend(shop, date(2010, 1, 18))
    before = line(shop, cards[0], 100, occurred_on="2010-01-17")
    after = line(shop, cards[0], 100, occurred_on="2010-01-18")
    assert said(await send(town, shop, [after, before])) == ["provider_suspended", "booked"]


async def test_batches_and_tills_at_once_never_overspend(
    town: Town, shop: Shop, cards: list[str]
) -> None:
    booked: list[int] = []

    async def batch(order: list[str]) -> None:
        results = await send(town, shop, [line(shop, card, 3000) for card in order * 2])
        booked.extend(3000 for one in results if one["ok"])

    async def till(card: str) -> None:
        answer = await town.redeem(shop, card, 3000)
        assert answer.status_code in {201, 409}, answer.text
        if answer.status_code == 201:
            booked.append(3000)

    async with anyio.create_task_group() as crowd:
        for _ in range(3):
            crowd.start_soon(batch, cards)
            crowd.start_soon(batch, cards[::-1])
            for card in cards:
                crowd.start_soon(till, card)
    assert sum(booked) == await spent(town) == PEOPLE * 9000
    await town.desk.settle()
    assert await town.failures() == []


async def test_the_same_lines_sent_by_two_connections_at_once_are_booked_once(
    town: Town, shop: Shop, cards: list[str]
) -> None:
    lines = [line(shop, card, 1000) for card in cards]
    results: list[list[dict[str, Any]]] = []

    async def batch(order: list[Any]) -> None:
        results.append(await send(town, shop, order))

    async with anyio.create_task_group() as crowd:
        for _ in range(3):
            crowd.start_soon(batch, lines)
            crowd.start_soon(batch, lines[::-1])
    assert all(said(one) == ["booked"] * PEOPLE for one in results)
    assert await spent(town) == PEOPLE * 1000


async def test_a_batch_has_at_most_ten_thousand_lines_and_only_a_provider_sends_one(
    town: Town, shop: Shop, cards: list[str]
) -> None:
    def code(answer: httpx.Response) -> tuple[int, str]:
        return answer.status_code, answer.json()["code"]

    one = line(shop, cards[0], 1)
    till = town.till(shop)
    too_many = await town.post(till, "redemptions/batch", lines=[one] * (MOST_PURCHASES + 1))
    assert code(too_many) == (422, "invalid_fields")
    assert code(await town.post(till, "redemptions/batch", lines=[])) == (422, "invalid_fields")
    finance = await town.post(town.finance(), "redemptions/batch", lines=[one])
    assert code(finance) == (403, "role_not_allowed")
    assert await spent(town) == 0


async def test_numbers_of_cards_are_in_no_answer_and_no_stored_answer(
    town: Town, shop: Shop, cards: list[str]
) -> None:
    wrong = cards[0][:-1] + str((int(cards[0][-1]) + 1) % 10)
    lines = [line(shop, cards[0], 1), line(shop, wrong, 1), line(shop, "7" * 40, 1)]
    answer = await town.post(town.till(shop), "redemptions/batch", lines=lines)
    work = town.desk.work("vouchers")
    kept = await work.rows("SELECT convert_from(body, 'UTF8') AS body FROM idempotency")
    await work.abandon()
    for number in (cards[0], wrong, "7" * 40):
        assert number not in answer.text
        assert not [row for row in kept if number in (row["body"] or "")]
