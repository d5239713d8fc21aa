"""The whole way of voucher money: allocated, issued, spent, settled, and nothing lost."""

from __future__ import annotations

from datetime import date

import pytest

from shared.contracts.ids import new_id
from tests.vouchers.town import FEBRUARY, JANUARY, MONTHLY_FEN, Elder, Shop, Town

pytestmark = pytest.mark.anyio


async def test_two_months_are_issued_spent_and_settled_to_the_fen(town: Town) -> None:
    elder, neighbour, shop = Elder(), Elder(benefit_class="B"), Shop()
    await town.grant(elder, neighbour)
    await town.admit(shop)
    await town.publish()
    await town.allocate(5 * MONTHLY_FEN)
    assert (await town.issue(JANUARY))["people"] == 2
    town.desk.clock.set(date(2010, 2, 3))
    assert (await town.issue(FEBRUARY))["total_fen"] == 2 * MONTHLY_FEN

    card = await town.card(elder)
    spent = await town.redeem(shop, card, 12000)
    assert spent.status_code == 201
    assert spent.json()["balance_fen"] == 8000
    assert spent.json()["charged"] == [
        {"month_on": "2010-01-01", "amount_fen": 10000},
        {"month_on": "2010-02-01", "amount_fen": 2000},
    ]
    too_much = await town.redeem(shop, card, 8001)
    assert (too_much.status_code, too_much.json()["code"]) == (409, "insufficient_balance")

    statements = await town.settlements(FEBRUARY)
    assert [one["amount_fen"] for one in statements] == [12000]
    books = await town.money()
    assert books["total"] == {
        "issued_fen": 40000,
        "redeemed_fen": 12000,
        "expired_fen": 0,
        "revoked_fen": 0,
        "outstanding_fen": 28000,
        "conserved": True,
    }
    assert books["by_month"]["2010-02-01"]["redeemed_fen"] == 2000
    assert books["by_street"]["110105001"]["issued_fen"] == 40000
    assert books["by_fund"]["lottery"]["issued_fen"] == 40000
    assert books["by_provider"] == [
        {
            "provider_id": str(shop.provider_id),
            "redeemed_fen": 12000,
            "settled_fen": 12000,
            "payable_fen": 0,
        }
    ]
    await town.desk.settle()
    assert await town.failures() == []


async def test_the_letters_carry_the_journey_and_no_number(town: Town) -> None:
    elder, shop = Elder(), Shop()
    await town.grant(elder)
    await town.admit(shop)
    await town.publish()
    await town.allocate(MONTHLY_FEN)
    await town.issue()
    card = await town.card(elder)
    await town.redeem(shop, card, 400)
    await town.redeem(shop, card, MONTHLY_FEN)
    await town.settlements()
    sent = await town.told("vouchers.")
    assert [letter["type"].removeprefix("vouchers.") for letter in sent] == [
        "account.opened.v1",
        "vouchers.issued.v1",
        "voucher.redeemed.v1",
        "redemption.refused.v1",
        "settlement.approved.v1",
        "redemption.settled.v1",
    ]
    journey = [letter for letter in sent if letter["person_id"]]
    assert {letter["person_id"] for letter in journey} == {elder.person_id}
    assert {letter["application_id"] for letter in journey} == {elder.application_id}
    assert sent[1]["facts"]["applications"] == [str(elder.application_id)]
    assert card not in str(sent)


async def test_the_number_of_a_card_lies_nowhere_in_the_database(town: Town) -> None:
    elder, shop = Elder(), Shop()
    await town.grant(elder)
    await town.admit(shop)
    await town.publish()
    await town.allocate(MONTHLY_FEN)
    await town.issue()
    card = await town.card(elder)
    assert (await town.redeem(shop, card, 400)).status_code == 201
    work = town.desk.work("vouchers")
    tables = await work.rows(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'vouchers' "
        "AND tablename NOT IN ('migrations', 'audit_seals', 'outbox_heads', 'open_sets') "
        r"AND tablename NOT LIKE 'postings\_%'"  # its parts, read through the whole
    )
    for table in tables:
        name = table["tablename"]
        if name == "idempotency":
            kept = await work.rows("SELECT convert_from(body, 'UTF8') AS row FROM idempotency")
        else:
            kept = await work.rows(f"SELECT CAST(t.* AS text) AS row FROM {name} t")
        assert not [row for row in kept if card in str(row["row"])], name
    await work.abandon()


async def test_a_run_issues_once_however_often_it_is_made(town: Town) -> None:
    elder, late = Elder(), Elder()
    await town.grant(elder)
    await town.allocate(5 * MONTHLY_FEN)
    assert (await town.issue())["people"] == 1
    assert (await town.issue())["people"] == 0
    await town.grant(late)
    assert (await town.issue())["people"] == 1
    assert (await town.money())["total"]["issued_fen"] == 2 * MONTHLY_FEN


async def test_no_month_is_issued_before_the_award_starts_or_before_it_has_begun(
    town: Town,
) -> None:
    elder = Elder()
    await town.grant(elder, starts_on=date(2010, 2, 14))
    await town.allocate(5 * MONTHLY_FEN)
    assert (await town.issue(JANUARY))["people"] == 0
    early = await town.post(
        town.civil(), "issue-runs", programme="chaoyang-2010/voucher", month_on="2010-02-01"
    )
    assert (early.status_code, early.json()["code"]) == (422, "month_in_future")
    town.desk.clock.set(date(2010, 2, 1))
    assert (await town.issue(FEBRUARY))["people"] == 1


async def test_whoever_made_a_run_may_not_approve_it(town: Town) -> None:
    await town.grant(Elder())
    await town.allocate(MONTHLY_FEN)
    made = await town.post(
        town.civil("zhao"), "issue-runs", programme="chaoyang-2010/voucher", month_on="2010-01-01"
    )
    shown = made.json()
    assert (shown["people"], shown["total_fen"], shown["shortage_fen"]) == (1, MONTHLY_FEN, 0)
    assert shown["by_fund"] == {"lottery": MONTHLY_FEN}
    path = f"issue-runs/{shown['run_id']}/approval"
    own = await town.post(town.civil("zhao"), path)
    assert (own.status_code, own.json()["code"]) == (403, "same_person")
    assert (await town.money())["total"]["issued_fen"] == 0
    once = {"id": str(new_id())}
    first = await town.civil("wang").post(f"/vouchers/v1/{path}", json=once)
    again = await town.civil("wang").post(f"/vouchers/v1/{path}", json=once)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    third = await town.post(town.civil("sun"), path)
    assert (third.status_code, third.json()["code"]) == (409, "already_approved")
    run = await town.finance().get(f"/vouchers/v1/issue-runs/{shown['run_id']}")
    assert run.json()["approved_by"] == "wang"
    listed = await town.finance().get("/vouchers/v1/issue-runs")
    assert [line["run_id"] for line in listed.json()["items"]] == [shown["run_id"]]


async def test_nothing_is_issued_beyond_what_was_allocated(town: Town) -> None:
    await town.grant(Elder(), Elder())
    await town.allocate(2 * MONTHLY_FEN - 1)
    made = await town.post(
        town.civil(), "issue-runs", programme="chaoyang-2010/voucher", month_on="2010-01-01"
    )
    assert made.json()["shortage_fen"] == MONTHLY_FEN
    path = f"issue-runs/{made.json()['run_id']}/approval"
    refused = await town.post(town.civil("wang"), path)
    assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_allocation")
    await town.allocate(1, "district_finance")
    still = await town.post(town.civil("wang"), path)
    assert still.json()["code"] == "insufficient_allocation"  # a voucher is charged whole
    await town.allocate(MONTHLY_FEN, "district_finance")
    done = await town.post(town.civil("wang"), path)
    assert done.json()["by_fund"] == {"lottery": MONTHLY_FEN, "district_finance": MONTHLY_FEN}
    assert await town.failures() == ["letters_sent"]
