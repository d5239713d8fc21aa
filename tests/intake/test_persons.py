"""Person files: who sees them, how they are found, shown, erased, changed and moved."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from shared.contracts.ids import new_id
from tests.desk import OfficeDesk
from tests.intake.rosters import COMMUNITY, NEXT_STREET, STREET, enter, number, person, register

pytestmark = pytest.mark.anyio
NEIGHBOUR, FAR = NEXT_STREET + "001", "230103001001"
AGENCY, OTHER_AGENCY = str(new_id()), str(new_id())
PHONE = "13800138000"


async def post(client: httpx.AsyncClient, path: str, **body: Any) -> httpx.Response:
    return await client.post(path, json={"id": str(new_id()), **body})


async def search(client: httpx.AsyncClient, kind: str, value: str) -> list[dict[str, Any]]:
    answer = await client.post("/intake/v1/persons/searches", json={"kind": kind, "value": value})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


async def test_another_street_sees_neither_list_nor_file_but_gets_a_clear_answer(
    desk: OfficeDesk,
) -> None:
    await enter(desk, COMMUNITY, NEIGHBOUR)
    async with (
        desk.as_("street_officer", sub="li", area=STREET) as li,
        desk.as_("street_officer", sub="sun", area=NEXT_STREET) as sun,
    ):
        view = await register(li, phone=PHONE)
        place = f"/intake/v1/persons/{view['person_id']}"
        assert (await li.get("/intake/v1/persons")).json()["items"] == [view]
        assert (await sun.get("/intake/v1/persons")).json()["items"] == []
        assert (await sun.get("/intake/v1/persons?within=110105015")).json()["items"] == []
        refused = [
            await sun.get(place),
            await post(sun, f"{place}/facts", facts={"dibao": True}),
            await post(sun, f"{place}/deaths", died_on="2010-01-01"),
            await post(sun, f"{place}/moves", area_code=NEIGHBOUR, moved_on="2010-01-01"),
            await sun.post(f"{place}/disclosures", json={"reason": "好奇心", "fields": ["name"]}),
        ]
        assert [answer.status_code for answer in refused] == [404] * 5
        known = await sun.post("/intake/v1/persons", json=person(1, area_code=NEIGHBOUR))
        again = await li.post("/intake/v1/persons", json=person(1))
        outside = await sun.post("/intake/v1/persons", json=person(2))
        hidden = [{"person_id": None, "area_code": STREET, "visible": False}]
        shown = [{"person_id": view["person_id"], "area_code": STREET, "visible": True}]
        for kind, value in (("id_number", number(1)), ("phone", f"+86 {PHONE}")):
            assert await search(sun, kind, value) == hidden
            assert await search(li, kind, value) == shown
        assert await search(sun, "id_number", number(5)) == []
    assert (known.status_code, known.json()["code"]) == (409, "person_known_elsewhere")
    assert view["person_id"] not in known.text
    assert (again.status_code, again.json()["code"]) == (409, "person_known")
    assert (outside.status_code, outside.json()["code"]) == (403, "outside_area")


async def test_a_partner_sees_the_files_it_opened_alone(desk: OfficeDesk) -> None:
    await enter(desk, COMMUNITY)
    async with (
        desk.as_("partner", sub="p1", area="110105", agency=AGENCY) as mine,
        desk.as_("partner", sub="p2", area="110105", agency=OTHER_AGENCY) as other,
        desk.as_("street_officer", sub="li", area=STREET) as li,
    ):
        opened = await register(mine, 1)
        of_street = await register(li, 2)
        place = f"/intake/v1/persons/{opened['person_id']}"
        assert opened["agency"] == AGENCY
        assert [(await who.get(place)).status_code for who in (mine, other, li)] == [200, 404, 200]
        assert (await mine.get(f"/intake/v1/persons/{of_street['person_id']}")).status_code == 404
        known = await mine.post("/intake/v1/persons", json=person(2))
        assert known.json()["code"] == "person_known_elsewhere"
        assert (await search(other, "id_number", number(1)))[0]["visible"] is False


async def test_identity_is_masked_until_a_reason_is_given_and_kept(desk: OfficeDesk) -> None:
    await enter(desk, COMMUNITY)
    secret = {"name": "欧阳建国", "phone": PHONE, "disability_certificate": number(1) + "11"}
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        view = await register(li, **secret)
        place = f"/intake/v1/persons/{view['person_id']}"
        masked = await li.get(place)
        assert view["identity"]["name"] == "欧***"
        for value in (*secret.values(), number(1)):
            assert value not in masked.text
        path = f"{place}/disclosures"
        for body in (
            {"fields": ["name"]},
            {"reason": "", "fields": ["name"]},
            {"reason": f"本人 {PHONE}", "fields": ["name"]},
            {"reason": "上门核对", "fields": []},
            {"reason": "上门核对", "fields": ["address"]},
        ):
            assert (await li.post(path, json=body)).status_code == 422, body
        shown = await li.post(path, json={"reason": "上门核对", "fields": ["name", "phone"]})
    assert shown.json() == {"name": "欧阳建国", "phone": PHONE}
    work = desk.work("intake")
    told = await work.rows("SELECT sub, subject, detail FROM audit WHERE act = 'person.disclosed'")
    await work.abandon()
    assert [(row["sub"], row["subject"]) for row in told] == [("li", view["person_id"])]
    assert "上门核对" in told[0]["detail"]


async def test_an_erased_identity_cannot_be_read_while_lists_go_on(
    desk: OfficeDesk, database: str
) -> None:
    await enter(desk, COMMUNITY)
    admin = await asyncpg.connect(database)
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        gone, moved = await register(li, 1, phone=PHONE), await register(li, 2)
        await register(li, 3)
        forget = "UPDATE intake.persons SET wrapped_key = $2 WHERE person_id = $1"
        await admin.execute(forget, gone["person_id"], None)
        keys = "SELECT wrapped_key FROM intake.persons WHERE wrapped_key IS NOT NULL LIMIT 1"
        swapped = await admin.fetchval(keys)
        await admin.execute(forget, moved["person_id"], swapped[::-1])
        listed = (await li.get("/intake/v1/persons")).json()["items"]
        erased = await li.get(f"/intake/v1/persons/{gone['person_id']}")
        shown = await li.post(
            f"/intake/v1/persons/{gone['person_id']}/disclosures",
            json={"reason": "上门核对", "fields": ["phone"]},
        )
        learnt = await post(
            li, f"/intake/v1/persons/{gone['person_id']}/facts", facts={"dibao": True}
        )
    await admin.close()
    assert sorted(one["identity"]["name"] for one in listed) == ["王*", "（已删除）", "（已删除）"]
    assert erased.json()["identity"]["id_number"] is None
    assert (shown.status_code, shown.json()["code"]) == (409, "identity_erased")
    assert learnt.json()["facts"]["dibao"] is True


async def test_facts_deaths_and_moves_follow_their_own_rules(desk: OfficeDesk) -> None:
    await enter(desk, COMMUNITY, "110105015002", NEIGHBOUR, FAR)
    async with (
        desk.as_("street_officer", sub="li", area=STREET) as li,
        desk.as_("district_officer", sub="zhao", area="110105") as zhao,
    ):
        view = await register(li)
        place = f"/intake/v1/persons/{view['person_id']}"

        async def told(path: str, **body: Any) -> tuple[int, str]:
            answer = await post(li, f"{place}/{path}", **body)
            return answer.status_code, answer.json().get("code", "")

        for fact in ("birth_on", "sex", "died_on", "residence_area"):
            changed = await told("facts", facts={fact: None})
            assert changed == (422, "fact_has_its_own_act")
        assert await told("facts", facts={"household_size": 0}) == (422, "invalid_fields")
        assert await told("facts", facts={"household_size": 2}) == (200, "")
        assert await told("facts", facts={"household_size": 2}) == (200, "")
        for day in ("1930-01-30", "2010-01-05"):
            assert await told("deaths", died_on=day) == (422, "impossible_day")
            moved = await told("moves", area_code="110105015002", moved_on=day)
            assert moved == (422, "impossible_day")
        assert await told("moves", area_code=NEIGHBOUR, moved_on="2010-01-03") == (
            403,
            "outside_area",
        )
        assert await told("moves", area_code="110105015002", moved_on="2010-01-03") == (201, "")
        crossed = await post(zhao, f"{place}/moves", area_code=NEIGHBOUR, moved_on="2010-01-04")
        assert crossed.status_code == 201
        assert await told("deaths", died_on="2010-01-04") == (404, "no_such_person")
        days = [
            await post(zhao, f"{place}/deaths", died_on=day)
            for day in ("2010-01-04", "2010-01-04", "2010-01-03")
        ]
        back = await post(zhao, f"{place}/moves", area_code=COMMUNITY, moved_on="2010-01-04")
    assert [day.status_code for day in days] == [201, 201, 409]
    assert (back.status_code, back.json()["code"]) == (409, "person_dead")
    work = desk.work("intake")
    letters = await work.rows("SELECT type, seq, area_code FROM outbox ORDER BY seq")
    marks = await work.rows("SELECT DISTINCT area_code FROM person_marks")
    await work.abandon()
    assert [row["type"].split(".")[2] for row in letters] == [
        "registered",
        "updated",
        "moved",
        "moved",
        "died",
    ]
    assert [row["area_code"] for row in marks] == [NEIGHBOUR]


async def test_one_person_registered_by_ten_at_once_has_one_file_and_lists_page(
    desk: OfficeDesk,
) -> None:
    await enter(desk, COMMUNITY)
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        answers = await asyncio.gather(
            *(li.post("/intake/v1/persons", json=person(1)) for _ in range(10))
        )
        assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
        await asyncio.gather(*(register(li, order) for order in range(2, 8)))
        seen: list[str] = []
        cursor = ""
        while True:
            page = (await li.get(f"/intake/v1/persons?limit=3{cursor}")).json()
            seen += [one["person_id"] for one in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        wrong = await li.get("/intake/v1/persons?cursor=abc")
    assert len(seen) == len(set(seen)) == 7
    assert seen == sorted(seen)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_cursor")
