"""Areas and activation: the tree is public, and only the district says that a street is mature."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from shared.contracts.ids import new_id
from shared.contracts.programmes import HOME_CARE
from tests.desk import OfficeDesk
from tests.intake.rosters import enter

pytestmark = pytest.mark.anyio
STREET, NEIGHBOUR = "230103001", "230103002"


async def step(client: httpx.AsyncClient, name: str, **more: Any) -> tuple[int, str]:
    body = {"id": str(new_id()), "programme": HOME_CARE, "street_code": STREET, "step": name}
    answer = await client.post("/intake/v1/activations", json={**body, **more})
    said = answer.json()
    return answer.status_code, said.get("state") or said["code"]


async def test_a_street_is_activated_step_by_step_by_two_levels(desk: OfficeDesk) -> None:
    await enter(desk, STREET, NEIGHBOUR)
    async with (
        desk.as_("street_officer", sub="li", area=STREET) as street,
        desk.as_("district_officer", sub="zhao", area="230103") as district,
        desk.as_("district_officer", sub="qian", area="110105") as far,
    ):
        assert await step(street, "activate") == (403, "district_decides")
        assert await step(district, "activate") == (409, "step_not_possible")
        assert await step(street, "report_plan") == (201, "reported")
        assert await step(far, "mark_mature") == (403, "outside_area")
        assert await step(street, "report_plan", street_code=NEIGHBOUR) == (403, "outside_area")
        assert await step(district, "return_plan") == (201, "returned")
        assert await step(street, "report_plan") == (201, "reported")
        assert await step(district, "mark_mature") == (201, "mature")
        assert await step(district, "activate") == (201, "activated")
        assert await step(district, "pause") == (201, "paused")
        assert await step(district, "activate") == (201, "activated")
        unknown = await step(district, "report_plan", programme="nangang-2008/gold")
        assert unknown == (422, "unknown_programme")
        nowhere = await step(district, "report_plan", street_code="230103999")
        assert nowhere == (422, "unknown_area")
        assert [one["state"] for one in (await street.get("/intake/v1/activations")).json()] == [
            "activated"
        ]
        assert (await far.get("/intake/v1/activations")).json() == []
    work = desk.work("intake")
    sent = await work.rows("SELECT type FROM outbox ORDER BY position")
    await work.abandon()
    assert [row["type"].split(".")[2] for row in sent] == ["activated", "paused", "activated"]


async def test_the_tree_is_entered_by_its_owner_and_read_by_anybody_page_by_page(
    desk: OfficeDesk,
) -> None:
    area = {"code": STREET, "name": "花园街道", "level": "street"}
    async with (
        desk.as_("district_officer", sub="zhao", area="230103") as district,
        desk.nobody() as nobody,
    ):

        async def put(*areas: dict[str, str]) -> tuple[int, str]:
            answer = await district.post(
                "/intake/v1/areas", json={"id": str(new_id()), "areas": areas}
            )
            return answer.status_code, answer.json().get("code", "")

        assert await put(area, {**area, "code": "110105001"}) == (403, "outside_area")
        assert await put(area, area) == (422, "invalid_fields")
        assert await put() == (422, "invalid_fields")
        assert await put({**area, "code": "2301030"}) == (422, "invalid_fields")
        communities = [
            {"code": f"{STREET}{order:03d}", "name": f"第{order}社区", "level": "community"}
            for order in range(1, 6)
        ]
        assert await put(area, *communities) == (201, "")
        assert await put({**area, "name": "花园街道办"}) == (201, "")
        assert (await nobody.post("/intake/v1/areas", json={})).status_code == 401
        first = (await nobody.get(f"/intake/v1/areas?within={STREET}&limit=4")).json()
        rest = (
            await nobody.get(f"/intake/v1/areas?within={STREET}&limit=4&cursor={first['next']}")
        ).json()
    assert first["items"][0]["name"] == "花园街道办"
    assert [one["code"] for one in first["items"] + rest["items"]] == [
        STREET,
        *(one["code"] for one in communities),
    ]
    assert rest["next"] is None
