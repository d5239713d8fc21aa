"""The books: settlement by two, scope in the database, and tampering that verification finds."""

from __future__ import annotations

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from services.vouchers.ledger.domain import Line, UnbalancedError, balanced
from services.vouchers.settlement.checks import money_checks
from shared.caller import Caller
from shared.contracts.ids import new_id
from shared.work import Work
from tests.vouchers.town import (
    MONTHLY_FEN,
    OTHER_COMMUNITY,
    OTHER_STREET,
    STREET,
    Elder,
    Shop,
    Town,
    code,
)

pytestmark = pytest.mark.anyio
SCOPED = (
    "holders",
    "awards",
    "cards",
    "allocations",
    "issue_runs",
    "ledger_accounts",
    "postings",
    "redemptions",
    "refusals",
    "settlements",
    "payment_orders",
)


async def spent_month(town: Town, *amounts: int) -> tuple[Elder, Shop]:
    elder, shop = Elder(), Shop()
    await town.grant(elder)
    await town.admit(shop)
    await town.publish()
    await town.allocate(MONTHLY_FEN)
    await town.issue()
    card = await town.card(elder)
    for amount in amounts:
        assert (await town.redeem(shop, card, amount)).status_code == 201
    return elder, shop


async def test_a_settlement_equals_its_redemptions_and_needs_two_bodies(town: Town) -> None:
    _, shop = await spent_month(town, 1000, 250)
    made = await town.post(town.finance("qian"), "settlements", month_on="2010-01-01")
    (statement,) = made.json()["statements"]
    assert (statement["redemptions"], statement["amount_fen"]) == (2, 1250)
    nothing = await town.post(town.finance("qian"), "settlements", month_on="2010-01-01")
    assert nothing.json()["statements"] == []
    path = f"settlements/{statement['settlement_id']}/approvals"
    first = await town.post(town.finance("qian"), path)
    assert first.json()["state"] == "first"
    assert code(await town.post(town.finance("qian"), path)) == (403, "same_person")
    assert code(await town.post(town.finance("zhou"), path)) == (403, "same_body")
    assert (await town.money())["by_provider"][0]["settled_fen"] == 0
    await town.confirm(statement)
    second = await town.post(town.civil("zhao"), path)
    assert second.json()["payment_order_id"]
    assert code(await town.post(town.civil("zhao"), path)) == (409, "already_approved")
    assert (await town.money())["by_provider"] == [
        {
            "provider_id": str(shop.provider_id),
            "redeemed_fen": 1250,
            "settled_fen": 1250,
            "payable_fen": 0,
        }
    ]
    (approved,) = await town.told("settlement.approved")
    assert approved["facts"]["payment_order_id"] == second.json()["payment_order_id"]
    assert len(await town.told("redemption.settled")) == 2
    (line,) = (await town.finance().get("/vouchers/v1/settlements")).json()["items"]
    assert (line["first_by"], line["second_by"]) == ("qian", "zhao")


async def test_one_bad_line_in_a_list_of_approvals_stops_no_other(town: Town) -> None:
    await spent_month(town, 700)
    made = await town.post(town.finance(), "settlements", month_on="2010-01-01")
    good = made.json()["statements"][0]["settlement_id"]
    done = await town.post(
        town.civil(), "settlements/approvals", settlement_ids=[str(new_id()), good]
    )
    assert [line["state"] for line in done.json()["results"]] == ["", "first"]


async def test_another_street_s_officer_sees_no_account_and_opens_no_card(town: Town) -> None:
    here, there = Elder(), Elder(area_code=OTHER_COMMUNITY)
    await town.grant(here, there)
    await town.allocate(2 * MONTHLY_FEN)
    await town.issue()
    mine = await town.street(STREET).get("/vouchers/v1/accounts")
    assert [line["person_id"] for line in mine.json()["items"]] == [str(here.person_id)]
    assert mine.json()["items"][0]["balance_fen"] == MONTHLY_FEN
    both = await town.finance().get("/vouchers/v1/accounts?within=110105")
    assert len(both.json()["items"]) == 2
    other = town.street(OTHER_STREET)
    missing = await other.get(f"/vouchers/v1/accounts/{here.person_id}")
    assert code(missing) == (404, "no_such_holder")
    refused = await town.post(other, "cards", person_id=str(here.person_id))
    assert code(refused) == (404, "no_such_holder")


async def test_cards_in_a_list_are_decided_line_by_line(town: Town) -> None:
    here, there = Elder(), Elder(area_code=OTHER_COMMUNITY)
    await town.grant(here, there)
    people = [str(here.person_id), str(there.person_id), "x", str(here.person_id)]
    done = await town.post(town.street(STREET), "cards/batch", person_ids=people)
    assert [(line["id"], line["code"]) for line in done.json()["results"]] == [
        (people[0], ""),
        (people[1], "no_such_holder"),
        (None, "invalid_fields"),
        (people[3], "repeated"),
    ]
    again = await town.post(town.street(STREET), "cards/batch", person_ids=people[:1])
    assert again.json()["results"][0]["code"] == "card_exists"
    card_id = done.json()["results"][0]["card_id"]
    shown = await town.street(STREET).post(
        "/vouchers/v1/cards/disclosures", json={"card_ids": [card_id]}
    )
    assert len(shown.json()["cards"][0]["card_no"]) == 19
    hidden = await town.street(OTHER_STREET).post(f"/vouchers/v1/cards/{card_id}/disclosures")
    assert hidden.status_code == 404
    work = town.desk.work("vouchers")
    acts = await work.rows("SELECT act, count FROM audit WHERE act = 'cards.disclosed'")
    assert [row["count"] for row in acts] == [1]
    await work.abandon()


async def test_the_database_itself_shows_a_scope_nothing_beyond_it(town: Town) -> None:
    _, shop = await spent_month(town, 1000)
    runtime = town.desk.office.runtimes["vouchers"]
    strangers = (
        Caller("li", "street_officer", OTHER_STREET),
        Caller("till", "provider", "*", str(new_id())),
    )
    for caller in strangers:
        work = Work(runtime.database.app, caller, runtime.clock)
        seen = {table: await work.value(f"SELECT count(*) FROM {table}") for table in SCOPED}
        assert seen == dict.fromkeys(SCOPED, 0), caller.role
        await work.abandon()
    own = Caller("till", "provider", "*", str(shop.provider_id))
    work = Work(runtime.database.app, own, runtime.clock)
    seen = {table: await work.value(f"SELECT count(*) FROM {table}") for table in SCOPED}
    assert {table for table, rows in seen.items() if rows} == {
        "redemptions",
        "postings",
        "ledger_accounts",
    }
    await work.abandon()


async def test_the_service_may_neither_change_nor_remove_a_posting(town: Town) -> None:
    await spent_month(town, 1000)
    for act in ("UPDATE postings SET amount_fen = 1", "DELETE FROM postings", "TRUNCATE postings"):
        work = town.desk.work("vouchers")
        with pytest.raises(DBAPIError, match="permission denied"):
            await work.run(act)
        await work.abandon()


async def test_the_database_refuses_a_posting_set_that_does_not_sum_to_zero(town: Town) -> None:
    await spent_month(town, 1000)
    work = town.desk.work("vouchers")
    await work.run(
        "INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, "
        "street_code, occurred_on, cause) SELECT set_id, act, account_id, account_kind, 1, fund, "
        "street_code, occurred_on, cause FROM postings LIMIT 1"
    )
    with pytest.raises(DBAPIError, match="sum to zero"):
        await work.commit()
    await work.abandon()


def test_the_domain_refuses_a_posting_set_that_does_not_sum_to_zero() -> None:
    line = Line(new_id(), "fund", -1, "lottery", STREET)
    with pytest.raises(UnbalancedError):
        balanced([line])
    with pytest.raises(UnbalancedError):
        balanced([])


TAMPERINGS = {
    "UPDATE ledger_accounts SET balance_fen = balance_fen + 1 WHERE kind = 'holder'": (
        "balances_are_recomputed"
    ),
    "UPDATE postings SET amount_fen = amount_fen + 1 WHERE act = 'redeem' AND amount_fen > 0": (
        "posting_sets_sum_to_zero"
    ),
    "UPDATE postings SET street_code = '110105099' WHERE act = 'redeem'": "conserved_by_street",
    "UPDATE postings SET month_on = '2010-05-01' WHERE act = 'redeem'": "conserved_by_month",
    "UPDATE postings SET fund = 'disability' WHERE act = 'redeem'": "conserved_by_fund",
    "DELETE FROM postings WHERE act = 'allocate'": "allocations_are_signed",
    "DELETE FROM postings WHERE act = 'issue'": "runs_issued_what_they_say",
    "UPDATE issue_runs SET issued = '{}'": "runs_issued_what_they_say",
    "UPDATE redemptions SET amount_fen = amount_fen + 1": "redemptions_are_booked",
    "UPDATE settlements SET amount_fen = amount_fen + 1": "settlements_are_booked",
    "UPDATE redemptions SET settlement_id = NULL": "statements_are_their_lines",
    "DELETE FROM payment_orders": "settlements_are_booked",
    "DELETE FROM postings WHERE act = 'settle'": "settlements_are_booked",
}


async def test_verification_finds_a_tampered_balance(town: Town, database: str) -> None:
    await spent_month(town, 1000)
    await town.desk.settle()
    assert await town.failures() == []
    intruder = await asyncpg.connect(database)
    await intruder.execute(
        "UPDATE vouchers.ledger_accounts SET balance_fen = balance_fen + 1 WHERE kind = 'holder'"
    )
    await intruder.close()
    assert "balances_are_recomputed" in await town.failures()


async def test_the_checks_name_whatever_was_tampered_with(town: Town, database: str) -> None:
    await spent_month(town, 1000)
    await town.settlements()
    engine = create_async_engine(
        database.replace("postgresql://", "postgresql+asyncpg://", 1),
        connect_args={"server_settings": {"search_path": "vouchers"}},
    )
    for tampering, found in TAMPERINGS.items():
        work = Work(engine, Caller("intruder", "operator"), town.desk.clock)
        assert all(check.ok for check in await money_checks(work))
        await work.run(tampering)
        failed = {check.name for check in await money_checks(work) if not check.ok}
        assert found in failed, tampering
        await work.abandon()
    await engine.dispose()


async def test_a_cursor_of_another_list_is_refused_by_every_list(town: Town) -> None:
    foreign = "WyJ4Il0"
    for path in ("accounts", "allocations", "issue-runs", "redemptions", "settlements"):
        answer = await town.finance().get(f"/vouchers/v1/{path}?cursor={foreign}")
        assert code(answer) == (422, "bad_cursor"), path
