"""A provider that leaves owing money: its final statement claims it, and finance receives it."""

from __future__ import annotations

from datetime import date
from typing import Any

import anyio
import pytest

from shared.contracts.evaluation import ProviderExited
from shared.contracts.ids import new_id
from tests.vouchers.test_settlement_statements import (
    approve,
    give_back,
    make,
    object_to,
    open_objection,
    read,
    spend,
)
from tests.vouchers.town import FEBRUARY, JANUARY, Shop, Town, code, day

pytestmark = pytest.mark.anyio
LEFT_ON = date(2010, 1, 20)


async def leave(town: Town, shop: Shop, on: date = LEFT_ON) -> None:
    town.desk.clock.set(on)
    await town.tell(
        "evaluation",
        ProviderExited(
            aggregate_id=shop.provider_id,
            occurred_at=day(on),
            provider_id=shop.provider_id,
            exited_on=on,
            reason="own_wish",
        ),
    )


async def paid_then_refunded(town: Town, shop: Shop, card: str, *, later_fen: int = 0) -> None:
    """The shop was paid 30 yuan, took more perhaps, gave 25 back, and left."""
    spent = await spend(town, shop, card, 3000)
    (first,) = await make(town)
    assert (await approve(town, first)).status_code == 201
    if later_fen:
        await spend(town, shop, card, later_fen)
    await give_back(town, shop, spent, 2500)
    await leave(town, shop)


async def debts(town: Town, **more: Any) -> list[dict[str, Any]]:
    listed = await town.finance().get("/vouchers/v1/provider-debts", params=more)
    found: list[dict[str, Any]] = listed.json()["items"]
    return found


async def receive(town: Town, debt_id: str, number: str, amount_fen: int) -> tuple[int, str]:
    body = {"receipt_no": number, "amount_fen": amount_fen, "received_on": str(LEFT_ON)}
    path = f"provider-debts/{debt_id}/receipts"
    return code(await town.post(town.finance(), path, **body))


async def test_who_leaves_owing_money_gets_a_final_statement_below_zero_and_a_claim(
    town: Town, shop: Shop, card: str
) -> None:
    await paid_then_refunded(town, shop, card, later_fen=1000)
    (final,) = await make(town)
    assert (final["amount_fen"], final["final"], final["redemptions"]) == (-1500, True, 1)
    assert await debts(town) == []
    assert (await read(town, shop, final, ".pdf")).content.startswith(b"%PDF-")
    done = await approve(town, final)
    assert (done.json()["state"], done.json()["payment_order_id"]) == ("approved", None)
    (debt,) = await debts(town, only_open=True)
    assert (debt["settlement_id"], debt["owed_fen"]) == (final["settlement_id"], 1500)
    (books,) = (await town.money())["by_provider"]
    assert (books["settled_fen"], books["payable_fen"]) == (1500, 0)
    orders = (await town.finance().get("/vouchers/v1/payment-orders")).json()["items"]
    assert [order["amount_fen"] for order in orders] == [3000]
    assert await make(town) == []
    told = await town.finance().get("/vouchers/v1/exceptions", params={"kind": "debt_open"})
    assert [one["amount_fen"] for one in told.json()["items"]] == [1500]
    await town.desk.settle()
    assert await town.failures() == []


async def test_a_claim_is_received_in_parts_never_more_than_is_owed_and_each_receipt_once(
    town: Town, shop: Shop, card: str
) -> None:
    await paid_then_refunded(town, shop, card)
    (final,) = await make(town)
    await approve(town, final)
    (debt,) = await debts(town)
    one = debt["debt_id"]
    assert await receive(town, one, "收-1", 1000) == (201, "")
    assert await receive(town, one, "收-1", 500) == (409, "receipt_taken")
    assert await receive(town, one, "收-2", 1501) == (409, "more_than_owed")
    assert await receive(town, str(new_id()), "收-3", 1) == (404, "no_such_debt")
    late = {"receipt_no": "收-4", "amount_fen": 1, "received_on": "2010-01-21"}
    path = f"provider-debts/{one}/receipts"
    assert code(await town.post(town.finance(), path, **late)) == (422, "in_the_future")
    today = {**late, "received_on": str(LEFT_ON)}
    for who in (town.civil(), town.till(shop)):
        assert code(await town.post(who, path, **today)) == (403, "role_not_allowed")
    assert await receive(town, one, "收-5", 1500) == (201, "")
    assert await debts(town, only_open=True) == []
    mine = await town.till(shop).get("/vouchers/v1/provider-debts")
    assert [x["received_fen"] for x in mine.json()["items"]] == [2500]
    assert (await town.till(Shop()).get("/vouchers/v1/provider-debts")).json()["items"] == []
    await town.desk.settle()
    assert await town.failures() == []


async def test_receipts_at_once_never_take_more_than_the_provider_owes(
    town: Town, shop: Shop, card: str
) -> None:
    await paid_then_refunded(town, shop, card)
    (final,) = await make(town)
    await approve(town, final)
    (debt,) = await debts(town)
    codes = list[tuple[int, str]]()

    async def pay(nth: int) -> None:
        codes.append(await receive(town, debt["debt_id"], f"收-{nth}", 1000))

    async with anyio.create_task_group() as group:
        for nth in range(6):
            group.start_soon(pay, nth)
    assert sorted(codes) == [(201, "")] * 2 + [(409, "more_than_owed")] * 4


async def test_who_stays_gets_no_statement_below_zero(town: Town, shop: Shop, card: str) -> None:
    spent = await spend(town, shop, card, 3000)
    (first,) = await make(town)
    await approve(town, first)
    await give_back(town, shop, spent, 2500)
    assert await make(town) == []
    assert await debts(town) == []


async def test_a_final_statement_that_comes_to_nothing_closes_without_payment_or_claim(
    town: Town, shop: Shop, card: str
) -> None:
    await paid_then_refunded(town, shop, card, later_fen=2500)
    (final,) = await make(town)
    assert (final["amount_fen"], final["final"]) == (0, True)
    assert (await approve(town, final)).json()["state"] == "approved"
    assert await debts(town) == []
    assert await make(town) == []
    await town.desk.settle()
    assert await town.failures() == []


async def test_nothing_is_claimed_while_something_of_the_provider_is_still_to_be_settled(
    town: Town, shop: Shop, card: str
) -> None:
    spent = await spend(town, shop, card, 3000)
    (first,) = await make(town)
    await approve(town, first)
    await give_back(town, shop, spent, 2500)
    town.desk.clock.set(FEBRUARY)
    await spend(town, shop, card, 4000)
    await leave(town, shop, date(2010, 2, 10))
    assert await make(town, JANUARY) == []
    (final,) = await make(town, FEBRUARY)
    assert (final["amount_fen"], final["final"]) == (1500, True)


async def test_a_provider_objects_to_what_it_is_said_to_owe_and_the_statement_is_made_anew(
    town: Town, shop: Shop, card: str
) -> None:
    await paid_then_refunded(town, shop, card, later_fen=1000)
    (final,) = await make(town)
    lines = (await read(town, shop, final, "/lines")).json()["items"]
    (refund,) = [line["line_id"] for line in lines if line["amount_fen"] < 0]
    await object_to(town, shop, final, refund)
    path = f"objections/{await open_objection(town)}/decision"
    kept = await town.post(town.finance(), path, decision="accepted", reason="核实")
    assert (kept.json()["void"], kept.json()["amount_fen"]) == (False, 1000)
    assert (await approve(town, final)).json()["payment_order_id"]
    (again,) = await make(town)
    assert (again["amount_fen"], again["redemptions"]) == (-2500, 0)
    await object_to(town, shop, again, refund)
    path = f"objections/{await open_objection(town)}/decision"
    gone = await town.post(town.finance(), path, decision="accepted", reason="核实")
    assert gone.json()["void"] is True
    assert await debts(town) == []
    await town.desk.settle()
    assert await town.failures() == []
