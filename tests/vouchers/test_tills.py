"""At the till: what is refused and why, and that each fen is spent once."""

from __future__ import annotations

from datetime import date

import anyio
import pytest

from services.vouchers.cards.domain import check_digit
from shared.contracts.ids import new_id
from tests.vouchers.town import JANUARY, MONTHLY_FEN, STREET, Shop, Town, code

pytestmark = pytest.mark.anyio


async def test_twenty_tills_at_once_spend_a_card_exactly_once(
    town: Town, shop: Shop, card: str
) -> None:
    answers: list[tuple[int, str]] = []

    async def try_it() -> None:
        answers.append(code(await town.redeem(shop, card, MONTHLY_FEN)))

    async with anyio.create_task_group() as crowd:
        for _ in range(20):
            crowd.start_soon(try_it)
    assert answers.count((201, "")) == 1
    assert answers.count((409, "insufficient_balance")) == 19
    assert (await town.money())["total"]["redeemed_fen"] == MONTHLY_FEN
    await town.desk.settle()
    assert await town.failures() == []


async def test_the_same_id_gets_the_same_answer_and_spends_once(
    town: Town, shop: Shop, card: str
) -> None:
    one = str(new_id())
    first = await town.redeem(shop, card, 3000, id=one)
    again = await town.redeem(shop, card, 3000, id=one)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert (await town.money())["total"]["redeemed_fen"] == 3000
    other = await town.redeem(shop, card, 3001, id=one)
    assert code(other) == (422, "idempotency_key_reused")


async def test_a_refusal_is_kept_and_repeated_for_the_same_id(
    town: Town, shop: Shop, card: str
) -> None:
    one = str(new_id())
    first = await town.redeem(shop, card, MONTHLY_FEN + 1, id=one)
    assert code(first) == (409, "insufficient_balance")
    await town.allocate(MONTHLY_FEN)
    town.desk.clock.set(date(2010, 2, 1))
    await town.issue(date(2010, 2, 1))
    again = await town.redeem(shop, card, MONTHLY_FEN + 1, id=one)
    assert again.content == first.content
    assert [letter["facts"]["code"] for letter in await town.told("refused")] == [
        "insufficient_balance"
    ]


async def test_a_redemption_id_of_another_person_is_not_answered_again(
    town: Town, shop: Shop, card: str
) -> None:
    one = str(new_id())
    assert (await town.redeem(shop, card, 3000, id=one)).status_code == 201
    second_till = town.desk.as_("provider", sub="till-2", agency=str(shop.provider_id))
    body = {"card_no": card, "outlet_id": str(shop.outlet_id), "item_code": "wash"}
    other = await town.post(second_till, "redemptions", id=one, amount_fen=3000, **body)
    assert code(other) == (409, "id_taken")


async def test_a_suspended_provider_takes_no_voucher_but_reports_what_came_before(
    town: Town, shop: Shop, card: str
) -> None:
    town.desk.clock.set(date(2010, 1, 20))
    await town.suspend(shop, date(2010, 1, 18))
    assert code(await town.redeem(shop, card, 100)) == (409, "provider_suspended")
    late = await town.redeem(shop, card, 100, occurred_on="2010-01-17")
    assert late.status_code == 201
    assert (await town.money())["total"]["redeemed_fen"] == 100


async def test_a_provider_that_was_never_admitted_takes_no_voucher(town: Town, card: str) -> None:
    assert code(await town.redeem(Shop(), card, 100)) == (409, "provider_not_admitted")


async def test_a_till_names_its_own_outlet_and_a_published_voucher_item(
    town: Town, shop: Shop, card: str
) -> None:
    rival = Shop()
    await town.admit(rival)
    await town.publish("opera", category="culture")
    await town.publish("oxygen", allowed=False)
    foreign = await town.redeem(shop, card, 100, outlet_id=str(rival.outlet_id))
    assert code(foreign) == (409, "foreign_outlet")
    unknown = await town.redeem(shop, card, 100, outlet_id=str(new_id()))
    assert code(unknown) == (409, "unknown_outlet")
    assert code(await town.redeem(shop, card, 100, item_code="x")) == (409, "unknown_item")
    assert code(await town.redeem(shop, card, 100, item_code="opera")) == (409, "item_not_allowed")
    assert code(await town.redeem(shop, card, 100, item_code="oxygen")) == (409, "item_not_allowed")
    nobody_s = "0" * 18 + check_digit("0" * 18)
    assert code(await town.redeem(shop, nobody_s, 100)) == (409, "unknown_card")
    assert (await town.money())["total"]["redeemed_fen"] == 0


async def test_an_amount_is_a_whole_positive_number_of_fen(
    town: Town, shop: Shop, card: str
) -> None:
    for amount in (0, -1, 1.5, "100", 10**16, None, True):
        assert code(await town.redeem(shop, card, amount)) == (422, "invalid_fields"), amount


async def test_a_card_number_with_a_wrong_check_digit_is_not_looked_up_nor_repeated(
    town: Town, shop: Shop, card: str
) -> None:
    wrong = card[:-1] + str((int(card[-1]) + 1) % 10)
    answer = await town.redeem(shop, wrong, 100)
    assert code(answer) == (422, "bad_card_number")
    assert wrong not in answer.text


async def test_a_redemption_is_neither_from_tomorrow_nor_older_than_the_bound(
    town: Town, shop: Shop, card: str
) -> None:
    ahead = await town.redeem(shop, card, 100, occurred_on="2010-01-05")
    assert code(ahead) == (422, "till_clock_ahead")
    late = await town.redeem(shop, card, 100, occurred_on="2009-12-27")
    assert code(late) == (422, "reported_too_late")


async def test_a_provider_sees_its_own_redemptions_and_nobody_else_s(
    town: Town, shop: Shop, card: str
) -> None:
    rival = Shop()
    await town.admit(rival)
    await town.redeem(shop, card, 100)
    await town.redeem(rival, card, 200)
    mine = await town.till(shop).get("/vouchers/v1/redemptions")
    assert [line["amount_fen"] for line in mine.json()["items"]] == [100]
    assert mine.json()["items"][0]["person_id"] is None
    every = await town.finance().get("/vouchers/v1/redemptions?limit=1")
    assert every.json()["next"]
    rest = await town.finance().get(
        "/vouchers/v1/redemptions", params={"cursor": every.json()["next"]}
    )
    assert [x["amount_fen"] for x in every.json()["items"] + rest.json()["items"]] == [100, 200]
    statements = await town.settlements(JANUARY)
    assert len(statements) == 2
    shown = await town.till(shop).get("/vouchers/v1/settlements")
    assert [line["amount_fen"] for line in shown.json()["items"]] == [100]


async def test_only_a_provider_redeems(town: Town, shop: Shop, card: str) -> None:
    body = {"card_no": card, "outlet_id": str(shop.outlet_id), "item_code": "wash"}
    for role in ("operator", "finance", "street_officer", "caregiver"):
        who = town.desk.as_(role, area=STREET, agency=str(shop.provider_id))
        answer = await town.post(who, "redemptions", amount_fen=1, **body)
        assert code(answer) == (403, "role_not_allowed"), role
