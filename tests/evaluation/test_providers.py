"""Stories of providers: papers, two people, suspension, exit, outlets and the public catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from tests.desk import OfficeDesk
from tests.evaluation.letters import DISTRICT, OTHER_STREET, STREET

pytestmark = pytest.mark.anyio
PROVIDERS = "/evaluation/v1/providers"
PAPERS = ["rules", "standards", "flow", "duties"]


def company(**other: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "name": "朝阳家政服务有限公司",
        "area_code": STREET,
        "source": "household_company",
        "selection_mode": "tender",
        "credential_no": "110105012345678",
        "documents": PAPERS,
        **other,
    }


def act(**more: str) -> dict[str, str]:
    return {"id": str(uuid4()), **more}


async def enter(desk: OfficeDesk, sub: str = "li", **other: Any) -> str:
    """A provider on file, entered by somebody of the street."""
    new = company(**other)
    async with desk.as_("street_officer", sub=sub, area=STREET) as client:
        response = await client.post(PROVIDERS, json=new)
    assert response.status_code == 201, response.text
    return str(new["id"])


async def do(
    desk: OfficeDesk, provider: str, what: str, body: Mapping[str, Any], sub: str = "wang"
) -> httpx.Response:
    """An act of the district."""
    async with desk.as_("district_officer", sub=sub, area=DISTRICT) as client:
        return await client.post(f"{PROVIDERS}/{provider}/{what}", json=body)


async def admitted(desk: OfficeDesk, **other: Any) -> str:
    provider = await enter(desk, **other)
    response = await do(desk, provider, "admissions", act())
    assert response.status_code == 201, response.text
    return provider


async def letters_of(desk: OfficeDesk, provider: str) -> list[str]:
    """What evaluation told the others of a provider, in order."""
    work = desk.work("evaluation")
    rows = await work.rows(
        "SELECT type FROM outbox WHERE aggregate_id = :id ORDER BY seq", id=UUID(provider)
    )
    await work.abandon()
    return [row["type"].removeprefix("evaluation.provider.").removesuffix(".v1") for row in rows]


async def test_a_provider_without_its_service_flow_is_refused_naming_the_paper(
    desk: OfficeDesk,
) -> None:
    provider = await enter(desk, documents=["rules", "standards", "duties"])
    refused = await do(desk, provider, "admissions", act())
    assert refused.status_code == 409
    assert refused.json()["code"] == "provider_incomplete"
    assert "服务流程" in refused.json()["zh"]
    assert [flaw["field"] for flaw in refused.json()["errors"]] == ["documents.flow"]
    assert await letters_of(desk, provider) == []


async def test_a_company_without_business_registration_is_refused_naming_it(
    desk: OfficeDesk,
) -> None:
    provider = await enter(desk, credential_no=None)
    refused = await do(desk, provider, "admissions", act())
    assert refused.status_code == 409
    assert "工商营业执照注册号" in refused.json()["zh"]


async def test_volunteers_need_no_credential(desk: OfficeDesk) -> None:
    await admitted(desk, source="volunteers", credential_no=None)


async def test_missing_papers_can_be_added_and_then_the_provider_is_admitted(
    desk: OfficeDesk,
) -> None:
    provider = await enter(desk, documents=["rules"], credential_no=None)
    more = {"id": str(uuid4()), "documents": PAPERS, "credential_no": "110105012345678"}
    async with desk.as_("street_officer", sub="li", area=STREET) as client:
        completed = await client.post(f"{PROVIDERS}/{provider}/documents", json=more)
        assert completed.json()["documents"] == PAPERS
    assert (await do(desk, provider, "admissions", act())).json()["state"] == "admitted"
    assert await letters_of(desk, provider) == ["admitted"]


async def test_who_entered_a_provider_may_not_admit_it(desk: OfficeDesk) -> None:
    provider = await enter(desk, sub="li")
    refused = await do(desk, provider, "admissions", act(), sub="li")
    assert refused.status_code == 403
    assert refused.json()["code"] == "same_person"


async def test_who_added_papers_may_not_admit_either(desk: OfficeDesk) -> None:
    provider = await enter(desk, documents=["rules"])
    await do(desk, provider, "documents", {"id": str(uuid4()), "documents": PAPERS}, sub="wang")
    assert (await do(desk, provider, "admissions", act(), sub="wang")).status_code == 403
    assert (await do(desk, provider, "admissions", act(), sub="zhao")).status_code == 201


async def test_the_database_too_wants_two_people(desk: OfficeDesk) -> None:
    provider = await enter(desk, sub="li")
    work = desk.work("evaluation")
    with pytest.raises(Exception, match="admitted_by_another"):
        await work.run(
            "UPDATE providers SET state = 'admitted', admitted_by = 'li' WHERE id = :id",
            id=UUID(provider),
        )
    await work.abandon()


async def test_a_provider_is_suspended_reinstated_and_leaves(desk: OfficeDesk) -> None:
    provider = await admitted(desk)
    for what, body in (
        ("suspensions", act(reason="quality")),
        ("reinstatements", act()),
        ("exits", act(reason="own_wish")),
    ):
        response = await do(desk, provider, what, body)
        assert response.status_code == 201, response.text
    assert await letters_of(desk, provider) == ["admitted", "suspended", "reinstated", "exited"]
    again = await do(desk, provider, "reinstatements", act())
    assert again.status_code == 409
    assert "已退出" in again.json()["zh"]


async def test_the_same_admission_sent_twice_is_one(desk: OfficeDesk) -> None:
    provider = await enter(desk)
    body = act()
    first = await do(desk, provider, "admissions", body)
    second = await do(desk, provider, "admissions", body)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert await letters_of(desk, provider) == ["admitted"]


async def test_an_id_that_somebody_else_used_is_a_clear_conflict(desk: OfficeDesk) -> None:
    provider = await enter(desk, sub="li")
    async with desk.as_("street_officer", sub="sun", area=OTHER_STREET) as client:
        taken = await client.post(
            PROVIDERS, json=company(id=provider, area_code=OTHER_STREET, name="另一家公司")
        )
    assert (taken.status_code, taken.json()["code"]) == (409, "id_taken")


async def test_a_street_enters_providers_in_its_own_area_alone(desk: OfficeDesk) -> None:
    async with desk.as_("street_officer", sub="li", area=STREET) as client:
        refused = await client.post(PROVIDERS, json=company(area_code=OTHER_STREET))
        assert (refused.status_code, refused.json()["code"]) == (403, "outside_area")


async def test_another_street_and_another_agency_see_no_such_provider(desk: OfficeDesk) -> None:
    provider = await admitted(desk)
    stranger = str(uuid4())
    async with desk.as_("street_officer", area=OTHER_STREET) as client:
        assert (await client.get(f"{PROVIDERS}/{provider}")).status_code == 404
    async with desk.as_("provider", agency=stranger) as client:
        assert (await client.get(f"{PROVIDERS}/{provider}")).status_code == 404
        assert (await client.get(PROVIDERS)).json()["items"] == []
    async with desk.as_("provider", agency=provider) as client:
        assert (await client.get(f"{PROVIDERS}/{provider}")).json()["state"] == "admitted"


async def test_the_credential_is_shown_masked_and_lies_sealed(desk: OfficeDesk) -> None:
    provider = await enter(desk)
    async with desk.as_("district_officer", area=DISTRICT) as client:
        shown = (await client.get(f"{PROVIDERS}/{provider}")).json()
    assert shown["credential"] == "****5678"
    work = desk.work("evaluation")
    kept = await work.value("SELECT CAST(p.* AS text) FROM providers p")
    await work.abandon()
    assert "110105012345678" not in kept


async def test_everybody_can_read_the_admitted_providers_and_what_they_offer(
    desk: OfficeDesk,
) -> None:
    provider = await admitted(desk)
    await enter(desk, name="尚未准入的公司")
    outlet = {
        "id": str(uuid4()),
        "provider_id": provider,
        "area_code": STREET,
        "categories": ["meals", "household"],
    }
    async with desk.as_("street_officer", sub="li", area=STREET) as client:
        opened = await client.post("/evaluation/v1/outlets", json=outlet)
        assert opened.status_code == 201, opened.text
    async with desk.nobody() as client:
        page = (await client.get(f"{PROVIDERS}/public")).json()
        assert (await client.get(PROVIDERS)).status_code == 401
    assert page["items"] == [
        {
            "provider_id": provider,
            "name": "朝阳家政服务有限公司",
            "area_code": STREET,
            "categories": ["household", "meals"],
        }
    ]


async def test_the_list_pages_by_cursor_without_losing_anybody(desk: OfficeDesk) -> None:
    entered = {await enter(desk) for _ in range(3)}
    async with desk.as_("street_officer", area=STREET) as client:
        first = (await client.get(PROVIDERS, params={"limit": 2})).json()
        rest = (await client.get(PROVIDERS, params={"limit": 2, "cursor": first["next"]})).json()
    assert {line["provider_id"] for line in first["items"] + rest["items"]} == entered
    assert rest["next"] is None


async def test_a_malformed_application_is_refused_with_its_field(desk: OfficeDesk) -> None:
    wrong = {"source": "friends", "area_code": "11", "documents": ["x"], "name": "", "more": 1}
    async with desk.as_("street_officer", area=STREET) as client:
        for field, value in wrong.items():
            refused = await client.post(PROVIDERS, json=company(**{field: value}))
            assert refused.status_code == 422
            assert field in refused.json()["errors"][0]["field"]
