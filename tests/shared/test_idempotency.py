"""One id, one effect: repeated, concurrent, failed and confused writes."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends, Request

from shared.contracts.ids import new_id
from shared.doors import doors, need_key, permit
from shared.problems import problem
from shared.work import Work
from tests.desk import OfficeDesk
from tests.intake.rosters import COMMUNITY, STREET, enter, person
from tests.shared.annex import annex

pytestmark = pytest.mark.anyio
REPLAYED = "idempotency-replayed"


async def count(desk: OfficeDesk, what: str) -> int:
    work = desk.work("intake")
    try:
        found: int = await work.value(f"SELECT count(*) FROM {what}")
        return found
    finally:
        await work.abandon()


async def test_a_write_sent_again_gets_the_first_answer_byte_for_byte(desk: OfficeDesk) -> None:
    await enter(desk, COMMUNITY)
    body = person()
    async with desk.as_("street_officer", sub="li", area=STREET) as officer:
        first = await officer.post("/intake/v1/persons", json=body)
        again = await officer.post("/intake/v1/persons", json=body)
        other = await officer.post("/intake/v1/persons", json={**body, "name": "李明"})
        odd = await officer.post(
            "/intake/v1/persons",
            content=httpx.Request("POST", "http://x", json=body).content,
            headers={"Content-Type": "Application/JSON"},
        )
    assert (first.status_code, REPLAYED in first.headers) == (201, False)
    assert (again.status_code, again.headers[REPLAYED]) == (201, "true")
    assert (again.content, again.headers["location"]) == (first.content, first.headers["location"])
    assert odd.headers[REPLAYED] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await count(desk, "persons") == 1
    assert await count(desk, "outbox WHERE type = 'intake.person.registered.v1'") == 1
    assert await count(desk, "audit WHERE act = 'POST /v1/persons'") == 1


async def test_twenty_at_once_with_one_id_have_one_effect_and_one_answer(desk: OfficeDesk) -> None:
    await enter(desk, COMMUNITY)
    body = person()
    async with desk.as_("street_officer", sub="li", area=STREET) as officer:
        answers = await asyncio.gather(
            *(officer.post("/intake/v1/persons", json=body) for _ in range(20))
        )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum(REPLAYED not in answer.headers for answer in answers) == 1
    assert await count(desk, "persons") == 1
    assert await count(desk, "outbox WHERE type = 'intake.person.registered.v1'") == 1


async def test_another_persons_same_id_is_not_confused_with_mine(desk: OfficeDesk) -> None:
    await enter(desk, COMMUNITY)
    mine = person(1)
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        await li.post("/intake/v1/persons", json=mine)
    async with desk.as_("street_officer", sub="wang", area=STREET) as wang:
        same = await wang.post("/intake/v1/persons", json=mine)
        other = await wang.post("/intake/v1/persons", json=person(2, id=mine["id"]))
    assert (same.status_code, same.json()["code"]) == (409, "person_known")
    assert (other.status_code, other.json()["code"]) == (409, "id_taken")
    assert REPLAYED not in same.headers
    assert await count(desk, "persons") == 1
    assert await count(desk, "outbox WHERE type LIKE 'intake.person.%'") == 1


def noting() -> APIRouter:
    """Routes that write an area and then fail, refuse or record a refusal."""
    router = doors("/v1/notes", "notes")

    @router.post("/{ending}", dependencies=[permit("operator"), Depends(need_key)])
    async def note(ending: str, body: dict[str, Any], request: Request) -> Any:
        work: Work = request.state.work
        await work.run(
            "INSERT INTO areas (code, name, level) VALUES (:code, 'x', 'street')", code=body["code"]
        )
        if ending == "broken":
            raise KeyError(body["code"])
        if ending == "recorded":
            return problem(409, "recorded", "已记录", "recorded")
        return {"made": str(new_id())}

    return router


async def test_a_crash_between_effect_and_answer_keeps_neither(desk: OfficeDesk) -> None:
    key = {"Idempotency-Key": "one"}
    async with annex(desk, noting()) as client:
        broken = await client.post("/v1/notes/broken", json={"code": "110105901"}, headers=key)
        assert broken.status_code == 500
        assert await count(desk, "areas") == 0
        assert await count(desk, "idempotency") == 0
        assert await count(desk, "audit") == 0
        mended = await client.post("/v1/notes/good", json={"code": "110105901"}, headers=key)
        again = await client.post("/v1/notes/good", json={"code": "110105901"}, headers=key)
    assert (mended.status_code, again.headers[REPLAYED]) == (200, "true")
    assert again.content == mended.content


async def test_a_recorded_refusal_is_remembered_and_a_raised_one_is_not(desk: OfficeDesk) -> None:
    key = {"Idempotency-Key": "one"}
    body = {"code": "110105901"}
    async with annex(desk, noting()) as client:
        first = await client.post("/v1/notes/recorded", json=body, headers=key)
        again = await client.post("/v1/notes/recorded", json=body, headers=key)
        without = await client.post("/v1/notes/good", json=body)
    assert (first.status_code, again.status_code) == (409, 409)
    assert (again.headers[REPLAYED], again.content) == ("true", first.content)
    assert again.headers["content-type"] == "application/problem+json"
    assert await count(desk, "areas") == 1
    assert (without.status_code, without.json()["code"]) == (422, "idempotency_key_missing")
    await enter(desk, COMMUNITY)
    early = person(area_code="110105015002")
    async with desk.as_("street_officer", sub="li", area=STREET) as officer:
        refused = await officer.post("/intake/v1/persons", json=early)
        await enter(desk, "110105015002")
        taken = await officer.post("/intake/v1/persons", json=early)
    assert (refused.status_code, taken.status_code) == (422, 201)


async def test_a_roster_uploaded_again_after_a_lost_answer_is_the_same_import(
    desk: OfficeDesk,
) -> None:
    async def upload(content: bytes, query: str = "") -> httpx.Response:
        return await officer.post(
            f"/intake/v1/imports{query}",
            files={"file": ("r.xlsx", content)},
            headers={"Idempotency-Key": "roster"},
        )

    async with desk.as_("district_officer", sub="zhao", area="110105") as officer:
        first, again = await upload(b"no workbook"), await upload(b"no workbook")
        other = await upload(b"another")
        elsewhere = await upload(b"no workbook", "?within=110105015")
    assert (first.status_code, again.headers.get(REPLAYED)) == (202, "true")
    assert again.json() == first.json()
    assert [x.json()["code"] for x in (other, elsewhere)] == ["idempotency_key_reused"] * 2
    assert await count(desk, "imports") == 1
