"""Problems: every wrong request gets a code, both languages, the field and the mend; no value."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends

from shared.contracts.ids import new_id
from shared.doors import Body, doors, need_key, permit
from shared.pages import mark
from tests.intake.rosters import COMMUNITY, STREET, enter, number, person
from tests.journeys.spans import kept_records, kept_spans
from tests.shared.annex import annex
from tests.shared.conftest import Table

pytestmark = pytest.mark.anyio
SECRET = number(7)
NAME = "欧阳某某"


def problem_of(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    said: dict[str, Any] = answer.json()
    assert (answer.status_code, said["code"]) == (status, code), said
    assert answer.headers["content-type"] == "application/problem+json"
    assert said["zh"]
    assert said["en"]
    assert said["status"] == status
    return said


def fields_of(answer: httpx.Response) -> dict[str, str]:
    return {flaw["field"]: flaw["code"] for flaw in answer.json()["errors"]}


async def test_json_that_is_none_is_400_and_says_so(table: Table) -> None:
    async with table.desk.as_("operator") as operator:
        for content in (b"{", b"", b"[1,", b'{"id": \xff}', b"\x00", b"nonsense"):
            answer = await operator.post(
                "/intake/v1/areas", content=content, headers={"Content-Type": "application/json"}
            )
            assert answer.status_code in (400, 422), content
            assert answer.json()["zh"]
        answer = await operator.post(
            "/intake/v1/areas", content=b"{", headers={"Content-Type": "application/json"}
        )
        problem_of(answer, 400, "malformed_json")
        answer = await operator.post("/intake/v1/areas", content=b"code=1", headers={})
        problem_of(answer, 422, "invalid_fields")


async def test_an_address_or_method_that_is_not_there_is_said(table: Table) -> None:
    async with table.desk.as_("operator") as operator:
        problem_of(await operator.get("/intake/v1/nothing"), 404, "http_404")
        answer = await operator.put("/intake/v1/areas", json={})
        problem_of(answer, 405, "http_405")
        assert answer.headers["allow"]


WRONG: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"id": SECRET}, {"body.id": "uuid_parsing"}),
    ({"id": None}, {"body.id": "uuid_type"}),
    ({"name": 5}, {"body.name": "string_type"}),
    ({"name": ""}, {"body.name": "string_too_short"}),
    ({"area_code": SECRET}, {"body.area_code": "string_pattern_mismatch"}),
    ({"area_code": "999999999999"}, {"body.area_code": "unknown_area"}),
    ({"id_number": SECRET[:-1]}, {"body.id_number": "number_malformed"}),
    ({"id_number": "110190193001310079"}, {"body.id_number": "number_check_digit"}),
    ({"id_number": number(1, "20110101")}, {"body.id_number": "number_birth_in_future"}),
    ({"id_number": number(1, "19300230")}, {"body.id_number": "number_birth_date"}),
    ({"phone": SECRET}, {"body.phone": "phone_malformed"}),
    ({"disability_certificate": SECRET}, {"body.disability_certificate": "certificate_malformed"}),
    ({"nickname": NAME}, {"body.nickname": "extra_forbidden"}),
    ({SECRET: "x"}, {"body.?": "extra_forbidden"}),
    ({NAME: "x"}, {"body.?": "extra_forbidden"}),
    ({"facts": {"birth_on": "30.02.1930"}}, {"body.facts.birth_on": "date_from_datetime_parsing"}),
    ({"facts": {"birth_on": SECRET}}, {"body.facts.birth_on": ""}),
    ({"facts": {"died_on": "2009-12-31"}}, {"body.facts.died_on": "fact_has_its_own_act"}),
    (
        {"facts": {"household_monthly_income_fen": 1.5}},
        {"body.facts.household_monthly_income_fen": "int_from_float"},
    ),
    (
        {"facts": {"household_monthly_income_fen": -1}},
        {"body.facts.household_monthly_income_fen": "greater_than_equal"},
    ),
    (
        {"facts": {"household_monthly_income_fen": 10**40}},
        {"body.facts.household_monthly_income_fen": "less_than_equal"},
    ),
    ({"facts": {"hukou_area": SECRET}}, {"body.facts.hukou_area": "string_pattern_mismatch"}),
    ({"facts": {"lives_with": NAME}}, {"body.facts.lives_with": "literal_error"}),
    ({"facts": {SECRET: 1}}, {"body.facts.?": "extra_forbidden"}),
]


async def test_every_wrong_field_is_named_in_both_languages_and_never_repeated(
    table: Table,
) -> None:
    await enter(table.desk, COMMUNITY)
    async with table.desk.as_("street_officer", sub="li", area=STREET) as officer:
        for wrong, expected in WRONG:
            answer = await officer.post("/intake/v1/persons", json={**person(), **wrong})
            assert answer.status_code == 422, (wrong, answer.text)
            found = fields_of(answer)
            for field, code in expected.items():
                assert found[field] == code or (not code and found[field]), (wrong, found)
            assert all(flaw["zh"] and flaw["en"] for flaw in answer.json()["errors"])
            assert SECRET not in answer.text
            assert SECRET[:-1] not in answer.text
            assert NAME not in answer.text


async def test_an_identity_number_in_any_place_of_a_request_never_comes_back(
    table: Table,
) -> None:
    async with table.desk.as_("street_officer", sub="li", area=STREET) as officer:
        answers = [
            await officer.get(f"/intake/v1/persons/{SECRET}"),
            await officer.get(f"/intake/v1/{SECRET}"),
            await officer.get("/intake/v1/persons", params={"within": SECRET}),
            await officer.get("/intake/v1/persons", params={"cursor": SECRET}),
            await officer.get("/intake/v1/persons", params={"limit": SECRET}),
            await officer.get("/intake/v1/persons", params={SECRET: SECRET}),
            await officer.get("/intake/v1/persons", params={"cursor": mark(SECRET)}),
            await officer.get("/intake/v1/persons", params={"cursor": mark(SECRET, SECRET)}),
            await officer.post("/intake/v1/persons/searches", json={"kind": SECRET, "value": "x"}),
            await officer.post(
                "/intake/v1/persons/searches", json={"kind": "phone", "value": SECRET}
            ),
            await officer.post(f"/intake/v1/persons/{new_id()}/facts", json={"id": SECRET}),
            await officer.post(
                f"/intake/v1/persons/{new_id()}/disclosures",
                json={"reason": f"核对 {SECRET}", "fields": ["name"]},
            ),
        ]
    told = [answer.status_code for answer in answers]
    assert all(status in (200, 404, 422) for status in told), told
    assert not any(SECRET in answer.text for answer in answers)


class Word(Body):
    """Some text."""

    text: str


def failing() -> APIRouter:
    """Routes that fail with what they were sent."""
    router = doors("/v1/words", "words")

    @router.post("/broken", dependencies=[permit("operator"), Depends(need_key)])
    async def broken(body: Word) -> None:
        raise ValueError(body.text)

    @router.get("/broken", dependencies=[permit("operator")])
    async def unwritable() -> int:
        answer: Any = "not a number"
        return answer

    return router


async def test_what_nobody_foresaw_is_500_without_a_word_of_it(
    table: Table, caplog: pytest.LogCaptureFixture
) -> None:
    spans, records = kept_spans(), kept_records()
    spans.clear()
    records.clear()
    with caplog.at_level(logging.DEBUG):
        async with annex(table.desk, failing()) as client:
            key = {"Idempotency-Key": "one"}
            answer = await client.post("/v1/words/broken", json={"text": SECRET}, headers=key)
            other = await client.get("/v1/words/broken")
    problem_of(answer, 500, "unexpected")
    problem_of(other, 500, "unexpected")
    assert SECRET not in answer.text
    assert "not a number" not in other.text
    assert "ValueError" in caplog.text
    assert SECRET not in caplog.text
    told = [one.to_json() for one in (*spans.get_finished_spans(), *records.get_finished_logs())]
    assert told
    assert SECRET not in "".join(told)


async def test_characters_that_cannot_be_kept_are_refused_and_not_an_accident(
    table: Table,
) -> None:
    async with table.desk.as_("operator") as operator:
        for name in (b"a\\u0000b", b"\\ud800"):
            content = b"""{"id": "%s", "areas": [
                {"code": "110105015", "name": "%s", "level": "street"}]}"""
            answer = await operator.post(
                "/intake/v1/areas",
                content=content % (str(new_id()).encode(), name),
                headers={"Content-Type": "application/json"},
            )
            assert answer.status_code == 422, answer.text
            assert answer.json()["zh"]


async def test_a_database_that_is_away_is_503_and_says_to_try_again(table: Table) -> None:
    settings = table.desk.office.runtimes["intake"].settings
    nowhere = type(settings.database_url)("postgresql://x:x@127.0.0.1:1/x")
    router = doors("/v1/words", "words")

    @router.get("", dependencies=[permit("operator")])
    async def words() -> list[str]:
        return []

    @router.post("", dependencies=[permit("operator"), Depends(need_key)])
    async def add(body: Word) -> Word:
        return body

    async with annex(table.desk, router, database_url=nowhere) as client:
        key = {"Idempotency-Key": "one"}
        answer = await client.post("/v1/words", json={"text": "x"}, headers=key)
        ready = await client.get("/ready")
        alive = await client.get("/health")
    problem_of(answer, 503, "database_away")
    assert (ready.status_code, alive.status_code) == (503, 200)
    assert ready.json()["trouble"]


async def test_a_body_beyond_the_limit_is_refused_before_it_is_read(table: Table) -> None:
    async with table.desk.as_("operator") as operator:
        answer = await operator.post(
            "/intake/v1/areas",
            content=b"{}",
            headers={"Content-Type": "application/json", "Content-Length": str(10**9)},
        )
    assert answer.status_code == 413
