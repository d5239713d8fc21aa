"""A provider's statement: what it says, what is objected to, and that it is the ledger's sum."""

from __future__ import annotations

import io
from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from python_calamine import CalamineWorkbook

from shared.contracts.evaluation import ProviderExited
from shared.contracts.ids import new_id
from tests.vouchers.town import JANUARY, Shop, Town, day

pytestmark = pytest.mark.anyio


async def spend(town: Town, shop: Shop, card: str, amount_fen: int) -> str:
    done = await town.redeem(shop, card, amount_fen)
    assert done.status_code == 201, done.text
    spent: str = done.json()["redemption_id"]
    return spent


async def give_back(town: Town, shop: Shop, redemption_id: str, amount_fen: int) -> str:
    done = await town.post(
        town.till(shop),
        f"redemptions/{redemption_id}/refunds",
        amount_fen=amount_fen,
        reason="服务未完成",
    )
    assert done.status_code == 201, done.text
    refund: str = done.json()["refund_id"]
    return refund


async def make(town: Town, month_on: date = JANUARY, **more: Any) -> list[dict[str, Any]]:
    made = await town.post(town.finance(), "settlements", month_on=str(month_on), **more)
    assert made.status_code == 201, made.text
    found: list[dict[str, Any]] = made.json()["statements"]
    return found


async def approve(town: Town, statement: dict[str, Any]) -> httpx.Response:
    """Both bodies approve what the provider has agreed to."""
    place = f"settlements/{statement['settlement_id']}/approvals"
    provider = town.till(Shop(UUID(statement["provider_id"])))
    await town.post(provider, f"settlements/{statement['settlement_id']}/confirmation")
    first = await town.post(town.civil(), place)
    if first.status_code != 201:
        return first
    return await town.post(town.finance(), place)


async def read(town: Town, shop: Shop, statement: dict[str, Any], more: str = "") -> httpx.Response:
    place = f"/vouchers/v1/settlements/{statement['settlement_id']}{more}"
    answer = await town.till(shop).get(place)
    assert answer.status_code == 200, answer.text
    return answer


async def object_to(
    town: Town, shop: Shop, statement: dict[str, Any], line_id: str
) -> httpx.Response:
    lines = [{"id": str(new_id()), "line_id": line_id, "reason": "金额有误"}]
    place = f"settlements/{statement['settlement_id']}/objections"
    return await town.post(town.till(shop), place, objections=lines)


async def open_objection(town: Town) -> str:
    listed = await town.finance().get("/vouchers/v1/objections?only_open=true")
    (one,) = listed.json()["items"]
    found: str = one["objection_id"]
    return found


async def test_a_statement_shows_its_sums_by_outlet_category_and_fund(
    town: Town, shop: Shop, card: str
) -> None:
    for amount_fen in (3000, 1500):
        await spend(town, shop, card, amount_fen)
    (statement,) = await make(town)
    shown = (await read(town, shop, statement)).json()
    assert (shown["amount_fen"], shown["redemptions"], shown["final"]) == (4500, 2, False)
    assert shown["objections_until_on"] == "2010-01-09"
    assert shown["cuts"] == [
        {
            "outlet_id": str(shop.outlet_id),
            "category": "life_care",
            "fund": "lottery",
            "redeemed_fen": 4500,
            "deducted_fen": 0,
            "amount_fen": 4500,
        }
    ]
    first = (await read(town, shop, statement, "/lines?limit=1")).json()
    rest = (await read(town, shop, statement, f"/lines?cursor={first['next']}")).json()
    lines = first["items"] + rest["items"]
    assert sorted(line["amount_fen"] for line in lines) == [1500, 3000]
    foreign = await town.till(Shop()).get(f"/vouchers/v1/settlements/{statement['settlement_id']}")
    assert foreign.status_code == 404


async def test_a_statement_is_a_page_and_a_workbook_that_say_the_same(
    town: Town, shop: Shop, card: str
) -> None:
    await spend(town, shop, card, 4505)
    (statement,) = await make(town)
    page = (await read(town, shop, statement, ".pdf")).content
    assert page.startswith(b"%PDF-")
    assert (await read(town, shop, statement, ".pdf")).content == page
    content = (await read(town, shop, statement, ".xlsx")).content
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sums = book.get_sheet_by_name("汇总").to_python()
    assert sums[-1][0] == "应付合计"
    assert sums[-1][-1] == 45.05
    assert book.get_sheet_by_name("明细").to_python()[1][-1] == 45.05


async def test_a_refund_after_settlement_comes_off_the_next_statement(
    town: Town, shop: Shop, card: str
) -> None:
    spent = await spend(town, shop, card, 3000)
    (first,) = await make(town)
    assert (await approve(town, first)).status_code == 201
    refund = await give_back(town, shop, spent, 1000)
    assert await make(town) == []
    await spend(town, shop, card, 2500)
    (second,) = await make(town)
    assert (second["amount_fen"], second["deductions"], second["deducted_fen"]) == (1500, 1, 1000)
    shown = (await read(town, shop, second)).json()
    assert [cut["amount_fen"] for cut in shown["cuts"]] == [1500]
    lines = (await read(town, shop, second, "/lines")).json()["items"]
    assert [line["amount_fen"] for line in lines if line["line_id"] == refund] == [-1000]
    assert (await read(town, shop, second, ".pdf")).content.startswith(b"%PDF-")
    assert (await approve(town, second)).status_code == 201
    books = await town.money()
    assert books["total"]["redeemed_fen"] == 4500
    (provider,) = books["by_provider"]
    assert (provider["settled_fen"], provider["payable_fen"]) == (4500, 0)
    await town.desk.settle()
    assert await town.failures() == []


async def test_what_was_given_back_before_settlement_stands_in_the_same_statement(
    town: Town, shop: Shop, card: str
) -> None:
    spent = await spend(town, shop, card, 3000)
    await give_back(town, shop, spent, 3000)
    assert await make(town) == []
    await spend(town, shop, card, 700)
    (statement,) = await make(town)
    assert (statement["amount_fen"], statement["redemptions"]) == (700, 2)
    assert (await approve(town, statement)).status_code == 201
    await town.desk.settle()
    assert await town.failures() == []


async def test_a_provider_objects_to_a_line_and_nothing_is_approved_until_finance_decides(
    town: Town, shop: Shop, card: str
) -> None:
    wrong, _ = await spend(town, shop, card, 3000), await spend(town, shop, card, 1000)
    (statement,) = await make(town)
    first = await town.post(town.civil(), f"settlements/{statement['settlement_id']}/approvals")
    assert first.status_code == 201
    said = (await object_to(town, shop, statement, wrong)).json()
    assert (said["accepted"], said["results"][0]["state"]) == (1, "objected")
    again = (await object_to(town, shop, statement, wrong)).json()
    assert again["results"][0]["code"] == "objected_already"
    unknown = (await object_to(town, shop, statement, str(new_id()))).json()
    assert unknown["results"][0]["code"] == "no_such_line"
    held = await town.post(town.finance(), f"settlements/{statement['settlement_id']}/approvals")
    assert (held.status_code, held.json()["code"]) == (409, "objection_open")

    decision = f"objections/{await open_objection(town)}/decision"
    done = await town.post(town.finance(), decision, decision="accepted", reason="核实")
    assert done.json()["amount_fen"] == 1000
    twice = await town.post(town.finance(), decision, decision="rejected", reason="不")
    assert twice.json()["code"] == "already_decided"
    # The first approval was of another amount and counts no more.
    assert (await approve(town, statement)).json()["state"] == "approved"
    (later,) = await make(town)
    assert later["amount_fen"] == 3000
    await town.desk.settle()
    assert await town.failures() == []


async def test_a_rejected_objection_leaves_the_line_and_says_why(
    town: Town, shop: Shop, card: str
) -> None:
    line = await spend(town, shop, card, 3000)
    (statement,) = await make(town)
    await object_to(town, shop, statement, line)
    decision = f"objections/{await open_objection(town)}/decision"
    silent = await town.post(town.finance(), decision, decision="rejected")
    assert (silent.status_code, silent.json()["code"]) == (422, "reason_missing")
    done = await town.post(town.finance(), decision, decision="rejected", reason="刷卡记录无误")
    assert done.json()["amount_fen"] == 3000
    own = (await town.till(shop).get("/vouchers/v1/objections")).json()["items"]
    assert [one["decision_reason"] for one in own] == ["刷卡记录无误"]
    assert (await approve(town, statement)).status_code == 201


async def test_a_statement_whose_only_line_goes_out_is_void(
    town: Town, shop: Shop, card: str
) -> None:
    line = await spend(town, shop, card, 3000)
    (statement,) = await make(town)
    await object_to(town, shop, statement, line)
    decision = f"objections/{await open_objection(town)}/decision"
    done = await town.post(town.finance(), decision, decision="accepted")
    assert (done.json()["void"], done.json()["amount_fen"]) == (True, 0)
    refused = await approve(town, statement)
    assert (refused.status_code, refused.json()["code"]) == (409, "statement_void")
    await town.desk.settle()
    assert await town.failures() == []


async def test_objections_end_with_their_day_with_confirmation_and_with_approval(
    town: Town, shop: Shop, card: str
) -> None:
    line = await spend(town, shop, card, 3000)
    (statement,) = await make(town)
    town.desk.clock.set(date(2010, 1, 9))
    confirm = f"settlements/{statement['settlement_id']}/confirmation"
    stranger = await town.post(town.till(Shop()), confirm)
    assert stranger.status_code == 404
    town.desk.clock.set(date(2010, 1, 10))
    late = await object_to(town, shop, statement, line)
    assert (late.status_code, late.json()["code"]) == (409, "objections_closed")
    assert (await town.post(town.till(shop), confirm)).status_code == 201
    twice = await town.post(town.till(shop), confirm)
    assert twice.json()["code"] == "already_confirmed"
    assert (await approve(town, statement)).status_code == 201
    after = await object_to(town, shop, statement, line)
    assert after.json()["code"] == "already_approved"


async def test_a_provider_that_leaves_gets_a_final_statement_of_what_it_honoured(
    town: Town, shop: Shop, card: str
) -> None:
    await spend(town, shop, card, 3000)
    town.desk.clock.set(date(2010, 1, 20))
    await town.tell(
        "evaluation",
        ProviderExited(
            aggregate_id=shop.provider_id,
            occurred_at=day(date(2010, 1, 20)),
            provider_id=shop.provider_id,
            exited_on=date(2010, 1, 20),
            reason="own_wish",
        ),
    )
    assert (await town.redeem(shop, card, 100)).json()["code"] == "provider_exited"
    other = await make(town, provider_id=str(new_id()))
    assert other == []
    (statement,) = await make(town, provider_id=str(shop.provider_id))
    assert (statement["final"], statement["amount_fen"]) == (True, 3000)
    assert (await approve(town, statement)).status_code == 201
    assert await make(town, provider_id=str(shop.provider_id)) == []
    await town.desk.settle()
    assert await town.failures() == []
