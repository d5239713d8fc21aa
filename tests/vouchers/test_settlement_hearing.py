"""Nothing is paid before the provider was heard: it agrees, or its days for objections are over."""

from __future__ import annotations

from datetime import date

import pytest

from tests.vouchers.test_settlement_statements import make, spend
from tests.vouchers.town import Shop, Town, code

pytestmark = pytest.mark.anyio


async def test_the_second_approval_waits_for_the_end_of_the_provider_s_days(
    town: Town, shop: Shop, card: str
) -> None:
    await spend(town, shop, card, 3000)
    (statement,) = await make(town)
    place = f"settlements/{statement['settlement_id']}/approvals"
    assert (await town.post(town.civil(), place)).json()["state"] == "first"
    for on in (date(2010, 1, 4), date(2010, 1, 9)):
        town.desk.clock.set(on)
        early = await town.post(town.finance(), place)
        assert code(early) == (409, "objections_still_open")
        assert "2010-01-09" in early.text
    (listed,) = (await town.finance().get("/vouchers/v1/settlements")).json()["items"]
    assert (listed["first_by"], listed["second_by"], listed["ordered_on"]) == ("zhao", None, None)
    assert (await town.money())["by_provider"][0]["settled_fen"] == 0
    town.desk.clock.set(date(2010, 1, 10))
    assert (await town.post(town.finance(), place)).json()["state"] == "approved"


async def test_a_provider_that_agrees_need_not_wait_for_its_days(
    town: Town, shop: Shop, card: str
) -> None:
    await spend(town, shop, card, 3000)
    (statement,) = await make(town)
    place = f"settlements/{statement['settlement_id']}"
    assert (await town.post(town.civil(), f"{place}/approvals")).status_code == 201
    assert code(await town.post(town.finance(), f"{place}/approvals"))[0] == 409
    assert (await town.post(town.till(shop), f"{place}/confirmation")).status_code == 201
    assert (await town.post(town.finance(), f"{place}/approvals")).json()["state"] == "approved"


async def test_in_a_list_only_statements_whose_providers_were_heard_get_the_second_approval(
    town: Town, shop: Shop, card: str
) -> None:
    slow = Shop()
    await town.admit(slow)
    for one in (shop, slow):
        await spend(town, one, card, 1000)
    made = {one["provider_id"]: one for one in await make(town)}
    ids = [made[str(one.provider_id)]["settlement_id"] for one in (shop, slow)]
    await town.confirm(made[str(shop.provider_id)])
    await town.post(town.civil(), "settlements/approvals", settlement_ids=ids)
    done = await town.post(town.finance(), "settlements/approvals", settlement_ids=ids)
    lines = done.json()["results"]
    assert [(x["state"], x["code"]) for x in lines] == [
        ("approved", ""),
        ("", "objections_still_open"),
    ]
