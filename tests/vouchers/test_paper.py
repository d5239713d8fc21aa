"""Paper from the choice to the holder's hand: one scheme a month, sheets, hand-over, deaths."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import anyio
import pytest

from shared.contracts.ids import new_id
from shared.contracts.programmes import VOUCHER
from tests.vouchers.paper import (
    SERIAL,
    USUAL,
    batch,
    bundles,
    failures,
    handed_out,
    in_hand,
    on_paper,
    ready,
    sheet,
    states,
    worker,
)
from tests.vouchers.town import FEBRUARY, JANUARY, MONTHLY_FEN, OTHER_STREET, Elder, Town

pytestmark = pytest.mark.anyio


async def test_a_month_on_paper_is_not_spent_by_card_and_the_next_on_account_is(
    town: Town,
) -> None:
    elder, neighbour = Elder(), Elder()
    shop = await ready(town, elder)
    await town.grant(neighbour)
    card = await town.card(elder)
    refused = await town.redeem(shop, card, 100)
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_balance")
    back = {"person_id": str(elder.person_id), "programme": VOUCHER, "scheme": "account"}
    late = await town.post(town.street(), "paper/choices", **back, month_on="2010-01-01")
    assert late.json()["code"] == "month_issued"
    chosen = await town.post(town.street(), "paper/choices", **back, month_on="2010-02-01")
    assert chosen.status_code == 201
    town.desk.clock.set(FEBRUARY)
    await town.issue(FEBRUARY)
    spent = await town.redeem(shop, card, MONTHLY_FEN)
    assert [month["month_on"] for month in spent.json()["charged"]] == ["2010-02-01"]
    assert (await town.redeem(shop, card, 100)).json()["code"] == "insufficient_balance"
    await batch(town)
    none = await town.post(
        town.street(), "paper/batches", programme=VOUCHER, month_on="2010-02-01",
        area_code="110105001001",
    )  # fmt: skip
    assert none.json()["code"] == "nothing_to_print"
    assert await failures(town) == []


async def test_a_whole_programme_goes_on_paper_but_for_who_chose_the_account(town: Town) -> None:
    papers, carded = Elder(), Elder()
    await town.grant(papers, carded)
    whole = {"programme": VOUCHER, "month_on": "2010-01-01", "scheme": "paper"}
    refused = await town.post(town.street(), "paper/choices", **whole)
    assert (refused.status_code, refused.json()["code"]) == (403, "district_alone")
    assert (await town.post(town.civil(), "paper/choices", **whole)).status_code == 201
    own = {**whole, "person_id": str(carded.person_id), "scheme": "account"}
    assert (await town.post(town.street(), "paper/choices", **own)).status_code == 201
    await town.allocate(2 * MONTHLY_FEN)
    await town.issue(JANUARY)
    made = await batch(town)
    found = await bundles(town, made)
    assert [one["person_id"] for one in found] == [str(papers.person_id)]
    assert found[0]["states"] == {"generated": len(USUAL)}


async def test_the_sheet_has_every_voucher_with_worth_month_validity_and_place(town: Town) -> None:
    await ready(town, Elder(), Elder())
    made = await batch(town)
    words = await sheet(town, made)
    serials = SERIAL.findall(words)
    assert len(set(serials)) == 2 * len(USUAL) == len(serials)
    for said in ("贰拾元整", "壹元整", "2010 年 1 月", "2010-01-01 至 2011-01-31", "北京市朝阳区"):
        assert said in words, said
    assert await kept_texts(town, serials) == []
    audited = await audits(town, "paper.printed")
    assert audited == [(made, 2 * len(USUAL))]
    assert await sheet(town, made) == words
    again = await town.post(
        town.street(), "paper/batches", programme=VOUCHER, month_on="2010-01-01",
        area_code="110105001001",
    )  # fmt: skip
    assert again.json()["code"] == "nothing_to_print"


async def test_a_holders_wish_is_printed(town: Town) -> None:
    elder = Elder()
    await town.grant(elder)
    wish = {"person_id": str(elder.person_id), "programme": VOUCHER, "month_on": "2010-01-01"}
    odd = await town.post(town.street(), "paper/choices", **wish, scheme="paper", split={"2000": 4})
    assert odd.json()["errors"][0]["code"] == "split_does_not_make_the_amount"
    await on_paper(town, elder, split={"2000": 4, "1000": 2})
    await town.allocate(MONTHLY_FEN)
    await town.issue(JANUARY)
    words = await sheet(town, await batch(town))
    assert Counter(word for word in words.split() if word.endswith("元整")) == {
        "贰拾元整": 4,
        "壹拾元整": 2,
    }


async def test_two_who_print_a_month_at_once_print_it_once(town: Town) -> None:
    await ready(town, Elder(), Elder())
    codes: list[int] = []

    async def ask() -> None:
        made = await town.post(
            town.street(), "paper/batches", programme=VOUCHER, month_on="2010-01-01",
            area_code="110105001001",
        )  # fmt: skip
        codes.append(made.status_code)

    async with anyio.create_task_group() as crowd:
        for _ in range(4):
            crowd.start_soon(ask)
    assert sorted(codes) == [201, 409, 409, 409]
    assert await states(town) == {"generated": 2 * len(USUAL)}


async def test_a_batch_goes_by_two_people_and_each_bundle_once_into_a_hand(town: Town) -> None:
    elder, neighbour = Elder(), Elder()
    await ready(town, elder, neighbour)
    made = await batch(town)
    first, second = await bundles(town, made)
    path = f"paper/batches/{made}"

    async def hand(**line: Any) -> dict[str, Any]:
        done = await town.post(worker(town), f"{path}/handovers", lines=[line])
        result: dict[str, Any] = done.json()["results"][0]
        return result

    assert (await hand(account_id=first["account_id"]))["code"] == "not_received"
    officer = town.street()
    assert (await town.post(officer, f"{path}/receipt")).json()["code"] == "not_dispatched"
    assert (await town.post(officer, f"{path}/dispatch")).status_code == 201
    assert (await town.post(officer, f"{path}/receipt")).json()["code"] == "same_person"
    assert (await town.post(worker(town), f"{path}/receipt")).status_code == 201
    assert (await hand(account_id=first["account_id"]))["state"] == "handed_out"
    assert (await hand(account_id=first["account_id"]))["code"] == "already_handed_out"
    assert (await hand(account_id=str(new_id())))["code"] == "no_such_bundle"
    stranger = await hand(account_id=second["account_id"], agent_id=str(new_id()))
    assert stranger["code"] == "agent_may_not_collect"
    agent = await town.post(
        officer, "agents", person_id=second["person_id"], relation="child",
        authority_no="授-2010-17", from_on="2010-01-01", until_on="2010-06-30",
    )  # fmt: skip
    assert agent.status_code == 201, agent.text
    collected = await hand(account_id=second["account_id"], agent_id=agent.json()["agent_id"])
    assert collected["state"] == "handed_out"
    assert await states(town) == {"handed_out": 2 * len(USUAL)}
    empty = await town.street().post(f"/vouchers/v1/{path}/sheets", json={})
    assert empty.status_code == 404
    assert await failures(town) == []


async def test_another_street_sees_neither_batch_nor_bundles(town: Town) -> None:
    await ready(town, Elder())
    made = await batch(town)
    other = town.street(OTHER_STREET)
    assert (await other.get("/vouchers/v1/paper/batches")).json()["items"] == []
    for path in ("sheets", "dispatch", "receipt", "handovers"):
        body: dict[str, Any] = {} if path == "sheets" else {"id": str(new_id())}
        if path == "handovers":
            body["lines"] = [{"account_id": str(new_id())}]
        asked = await other.post(f"/vouchers/v1/paper/batches/{made}/{path}", json=body)
        assert (asked.status_code, asked.json()["code"]) == (404, "no_such_batch")
    foreign = await town.post(
        other, "paper/batches", programme=VOUCHER, month_on="2010-01-01", area_code="110105001001"
    )
    assert foreign.json()["code"] == "nothing_to_print"


async def test_a_death_makes_paper_void_and_the_expiry_takes_the_rest(town: Town) -> None:
    dead, elder = Elder(), Elder()
    await in_hand(town, dead, elder)
    await town.die(dead, date(2010, 1, 20))
    assert await states(town) == {"handed_out": len(USUAL), "void": len(USUAL)}
    assert await failures(town) == []
    town.desk.clock.set(date(2011, 2, 1))
    done = await town.post(town.finance(), "expiries")
    assert done.json()["amount_fen"] == MONTHLY_FEN
    assert await states(town) == {"expired": len(USUAL), "void": len(USUAL)}
    assert await failures(town) == []


async def test_paper_that_was_never_printed_lapses_as_any_month(town: Town) -> None:
    await ready(town, Elder())
    town.desk.clock.set(date(2011, 2, 1))
    done = await town.post(town.finance(), "expiries")
    assert done.json()["amount_fen"] == MONTHLY_FEN
    late = await town.post(
        town.street(), "paper/batches", programme=VOUCHER, month_on="2010-01-01",
        area_code="110105001001",
    )  # fmt: skip
    assert late.json()["code"] == "nothing_to_print"


async def test_handing_out_to_the_dead_is_refused(town: Town) -> None:
    elder = Elder()
    await ready(town, elder)
    made = await batch(town)
    await town.die(elder, date(2010, 1, 20))
    answer = await handed_out(town, made)
    assert answer["results"][0]["code"] == "holder_died"
    assert await states(town) == {"void": len(USUAL)}


async def kept_texts(town: Town, serials: list[str]) -> list[str]:
    """Where a serial stands in what the service keeps as text: answers, audit, letters."""
    work = town.desk.work("vouchers")
    rows = await work.rows(
        "SELECT 'answer' AS place, convert_from(coalesce(body, ''), 'UTF8') AS said "
        "FROM idempotency UNION ALL SELECT 'audit', subject || detail FROM audit "
        "UNION ALL SELECT 'letter', CAST(facts AS text) FROM outbox"
    )
    await work.abandon()
    shown = {form for serial in serials for form in (serial, serial.replace("-", ""))}
    return [row["place"] for row in rows if any(form in row["said"] for form in shown)]


async def audits(town: Town, act: str) -> list[tuple[str, int]]:
    """Subject and count of audit rows of an act."""
    work = town.desk.work("vouchers")
    rows = await work.rows("SELECT subject, count FROM audit WHERE act = :act ORDER BY id", act=act)
    await work.abandon()
    return [(row["subject"], row["count"]) for row in rows]
