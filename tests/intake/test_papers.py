"""Papers that the street asks for go back to intake, and handing them in brings the case back."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from shared.contracts.ids import new_id
from shared.contracts.programmes import VOUCHER
from tests.desk import OfficeDesk
from tests.intake.rosters import COMMUNITY, NEXT_STREET, STREET, enter, number, register

pytestmark = pytest.mark.anyio
APPLICATIONS = "/intake/v1/applications"


async def applied(li: httpx.AsyncClient) -> tuple[str, str]:
    """A person whose hukou nobody knows yet, and his application."""
    person_id = (await register(li, id_number=number(1, "19250303")))["person_id"]
    application_id = str(new_id())
    said = {"id": application_id, "person_id": person_id, "programme": VOUCHER}
    answer = await li.post(APPLICATIONS, json={**said, "channel": "street_office"})
    assert answer.status_code == 201, answer.text
    return person_id, application_id


async def case(desk: OfficeDesk, li: httpx.AsyncClient) -> dict[str, Any]:
    await desk.settle()
    (one,) = (await li.get("/eligibility/v1/cases")).json()["items"]
    return one


async def ask(desk: OfficeDesk, li: httpx.AsyncClient, *documents: str) -> None:
    """The street asks for papers, or for what the determination left unknown."""
    case_id = (await case(desk, li))["case_id"]
    line = {"case_id": case_id, "decision": "needs_evidence", "documents": list(documents)}
    answer = await li.post(
        "/eligibility/v1/reviews", json={"id": str(new_id()), "decisions": [line]}
    )
    assert answer.json()["accepted"] == 1, answer.text
    await desk.settle()


async def bring(client: httpx.AsyncClient, application_id: str, *documents: str) -> httpx.Response:
    said = {"id": str(new_id()), "documents": list(documents)}
    return await client.post(f"{APPLICATIONS}/{application_id}/papers", json=said)


async def test_what_is_unknown_is_asked_for_and_the_papers_bring_the_case_back(
    desk: OfficeDesk,
) -> None:
    await enter(desk, COMMUNITY)
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        person_id, application_id = await applied(li)
        assert (await case(desk, li))["outcome"] == "needs_evidence"
        await ask(desk, li)
        (asked,) = (await li.get(f"{APPLICATIONS}/{application_id}/papers")).json()
        assert (asked["document"], asked["name"]) == ("household_register", "户口簿")
        (listed,) = (await li.get("/intake/v1/asked-papers")).json()["items"]
        assert (listed["application_id"], listed["received_on"]) == (application_id, None)
        said = {"id": str(new_id()), "facts": {"hukou_area": "110105"}}
        await li.post(f"/intake/v1/persons/{person_id}/facts", json=said)
        answer = await bring(li, application_id, "household_register")
        assert (answer.status_code, answer.json()[0]["received_on"]) == (201, "2010-01-04")
        after = await case(desk, li)
        assert (after["stage"], after["outcome"]) == ("street_review", "eligible")
        assert (await li.get("/intake/v1/asked-papers")).json()["items"] == []


async def test_the_case_comes_back_with_the_last_of_several_papers(desk: OfficeDesk) -> None:
    await enter(desk, COMMUNITY)
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        _, application_id = await applied(li)
        await ask(desk, li, "household_register", "residence_proof")
        assert (await bring(li, application_id, "residence_proof")).status_code == 201
        assert (await case(desk, li))["stage"] == "needs_evidence"
        assert (await bring(li, application_id, "household_register")).status_code == 201
        assert (await case(desk, li))["stage"] == "street_review"
        # Asked for once more, the same paper is missing again.
        await ask(desk, li, "residence_proof")
        papers = (await li.get(f"{APPLICATIONS}/{application_id}/papers")).json()
        missing = [one["document"] for one in papers if one["received_on"] is None]
        assert missing == ["residence_proof"]


async def test_papers_nobody_asked_for_are_refused_and_so_are_those_of_another_street(
    desk: OfficeDesk,
) -> None:
    await enter(desk, COMMUNITY)
    async with (
        desk.as_("street_officer", sub="li", area=STREET) as li,
        desk.as_("street_officer", sub="sun", area=NEXT_STREET) as sun,
    ):
        _, application_id = await applied(li)
        answer = await bring(li, application_id, "household_register")
        assert (answer.status_code, answer.json()["code"]) == (409, "nothing_asked")
        await ask(desk, li)
        answer = await bring(li, application_id, "passport")
        assert (answer.status_code, answer.json()["code"]) == (422, "not_asked")
        assert answer.json()["errors"][0]["field"] == "body.documents.0"
        assert (await bring(sun, application_id, "household_register")).status_code == 404
        assert (await sun.get("/intake/v1/asked-papers")).json()["items"] == []
        gone = {"id": str(new_id())}
        await li.post(f"{APPLICATIONS}/{application_id}/withdrawals", json=gone)
        answer = await bring(li, application_id, "household_register")
        assert (answer.status_code, answer.json()["code"]) == (409, "withdrawn")


async def test_a_public_notice_shows_a_name_with_one_character_masked(desk: OfficeDesk) -> None:
    await enter(desk, COMMUNITY)
    async with (
        desk.as_("street_officer", sub="li", area=STREET) as li,
        desk.as_("street_officer", sub="sun", area=NEXT_STREET) as sun,
        desk.as_("partner", sub="p", area="110105", agency=str(new_id())) as partner,
    ):
        names = ("王芳", "李秀英", "欧阳秀英")
        people = [
            (await register(li, order, name=name))["person_id"] for order, name in enumerate(names)
        ]
        asked = {"people": [*people, str(new_id())]}
        shown = (await li.post("/intake/v1/notice-names", json=asked)).json()
        by_person = {one["person_id"]: one["shown"] for one in shown}
        assert [by_person[who] for who in people] == ["王*", "李*英", "欧*秀英"]
        assert len(by_person) == len(people)
        assert (await sun.post("/intake/v1/notice-names", json=asked)).json() == []
        assert (await partner.post("/intake/v1/notice-names", json=asked)).status_code == 403
