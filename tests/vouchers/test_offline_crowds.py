"""A till that was offline sends days of sales late, twice and shuffled: booked once, and seen."""

from __future__ import annotations

import random
from datetime import date

import pytest

from tests.vouchers.test_suspicions import holders, lines, listed, search
from tests.vouchers.town import Elder, Shop, Town

pytestmark = pytest.mark.anyio
SOLD_ON, SENT_ON = "2010-01-05", date(2010, 1, 9)
PEOPLE, EACH = 101, 5
"""501 sales and more at one outlet on one day: 500 are still usual; 5 are usual for a holder."""


async def test_a_crowd_of_a_day_is_seen_though_its_lines_come_late_twice_and_in_any_order(
    town: Town,
) -> None:
    shop, chance = Shop(), random.Random(20100105)
    cards = await holders(town, shop, *[Elder() for _ in range(PEOPLE)])
    town.desk.clock.set(SENT_ON)
    sold = lines(shop, cards * EACH, 10, occurred_on=SOLD_ON)
    first, again = sold[: len(sold) // 2], list(sold)
    for part in (first, again):
        chance.shuffle(part)
        sent = await town.post(town.till(shop), "redemptions/batch", lines=part)
        assert sent.json()["accepted"] == len(part), sent.text[:300]
    assert (await town.money())["total"]["redeemed_fen"] == len(sold) * 10
    assert await search(town) == 1
    (one,) = await listed(town.finance())
    assert (one["pattern"], one["seen_on"]) == ("busy_outlet", SOLD_ON)
    assert (one["redemptions"], one["holders"]) == (len(sold), PEOPLE)
    assert await search(town) == 0
    await town.desk.settle()
    assert await town.failures() == []
