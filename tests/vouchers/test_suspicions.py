"""What looks odd at tills is never refused; it goes to a person, who clears or confirms it."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx
import pytest

from shared.contracts.ids import new_id
from tests.vouchers.town import MONTHLY_FEN, OTHER_COMMUNITY, Elder, Shop, Town

pytestmark = pytest.mark.anyio
CROWD = 11
"""One more than the policy's usual number of holders in a minute."""


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def holders(town: Town, shop: Shop, *elders: Elder) -> list[str]:
    await town.grant(*elders)
    await town.admit(shop)
    await town.publish()
    await town.allocate(len(elders) * MONTHLY_FEN)
    await town.issue()
    return [await town.card(elder) for elder in elders]


def lines(shop: Shop, cards: list[str], amount_fen: int, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": str(new_id()), "card_no": card, "outlet_id": str(shop.outlet_id),
            "item_code": "wash", "amount_fen": amount_fen, **more,
        }
        for card in cards
    ]  # fmt: skip


async def search(town: Town) -> int:
    answer = await town.post(town.finance(), "suspicions/searches")
    assert answer.status_code == 201, answer.text
    found: int = answer.json()["found"]
    return found


async def listed(who: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    answer = await who.get("/vouchers/v1/suspicions", params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_many_redemptions_of_a_holder_in_a_day_are_booked_and_reviewed(
    town: Town, shop: Shop
) -> None:
    (card,) = await holders(town, shop, Elder())
    for _ in range(5):
        assert (await town.redeem(shop, card, 100)).status_code == 201
    assert await search(town) == 0
    assert (await town.redeem(shop, card, 100)).status_code == 201
    assert await search(town) == 1
    assert await search(town) == 0
    (one,) = await listed(town.finance())
    assert (one["pattern"], one["redemptions"], one["amount_fen"]) == ("busy_holder", 6, 600)
    assert (len(one["evidence"]), one["state"]) == (6, "open")
    assert one["zh"]
    assert one["en"]


async def test_many_holders_at_one_outlet_within_a_minute_are_a_crowd_and_a_batch_is_none(
    town: Town, shop: Shop
) -> None:
    cards = await holders(town, shop, *[Elder() for _ in range(CROWD)])
    sent = await town.post(town.till(shop), "redemptions/batch", lines=lines(shop, cards, 100))
    assert sent.json()["accepted"] == CROWD
    assert await search(town) == 0
    work = town.desk.work("vouchers")
    for card in cards:
        assert (await town.redeem(shop, card, 100)).status_code == 201
    minutes = await work.value(
        "SELECT count(DISTINCT date_trunc('minute', booked_at)) FROM redemptions"
        " WHERE channel = 'till'"
    )
    await work.abandon()
    if minutes > 1:
        pytest.skip("the minute turned while the crowd was paying")
    assert await search(town) == 1
    (one,) = await listed(town.finance())
    assert (one["pattern"], one["holders"]) == ("crowd_at_outlet", CROWD)


async def test_a_purchase_after_a_death_that_was_told_later_is_reviewed(
    town: Town, shop: Shop
) -> None:
    elder = Elder()
    (card,) = await holders(town, shop, elder)
    town.desk.clock.set(date(2010, 1, 20))
    assert (await town.redeem(shop, card, 100)).status_code == 201
    await town.die(elder, date(2010, 1, 10))
    assert await search(town) == 1
    (one,) = await listed(town.finance())
    assert (one["pattern"], one["person_id"]) == ("after_death", str(elder.person_id))


async def test_a_purchase_on_the_day_of_death_is_not(town: Town, shop: Shop) -> None:
    elder = Elder()
    (card,) = await holders(town, shop, elder)
    assert (await town.redeem(shop, card, 100)).status_code == 201
    await town.die(elder, date(2010, 1, 4))
    assert await search(town) == 0


async def test_a_burst_at_one_outlet_just_before_expiry_is_reviewed(town: Town, shop: Shop) -> None:
    cards = await holders(town, shop, *[Elder() for _ in range(21)])
    town.desk.clock.set(date(2011, 1, 27))
    early = await town.post(town.till(shop), "redemptions/batch", lines=lines(shop, cards, 100))
    assert early.json()["accepted"] == 21
    assert await search(town) == 0
    town.desk.clock.set(date(2011, 1, 28))
    burst = await town.post(town.till(shop), "redemptions/batch", lines=lines(shop, cards, 100))
    assert burst.json()["accepted"] == 21
    assert await search(town) == 1
    (one,) = await listed(town.finance())
    assert (one["pattern"], one["holders"], one["seen_on"]) == ("before_expiry", 21, "2011-01-28")


async def test_a_person_decides_once_with_a_reason_in_his_own_district(
    town: Town, shop: Shop
) -> None:
    elder = Elder(area_code=OTHER_COMMUNITY)
    (card,) = await holders(town, shop, elder)
    town.desk.clock.set(date(2010, 1, 20))
    await town.redeem(shop, card, 100)
    await town.die(elder, date(2010, 1, 10))
    await search(town)
    (one,) = await listed(town.finance(), state="open")
    path = f"suspicions/{one['suspicion_id']}/decisions"
    stranger = town.desk.as_("district_officer", sub="zhao", area="230103")
    assert await listed(stranger) == []
    order = {"finding": "confirmed", "reason": "子女持卡使用，已通知追回"}
    assert (await town.post(stranger, path, **order)).json()["code"] == "no_such_suspicion"
    assert (await town.post(town.civil(), path, finding="confirmed")).status_code == 422
    assert (await town.post(town.civil(), path, **order)).status_code == 201
    again = await town.post(town.finance(), path, finding="cleared", reason="另有说明")
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")
    assert await search(town) == 0
    (done,) = await listed(town.finance(), state="confirmed")
    assert (done["reason"], bool(done["decided_by"])) == (order["reason"], True)
    assert (await town.till(shop).get("/vouchers/v1/suspicions")).status_code == 403
