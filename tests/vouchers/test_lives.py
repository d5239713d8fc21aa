"""Lives and money: deaths, moves, ends of awards and the expiry; each unspent fen has one end."""

from __future__ import annotations

from datetime import date

import anyio
import pytest

from tests.vouchers.town import (
    FEBRUARY,
    JANUARY,
    MARCH,
    MONTHLY_FEN,
    OTHER_COMMUNITY,
    OTHER_STREET,
    STREET,
    Elder,
    Shop,
    Town,
)

pytestmark = pytest.mark.anyio


async def ready(town: Town, *elders: Elder, months: int = 1) -> Shop:
    shop = Shop()
    await town.grant(*elders)
    await town.admit(shop)
    await town.publish()
    await town.allocate(6 * MONTHLY_FEN)
    for month in (JANUARY, FEBRUARY, MARCH)[:months]:
        town.desk.clock.set(month)
        await town.issue(month)
    return shop


async def test_a_death_revokes_the_unspent_and_stops_issue(town: Town) -> None:
    elder = Elder()
    shop = await ready(town, elder, months=2)
    card = await town.card(elder)
    await town.redeem(shop, card, 4000)
    await town.die(elder, date(2010, 2, 10))
    books = await town.money()
    assert books["total"]["revoked_fen"] == 16000
    assert books["total"]["outstanding_fen"] == 0
    assert books["total"]["conserved"]
    revoked = await town.told("vouchers.revoked")
    assert [(x["facts"]["amount_fen"], x["facts"]["reason"]) for x in revoked] == [(16000, "died")]
    assert (await town.redeem(shop, card, 1)).json()["code"] == "account_closed"
    town.desk.clock.set(MARCH)
    assert (await town.issue(MARCH))["people"] == 0
    await town.end(elder, date(2010, 2, 10), "died")
    assert len(await town.told("vouchers.revoked")) == 1
    await town.desk.settle()
    assert await town.failures() == []


async def test_a_death_that_arrives_before_the_award_leaves_nothing_to_issue(town: Town) -> None:
    elder, neighbour = Elder(), Elder()
    await town.die(elder, date(2010, 1, 2))
    await ready(town, elder, neighbour)
    assert (await town.money())["total"]["issued_fen"] == MONTHLY_FEN
    opened = await town.told("account.opened")
    assert [letter["person_id"] for letter in opened] == [neighbour.person_id]
    officer = town.street()
    refused = await town.post(officer, "cards", person_id=str(elder.person_id))
    assert (refused.status_code, refused.json()["code"]) == (409, "holder_died")


async def test_a_move_inside_the_district_changes_the_street_of_later_months_alone(
    town: Town,
) -> None:
    elder = Elder()
    await ready(town, elder)
    await town.move(elder, OTHER_COMMUNITY, date(2010, 1, 20))
    town.desk.clock.set(FEBRUARY)
    await town.issue(FEBRUARY)
    books = await town.money()
    assert {street: cut["issued_fen"] for street, cut in books["by_street"].items()} == {
        STREET: MONTHLY_FEN,
        OTHER_STREET: MONTHLY_FEN,
    }
    path = f"/vouchers/v1/accounts/{elder.person_id}"
    assert (await town.street(STREET).get(path)).status_code == 404
    seen = await town.street(OTHER_STREET).get(path)
    assert [month["street_code"] for month in seen.json()["months"]] == [STREET, OTHER_STREET]
    assert seen.json()["balance_fen"] == 2 * MONTHLY_FEN


async def test_moving_out_of_the_district_stops_the_months_after(town: Town) -> None:
    elder = Elder()
    shop = await ready(town, elder, months=2)
    card = await town.card(elder)
    await town.move(elder, "110108001001", date(2010, 1, 20))
    await town.end(elder, date(2010, 1, 20), "moved_out", area="110108001001")
    books = await town.money()
    assert books["by_month"]["2010-01-01"]["outstanding_fen"] == MONTHLY_FEN
    assert books["by_month"]["2010-02-01"]["revoked_fen"] == MONTHLY_FEN
    town.desk.clock.set(MARCH)
    assert (await town.issue(MARCH))["people"] == 0
    assert (await town.redeem(shop, card, MONTHLY_FEN)).status_code == 201


async def test_what_is_unspent_expires_after_the_next_31_january_and_not_before(
    town: Town,
) -> None:
    elder = Elder()
    shop = await ready(town, elder, months=2)
    card = await town.card(elder)
    await town.redeem(shop, card, 2500)
    town.desk.clock.set(date(2011, 1, 31))
    early = await town.post(town.desk.as_("operator"), "expiries")
    assert early.json() == {"people": 0, "amount_fen": 0, "more": False}
    town.desk.clock.set(date(2011, 2, 1))
    done = await town.post(town.finance(), "expiries")
    assert done.json() == {"people": 1, "amount_fen": 17500, "more": False}
    assert (await town.post(town.finance(), "expiries")).json()["people"] == 0
    assert [x["facts"]["amount_fen"] for x in await town.told("vouchers.expired")] == [17500]
    assert (await town.redeem(shop, card, 1)).json()["code"] == "voucher_expired"
    void = await town.post(
        town.civil(), "issue-runs", programme="chaoyang-2010/voucher", month_on="2010-03-01"
    )
    assert void.json()["code"] == "month_void"
    await town.desk.settle()
    assert await town.failures() == []


async def test_redeeming_revoking_and_expiring_at_once_leaves_each_fen_one_end(
    town: Town,
) -> None:
    elders = [Elder() for _ in range(3)]
    shop = await ready(town, *elders, months=2)
    cards = [await town.card(elder) for elder in elders]
    town.desk.clock.set(date(2011, 2, 1))
    async with anyio.create_task_group() as crowd:
        for elder, card in zip(elders, cards, strict=True):
            for _ in range(4):
                crowd.start_soon(
                    town.redeem,
                    shop,
                    card,
                    15000,
                )
            crowd.start_soon(town.die, elder, date(2011, 1, 31))
        crowd.start_soon(town.post, town.finance(), "expiries")
    books = await town.money()
    assert books["total"]["outstanding_fen"] == 0
    assert books["total"]["conserved"]
    await town.desk.settle()
    assert await town.failures() == []


async def test_an_award_s_end_that_says_withdrawn_keeps_what_was_due(town: Town) -> None:
    elder = Elder()
    await ready(town, elder)
    await town.end(elder, date(2010, 1, 25), "withdrawn")
    assert (await town.money())["total"]["outstanding_fen"] == MONTHLY_FEN
    town.desk.clock.set(FEBRUARY)
    assert (await town.issue(FEBRUARY))["people"] == 0
