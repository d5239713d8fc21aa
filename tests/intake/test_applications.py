"""Applications: who may take one, through which channel, and what a list does with a bad line."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts.ids import new_id
from shared.contracts.programmes import HOME_CARE, VOUCHER
from tests.desk import OfficeDesk
from tests.intake.rosters import COMMUNITY, NEXT_STREET, STREET, enter, register

pytestmark = pytest.mark.anyio
AGENCY = str(new_id())
PATH = "/intake/v1/applications"


def application(person_id: str, **more: Any) -> dict[str, Any]:
    made = {"id": str(new_id()), "person_id": person_id, "programme": VOUCHER}
    return {**made, "channel": "street_office", **more}


async def letters(desk: OfficeDesk) -> list[str]:
    work = desk.work("intake")
    rows = await work.rows(
        "SELECT aggregate_id FROM outbox WHERE type = 'intake.application.submitted.v1'"
    )
    await work.abandon()
    return sorted(str(row["aggregate_id"]) for row in rows)


async def test_a_partner_applies_for_a_person_whose_file_it_may_not_read(
    desk: OfficeDesk,
) -> None:
    await enter(desk, COMMUNITY)
    async with (
        desk.as_("street_officer", sub="li", area=STREET) as li,
        desk.as_("partner", sub="p1", area="110105", agency=AGENCY) as partner,
        desk.as_("partner", sub="p2", area="110105", agency=str(new_id())) as other,
        desk.as_("partner", sub="p3", area="230103", agency=AGENCY) as far,
    ):
        who = (await register(li))["person_id"]
        body = application(who, channel="partner")
        made = await partner.post(PATH, json=body)
        place = f"{PATH}/{body['id']}"
        seen = [(await one.get(place)).status_code for one in (partner, li, other, far)]
        elsewhere = await far.post(PATH, json=application(who, channel="partner"))
        ended = [
            (await one.post(f"{place}/withdrawals", json={"id": str(new_id())})).status_code
            for one in (other, partner, partner)
        ]
        gone = await li.get(place)
    assert made.status_code == 201, made.text
    assert (made.json()["agency"], made.json()["applied_on"]) == (AGENCY, "2010-01-04")
    assert seen == [200, 200, 404, 404]
    assert elsewhere.json()["code"] == "no_such_person"
    assert ended == [404, 201, 201]
    assert gone.json()["state"] == "withdrawn"


async def test_the_channel_the_programme_and_the_call_must_fit(desk: OfficeDesk) -> None:
    await enter(desk, COMMUNITY)
    async with (
        desk.as_("street_officer", sub="li", area=STREET) as li,
        desk.as_("hotline", sub="96156") as hotline,
        desk.as_("street_officer", sub="sun", area=NEXT_STREET) as sun,
    ):
        who = (await register(li))["person_id"]
        wrong = [
            (li, application(who, programme="chaoyang-2010/pension"), "unknown_programme"),
            (li, application(who, programme="nonsense"), "invalid_fields"),
            (li, application(who, channel="partner"), "channel_not_yours"),
            (li, application(who, channel="hotline", call_id="C1"), "channel_not_yours"),
            (li, application(who, call_id="C1"), "invalid_fields"),
            (hotline, application(who, channel="hotline"), "invalid_fields"),
            (hotline, application(who, channel="hotline", call_id="a b"), "invalid_fields"),
            (sun, application(who), "no_such_person"),
            (li, application(str(new_id())), "no_such_person"),
        ]
        for client, body, code in wrong:
            answer = await client.post(PATH, json=body)
            assert answer.json()["code"] == code, (body, answer.text)
        called = await hotline.post(
            PATH, json=application(who, channel="hotline", call_id="2010-01-04_17")
        )
        death = {"id": str(new_id()), "died_on": "2010-01-03"}
        await li.post(f"/intake/v1/persons/{who}/deaths", json=death)
        late = await li.post(PATH, json=application(who))
    assert (called.status_code, called.json()["call_id"]) == (201, "2010-01-04_17")
    assert (late.status_code, late.json()["code"]) == (409, "person_dead")
    assert len(await letters(desk)) == 1


async def test_an_id_that_is_taken_is_never_answered_as_taken_over(desk: OfficeDesk) -> None:
    await enter(desk, COMMUNITY)
    async with (
        desk.as_("street_officer", sub="li", area=STREET) as li,
        desk.as_("street_officer", sub="wang", area=STREET) as wang,
    ):
        first, second = [(await register(li, order))["person_id"] for order in (1, 2)]
        mine = application(first)
        assert (await li.post(PATH, json=mine)).status_code == 201
        other = await wang.post(PATH, json=application(second, id=mine["id"]))
        assert (other.status_code, other.json()["code"]) == (409, "id_taken")
        twice = application(second)
        lines = [
            application(second, id=mine["id"]),
            twice,
            {**twice, "person_id": first},
            application(str(new_id())),
            application(first, programme=HOME_CARE),
        ]
        batch = {"id": str(new_id()), "applications": lines}
        results = await li.post(f"{PATH}/batch", json=batch)
        again = await li.post(f"{PATH}/batch", json=batch)
        listed = (await li.get(f"{PATH}?person_id={second}")).json()["items"]
    assert [(one["ok"], one["code"]) for one in results.json()["results"]] == [
        (False, "id_taken"),
        (True, ""),
        (False, "id_taken"),
        (False, "no_such_person"),
        (True, ""),
    ]
    assert again.content == results.content
    assert [one["application_id"] for one in listed] == [twice["id"]]
    assert await letters(desk) == sorted([mine["id"], twice["id"], lines[4]["id"]])


async def test_a_malformed_line_is_told_its_place_and_stops_no_other(desk: OfficeDesk) -> None:
    await enter(desk, COMMUNITY)
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        who = (await register(li))["person_id"]
        good, wrong, foreign = application(who), application("somebody"), application(who)
        foreign["channel"] = "partner"
        lines: list[Any] = [wrong, good, 7, foreign, {**application(who), "id": "?"}]
        body = {"id": str(new_id()), "applications": lines}
        answer = (await li.post(f"{PATH}/batch", json=body)).json()
        many = {"id": str(new_id()), "applications": [good] * 1001}
        too_long = await li.post(f"{PATH}/batch", json=many)
    assert (answer["accepted"], answer["refused"]) == (1, 4)
    assert [(one["id"], one["line"], one["ok"], one["state"]) for one in answer["results"]] == [
        (wrong["id"], 0, False, ""),
        (good["id"], 1, True, "submitted"),
        (None, 2, False, ""),
        (foreign["id"], 3, False, ""),
        (None, 4, False, ""),
    ]
    assert [[flaw["field"] for flaw in one["errors"]] for one in answer["results"]] == [
        ["applications.0.person_id"],
        [],
        ["applications.2"],
        ["applications.3.channel"],
        ["applications.4.id"],
    ]
    assert too_long.json()["errors"][0]["field"] == "body.applications"
    assert await letters(desk) == [good["id"]]
