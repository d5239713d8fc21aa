"""Stories of the catalogue: civil affairs approves items, anybody reads them."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts.ids import new_id
from tests.desk import OfficeDesk

pytestmark = pytest.mark.anyio


def item(**changes: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "item_code": "chat-reading",
        "category": "spiritual_comfort",
        "name": "陪聊读报",
        "price_mode": "low_price",
        "price_fen": 500,
        "voucher_allowed": True,
        **changes,
    }


async def publish(desk: OfficeDesk, item: dict[str, Any], body: str = "民政") -> Any:
    async with desk.as_("district_officer", area="230103", body=body) as client:
        return await client.post("/scheduling/v1/items", json=item)


async def test_a_published_item_is_public_and_told_in_a_letter(desk: OfficeDesk) -> None:
    assert (await publish(desk, item())).status_code == 201
    assert (await publish(desk, item(item_code="meal", category="meals"))).status_code == 201
    async with desk.nobody() as client:
        first = (await client.get("/scheduling/v1/items", params={"limit": 1})).json()
        rest = (await client.get("/scheduling/v1/items", params={"cursor": first["next"]})).json()
        meals = (await client.get("/scheduling/v1/items", params={"category": "meals"})).json()
    assert [one["name"] for one in first["items"]] == ["陪聊读报"]
    assert [one["item_code"] for one in rest["items"]] == ["meal"]
    assert meals["items"] == rest["items"]
    work = desk.work("scheduling")
    told = await work.value("SELECT count(*) FROM outbox WHERE type LIKE 'scheduling.item.%'")
    await work.abandon()
    assert told == 2


async def test_an_item_is_refused_for_its_price_bureau_or_taken_code(
    desk: OfficeDesk,
) -> None:
    stranger = await publish(desk, item(), body="残联")
    assert (stranger.status_code, stranger.json()["code"]) == (403, "civil_affairs_only")
    await publish(desk, item())
    again = await publish(desk, item())
    assert (again.status_code, again.json()["code"]) == (409, "item_code_taken")
    for changes in ({"price_mode": "free"}, {"price_fen": 0}):
        answer = await publish(desk, item(**changes))
        assert (answer.status_code, answer.json()["code"]) == (422, "price_contradicts_mode")
