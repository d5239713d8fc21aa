"""Paper after the holder's hand: spent once, lost, counted back in, settled, destroyed by two."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import anyio
import httpx
import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy.exc import DBAPIError

from shared.contracts.ids import new_id
from tests.vouchers.paper import USUAL, failures, in_hand, states
from tests.vouchers.test_paper import kept_texts
from tests.vouchers.town import JANUARY, MONTHLY_FEN, Elder, Shop, Town

pytestmark = pytest.mark.anyio


async def pay(
    town: Town, shop: Shop, serials: list[str], amount_fen: int, **more: Any
) -> httpx.Response:
    """A purchase paid with paper."""
    return await town.post(
        town.till(shop),
        "redemptions",
        **{
            "holder": {"paper_serials": serials},
            "outlet_id": str(shop.outlet_id),
            "item_code": "wash",
            "amount_fen": amount_fen,
            **more,
        },
    )


async def recollect(
    town: Town, shop: Shop, serials: list[str], counted: dict[str, int]
) -> dict[str, Any]:
    """A provider's paper, counted and scanned."""
    done = await town.post(
        town.finance(),
        "paper/recollections",
        provider_id=str(shop.provider_id),
        counted=counted,
        serials=serials,
    )
    assert done.status_code == 200, done.text
    answer: dict[str, Any] = done.json()
    return answer


async def test_several_vouchers_pay_one_purchase_once_and_without_change(town: Town) -> None:
    shop, serials = await in_hand(town, Elder())
    change = await pay(town, shop, serials[:2], 3900)
    assert (change.status_code, change.json()["code"]) == (409, "serials_do_not_make_the_amount")
    paid = await pay(town, shop, [serials[0], serials[3].lower().replace("-", " ")], 3000)
    assert paid.status_code == 201, paid.text
    assert paid.json()["charged"] == [{"month_on": "2010-01-01", "amount_fen": 3000}]
    twice = await pay(town, shop, [serials[0]], 2000)
    assert (twice.status_code, twice.json()["code"]) == (409, "serial_used")
    unknown = await pay(town, shop, ["0" * 16 + "1"], 100)
    assert unknown.json()["code"] == "serial_unknown"
    repeated = await pay(town, shop, [serials[1]] * 2, 4000)
    assert repeated.json()["code"] == "repeated_paper_serial"
    assert (await states(town)) == {"handed_out": len(USUAL) - 2, "used": 2}
    assert (await town.money())["total"]["redeemed_fen"] == 3000
    assert await kept_texts(town, serials) == []
    assert await failures(town) == []


async def test_a_voucher_shown_at_many_tills_at_once_is_taken_at_one(town: Town) -> None:
    shop, serials = await in_hand(town, Elder())
    codes: list[int] = []

    async def ask(nth: int) -> None:
        codes.append((await pay(town, shop, [serials[0], serials[1 + nth % 2]], 4000)).status_code)

    async with anyio.create_task_group() as crowd:
        for nth in range(6):
            crowd.start_soon(ask, nth)
    assert sorted(codes) == [201] + [409] * 5
    assert (await states(town))["used"] == 2
    assert await failures(town) == []


async def test_vouchers_of_two_holders_make_no_purchase(town: Town) -> None:
    shop, serials = await in_hand(town, Elder(), Elder())
    mixed = await pay(town, shop, [serials[0], serials[len(USUAL)]], 4000)
    assert mixed.json()["code"] == "serials_of_several_holders"


async def test_spending_dying_and_lapsing_at_once_leave_each_voucher_one_end(town: Town) -> None:
    elders = [Elder() for _ in range(3)]
    shop, serials = await in_hand(town, *elders)
    town.desk.clock.set(date(2011, 2, 1))
    day = str(date(2011, 1, 31))
    async with anyio.create_task_group() as crowd:
        for serial in serials[:: len(USUAL)]:
            crowd.start_soon(lambda one=serial: pay(town, shop, [one], 2000, occurred_on=day))
        crowd.start_soon(town.post, town.finance(), "expiries")
        crowd.start_soon(town.die, elders[0], date(2011, 1, 30))
    assert sum((await states(town)).values()) == 3 * len(USUAL)
    assert "handed_out" not in await states(town)
    assert (await town.money())["total"]["conserved"]
    assert await failures(town) == []


async def test_lost_paper_is_blocked_not_replaced_and_lapses(town: Town) -> None:
    elder, neighbour = Elder(), Elder()
    shop, serials = await in_hand(town, elder, neighbour)
    mine, others = serials[: len(USUAL)], serials[len(USUAL) :]
    await pay(town, shop, [mine[0]], 2000)
    told = await town.post(
        town.street(),
        "paper/losses",
        serials=[mine[1], mine[1], mine[0], "rubbish", "0" * 16 + "1"],
    )
    assert [line["code"] or line["state"] for line in told.json()["results"]] == [
        "lost",
        "repeated",
        "serial_used",
        "bad_serial",
        "foreign",
    ]
    assert told.json()["amount_fen"] == 2000
    assert (await pay(town, shop, [mine[1]], 2000)).json()["code"] == "serial_lost"
    both = await town.post(town.street(), "paper/losses", person_id=str(elder.person_id))
    assert both.json()["code"] == "name_serials_or_a_month"
    for person in (elder, neighbour):
        whose = {"person_id": str(person.person_id), "month_on": "2010-01-01"}
        assert (await town.post(town.street(), "paper/losses", **whose)).status_code == 200
    assert (await pay(town, shop, [others[0]], 2000)).json()["code"] == "serial_lost"
    assert await states(town) == {"used": 1, "lost": 2 * len(USUAL) - 1}
    assert (await town.money())["total"]["outstanding_fen"] == 2 * MONTHLY_FEN - 2000
    town.desk.clock.set(date(2011, 2, 1))
    await town.post(town.finance(), "expiries")
    assert await states(town) == {"used": 1, "expired": 2 * len(USUAL) - 1}
    assert await kept_texts(town, serials) == []
    assert await failures(town) == []


async def test_a_providers_stack_is_counted_line_by_line(town: Town) -> None:
    shop, serials = await in_hand(town, Elder())
    other = Shop()
    await town.admit(other)
    await pay(town, shop, serials[:4], 7000)
    await pay(town, other, serials[4:5], 1000)
    scanned = [serials[0], serials[0], serials[3], serials[4], serials[5], "0" * 16 + "1", "x"]
    done = await recollect(town, shop, scanned, {"2000": 2, "1000": 1})
    assert [line["code"] or line["state"] for line in done["results"]] == [
        "recollected",
        "repeated",
        "recollected",
        "of_another_provider",
        "not_redeemed",
        "foreign",
        "bad_serial",
    ]
    assert [(one["amount_fen"], one["taken"], one["difference"]) for one in done["counts"]] == [
        (2000, 1, 1),
        (1000, 1, 0),
    ]
    assert [(one["amount_fen"], one["serials"]) for one in done["missing"]] == [(2000, 2)]
    again = await recollect(town, shop, serials[:2], {"2000": 2})
    assert [line["code"] or line["state"] for line in again["results"]] == [
        "already_recollected",
        "recollected",
    ]
    mine = await town.till(shop).get("/vouchers/v1/paper/recollections")
    assert [one["serials"] for one in mine.json()["items"]] == [2, 1]
    theirs = await town.till(other).get("/vouchers/v1/paper/recollections")
    assert theirs.json()["items"] == []
    left = await town.finance().get(
        "/vouchers/v1/paper/outstanding", params={"provider_id": str(shop.provider_id)}
    )
    assert [(one["amount_fen"], one["serials"]) for one in left.json()] == [(2000, 1)]
    assert await kept_texts(town, serials) == []
    assert await failures(town) == []


async def test_paper_is_settled_when_it_came_back_and_destroyed_by_two_people(
    town: Town,
) -> None:
    shop, serials = await in_hand(town, Elder())
    await pay(town, shop, serials[:2], 4000)
    await pay(town, shop, serials[3:4], 1000)
    await recollect(town, shop, serials[:2], {"2000": 2})
    town.desk.clock.set(date(2010, 2, 20))
    early = await town.post(town.civil(), "paper/destructions", month_on="2010-01-01")
    assert early.json()["code"] == "nothing_to_destroy"
    settled = await town.settlements(JANUARY)
    assert [one["amount_fen"] for one in settled] == [4000]
    assert await states(town) == {"settled": 2, "used": 1, "handed_out": len(USUAL) - 3}
    listed = await town.post(town.civil(), "paper/destructions", month_on="2010-01-01")
    assert (listed.status_code, listed.json()["serials"]) == (201, 2)
    act = listed.json()["destruction_id"]
    alone = await town.post(town.civil(), f"paper/destructions/{act}/signature")
    assert (alone.status_code, alone.json()["code"]) == (403, "same_person")
    signed = await town.post(town.finance(), f"paper/destructions/{act}/signature")
    assert signed.status_code == 201, signed.text
    twice = await town.post(town.finance(), f"paper/destructions/{act}/signature")
    assert twice.json()["code"] == "already_signed"
    assert (await states(town))["destroyed"] == 2
    page = await town.finance().get(f"/vouchers/v1/paper/destructions/{act}.pdf")
    words = PdfReader(io.BytesIO(page.content)).pages[0].extract_text()
    for said in ("纸质服务券销毁记录", "2 张", "40 元", "zhao", "qian", serials[0][-6:]):
        assert said in words, said
    assert serials[0] not in words
    await the_list_names(town, act, set(serials[:2]))
    late = await recollect(town, shop, serials[:1], {"2000": 1})
    assert late["results"][0]["code"] == "already_destroyed"
    assert (await pay(town, shop, serials[:1], 2000)).json()["code"] == "serial_destroyed"
    assert await failures(town) == []


async def the_list_names(town: Town, act: str, serials: set[str]) -> None:
    """Finance and auditors fetch the electronic list; each fetch is on record, no number is."""
    place = f"/vouchers/v1/paper/destructions/{act}/serials"
    for who in (town.civil(), town.street(), town.till(Shop()), town.desk.as_("operator")):
        assert (await who.get(place)).status_code == 403
    plain = await town.finance().get(place)
    rows = list(csv.reader(io.StringIO(plain.content.decode("utf-8-sig"))))
    assert rows[0] == ["序号", "券号", "面额（元）", "月份", "销毁前状态"]
    assert {row[1] for row in rows[1:]} == serials
    assert [row[2:] for row in rows[1:]] == [["20", "2010-01", "已结算"]] * 2
    book = await town.desk.as_("auditor").get(place, params={"form": "xlsx"})
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0)
    assert {row[1] for row in sheet.to_python()[1:]} == serials
    unknown = await town.finance().get(f"/vouchers/v1/paper/destructions/{new_id()}/serials")
    assert unknown.json()["code"] == "no_such_destruction"
    work = town.desk.work("vouchers")
    found = await work.rows(
        "SELECT sub, count, CAST(a AS text) AS said FROM audit a "
        "WHERE act = 'paper.destruction_list_disclosed'"
    )
    await work.abandon()
    assert [(row["sub"], row["count"]) for row in found] == [("qian", 2), ("auditor-1", 2)]
    assert not [one for one in serials if any(one in row["said"] for row in found)]


async def test_the_database_refuses_a_step_that_is_not_lawful(town: Town) -> None:
    shop, serials = await in_hand(town, Elder())
    await pay(town, shop, serials[:1], 2000)
    wrong = {
        "lawful_step": "UPDATE paper_serials SET state = 'handed_out' WHERE state = 'used'",
        "what the month still holds": "UPDATE paper_serials SET state = 'void' "
        "WHERE id IN (SELECT id FROM paper_serials WHERE state = 'handed_out' LIMIT 1)",
        "used_in_a_redemption": "UPDATE paper_serials SET state = 'used' "
        "WHERE state = 'handed_out'",
        "recollected_by_an_act": "UPDATE paper_serials SET state = 'recollected' "
        "WHERE state = 'used'",
    }
    for said, statement in wrong.items():
        with pytest.raises(DBAPIError, match=said):
            await committed(town, statement)
    assert await failures(town) == []


async def committed(town: Town, statement: str) -> None:
    """Run a statement behind the doors' back."""
    work = town.desk.work("vouchers")
    try:
        await work.run(statement)
        await work.commit()
    finally:
        await work.abandon()
