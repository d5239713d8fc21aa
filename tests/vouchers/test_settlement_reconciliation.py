"""The bank's answer to a batch: each line has its result, and what came back is paid again."""

from __future__ import annotations

from datetime import date
from typing import Any

import anyio
import pytest

from shared.contracts.ids import new_id
from tests.vouchers.paid import Paying, results
from tests.vouchers.town import Shop, Town

pytestmark = pytest.mark.anyio
OLD, NEW = "1101900100002222", "1101900100003333"


@pytest.fixture
def paying(town: Town) -> Paying:
    return Paying(town)


async def test_each_line_of_the_bank_s_answer_has_its_result(town: Town, paying: Paying) -> None:
    shops = [Shop() for _ in range(6)]
    await paying.open(*shops)
    for nth, shop in enumerate(shops):
        await paying.payee(shop, f"11019001000022{nth:02d}")
    batch = await paying.batch()
    found = await paying.orders(batch)
    fine, twice, less, late, strange, _silent = (found[str(shop.provider_id)] for shop in shops)
    town.desk.clock.set(date(2010, 1, 12))
    answer = await paying.answer(
        batch,
        [
            paying.line(fine),
            paying.line(twice),
            paying.line(twice),
            paying.line(less, amount="29.99"),
            paying.line(late, day="2010-01-11"),
            paying.line(strange, account=NEW),
            paying.line({**fine, "order_id": str(new_id())}),
        ],
    )
    assert results(answer) == {
        "matched": 2,
        "double": 1,
        "amount_differs": 1,
        "late": 1,
        "wrong_provider": 1,
        "unknown": 1,
        "missing": 1,
    }
    place = f"/vouchers/v1/bank-answers/{answer.json()['answer_id']}/lines"
    lines = (await town.finance().get(place)).json()["items"]
    assert [(one["line"], one["result"]) for one in lines] == [
        (2, "matched"),
        (3, "matched"),
        (4, "double"),
        (5, "amount_differs"),
        (6, "late"),
        (7, "wrong_provider"),
        (8, "unknown"),
    ]
    paid = [one for one in (await paying.orders(batch)).values() if one["paid_on"]]
    assert {one["order_id"] for one in paid} == {
        fine["order_id"],
        twice["order_id"],
        late["order_id"],
    }
    assert len(await paying.worklist()) == 6
    await town.desk.settle()
    assert await town.failures() == []


async def test_the_same_file_again_changes_nothing_and_says_the_same(
    town: Town, paying: Paying
) -> None:
    shop = Shop()
    await paying.open(shop)
    await paying.payee(shop, OLD)
    batch = await paying.batch()
    (order,) = (await paying.orders(batch)).values()
    lines = [paying.line(order, "退回", reason="账号户名不符")]
    first, again = await paying.answer(batch, lines), await paying.answer(batch, lines)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert await paying.money(shop) == (0, 1000)


async def test_a_returned_payment_is_payable_again_and_paid_to_the_new_account(
    town: Town, paying: Paying
) -> None:
    shop = Shop()
    await paying.open(shop)
    await paying.payee(shop, OLD)
    batch = await paying.batch()
    (order,) = (await paying.orders(batch)).values()
    early = await town.post(town.finance(), f"payment-orders/{order['order_id']}/renewal")
    assert early.json()["code"] == "not_returned"
    answer = await paying.answer(batch, [paying.line(order, "退回", reason="账号有误")])
    assert results(answer) == {"returned": 1}
    assert await paying.money(shop) == (0, 1000)
    await town.desk.settle()
    assert await town.failures() == []

    renewal = f"payment-orders/{order['order_id']}/renewal"
    same = await town.post(town.finance(), renewal)
    assert (same.status_code, same.json()["code"]) == (409, "payee_unchanged")
    await paying.payee(shop, NEW)
    town.desk.clock.set(date(2010, 1, 5))
    assert (await town.post(town.finance(), renewal)).status_code == 201
    assert (await town.post(town.finance(), renewal)).json()["code"] == "already_renewed"
    second = await paying.batch()
    (renewed,) = (await paying.orders(second)).values()
    assert (renewed["nth"], renewed["amount_fen"]) == (2, 1000)
    paid = await paying.answer(second, [paying.line(renewed, day="2010-01-05")])
    assert results(paid) == {"matched": 1}
    assert await paying.money(shop) == (1000, 0)
    await town.desk.settle()
    assert await town.failures() == []


async def test_a_payment_that_was_paid_and_then_came_back_is_booked_back(
    town: Town, paying: Paying
) -> None:
    shop = Shop()
    await paying.open(shop)
    await paying.payee(shop, OLD)
    batch = await paying.batch()
    (order,) = (await paying.orders(batch)).values()
    assert results(await paying.answer(batch, [paying.line(order)])) == {"matched": 1}
    assert results(await paying.answer(batch, [paying.line(order, "退回")])) == {"returned": 1}
    third = await paying.answer(batch, [paying.line(order, "退回")])
    assert results(third) == {"double": 1}
    assert await paying.money(shop) == (0, 1000)
    await town.desk.settle()
    assert await town.failures() == []


async def test_a_difference_is_resolved_by_two_people_and_only_as_its_kind_allows(
    town: Town, paying: Paying
) -> None:
    shop, silent = Shop(), Shop()
    await paying.open(shop, silent)
    await paying.payee(shop, OLD)
    await paying.payee(silent, NEW)
    batch = await paying.batch()
    order = (await paying.orders(batch))[str(shop.provider_id)]
    answer = await paying.answer(batch, [paying.line(order, amount="9.99")])
    assert results(answer) == {"amount_differs": 1, "missing": 1}
    cases = {case["code"]: case["discrepancy_id"] for case in await paying.worklist()}

    place = f"discrepancies/{cases['amount_differs']}"
    early = await town.post(town.finance("zhou"), f"{place}/confirmation")
    assert early.json()["code"] == "not_resolved"
    said = {"resolution": "paid", "reason": "手续费"}
    assert (await town.post(town.finance("sun"), f"{place}/resolution", **said)).status_code == 201
    alone = await town.post(town.finance("sun"), f"{place}/confirmation")
    assert (alone.status_code, alone.json()["code"]) == (403, "same_person")
    assert (await paying.orders(batch))[str(shop.provider_id)]["paid_on"] is None
    assert (await town.post(town.finance("zhou"), f"{place}/confirmation")).status_code == 201
    assert (await paying.orders(batch))[str(shop.provider_id)]["paid_on"] == "2010-01-04"
    twice = await paying.resolve(cases["amount_differs"], "noted")
    assert twice.json()["code"] == "already_resolved"

    assert (await paying.resolve(cases["missing"], "returned")).status_code == 201
    assert await paying.money(silent) == (0, 2000)
    assert await paying.worklist() == []
    await town.desk.settle()
    assert await town.failures() == []


async def test_an_order_that_a_later_answer_names_is_missing_no_more(
    town: Town, paying: Paying
) -> None:
    shop, slow = Shop(), Shop()
    await paying.open(shop, slow)
    await paying.payee(shop, OLD)
    await paying.payee(slow, NEW)
    batch = await paying.batch()
    found = await paying.orders(batch)
    first = await paying.answer(batch, [paying.line(found[str(shop.provider_id)])])
    assert results(first) == {"matched": 1, "missing": 1}
    wrong_end = await paying.resolve((await paying.worklist())[0]["discrepancy_id"], "x")
    assert wrong_end.status_code == 422
    second = await paying.answer(batch, [paying.line(found[str(slow.provider_id)])])
    assert results(second) == {"matched": 1}
    assert await paying.worklist() == []
    stranger = await paying.answer(
        batch, [paying.line({**found[str(slow.provider_id)], "order_id": "A-1"})]
    )
    assert results(stranger) == {"unknown": 1}
    (case,) = await paying.worklist()
    refused = await paying.resolve(case["discrepancy_id"], "paid")
    assert refused.json()["code"] == "not_an_end_of_this"


async def test_two_batches_and_two_imports_at_once_have_one_effect(
    town: Town, paying: Paying
) -> None:
    shop = Shop()
    await paying.open(shop)
    await paying.payee(shop, OLD)
    codes: list[int] = []

    async def batched() -> None:
        codes.append((await town.post(town.finance(), "payment-batches")).status_code)

    async with anyio.create_task_group() as crowd:
        for _ in range(4):
            crowd.start_soon(batched)
    assert sorted(codes) == [201, 409, 409, 409]
    listed = (await town.finance().get("/vouchers/v1/payment-batches")).json()["items"]
    (order,) = (await paying.orders(listed[0])).values()
    lines, answers = [paying.line(order, "退回")], list[dict[str, Any]]()

    async def answered() -> None:
        answers.append((await paying.answer(listed[0], lines)).json())

    async with anyio.create_task_group() as crowd:
        for _ in range(4):
            crowd.start_soon(answered)
    assert all(answer == answers[0] for answer in answers)
    assert await paying.money(shop) == (0, 1000)
    await town.desk.settle()
    assert await town.failures() == []
