"""Stories of nobody missed and nothing wrong: residents who never applied, and figures of error."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared.contracts.programmes import VOUCHER
from tests.desk import OfficeDesk
from tests.eligibility.dynamics import SEVERE, decided, found, judge, learns, recheck_of
from tests.eligibility.stories import (
    COMMUNITY,
    DISTRICT,
    OTHER_COMMUNITY,
    STREET,
    Elder,
    approve,
    awarded,
    case_of,
    review,
    tell,
)

pytestmark = pytest.mark.anyio


async def counts(desk: OfficeDesk, area: str = DISTRICT, **filters: str) -> dict[str, Any]:
    """Voucher counts by community."""
    async with desk.as_("district_officer", area=area) as client:
        answer = await client.get(
            "/eligibility/v1/outreach", params={"programme": VOUCHER, **filters}
        )
    assert answer.status_code == 200, answer.text
    return {one["area_code"]: (one["eligible"], one["nearly"]) for one in answer.json()}


async def persons(desk: OfficeDesk, area: str = DISTRICT, **filters: str) -> list[dict[str, Any]]:
    """Whom to visit about the voucher, page by page."""
    params = {"programme": VOUCHER, "limit": "2", **filters}
    listed: list[dict[str, Any]] = []
    async with desk.as_("street_officer", area=area) as client:
        while True:
            answer = await client.get("/eligibility/v1/outreach/persons", params=params)
            assert answer.status_code == 200, answer.text
            listed += answer.json()["items"]
            if answer.json().get("next") is None:
                return listed
            params["cursor"] = answer.json()["next"]


async def accuracy(desk: OfficeDesk, **filters: str) -> list[dict[str, Any]]:
    async with desk.as_("auditor") as client:
        answer = await client.get("/eligibility/v1/accuracy", params=filters)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_who_would_be_entitled_and_never_applied_is_counted_and_listed_for_the_street(
    desk: OfficeDesk,
) -> None:
    old = [Elder(area=COMMUNITY) for _ in range(3)]
    elsewhere = Elder(area=OTHER_COMMUNITY)
    nearly = Elder(birth_on=date(1945, 3, 3), more={"disability": None})
    young = Elder(birth_on=date(1945, 3, 3))
    dead, applying, served = Elder(), Elder(), Elder()
    await tell(
        desk,
        *(one.registers() for one in [*old, elsewhere, nearly, young, dead, applying]),
        dead.dies(date(2010, 1, 3)),
        applying.applies(),
    )
    await awarded(desk, served)
    assert await judge(desk) == 9
    assert await judge(desk) == 0, "nobody is judged twice without a cause"
    assert await counts(desk) == {COMMUNITY: (3, 1), OTHER_COMMUNITY: (1, 0)}
    assert await counts(desk, area="110108") == {}
    assert await counts(desk, within=OTHER_COMMUNITY) == {OTHER_COMMUNITY: (1, 0)}
    listed = await persons(desk, area=STREET)
    assert {one["person_id"] for one in listed} == {str(one.person_id) for one in [*old, nearly]}
    (asked,) = await persons(desk, area=STREET, outcome="needs_evidence")
    assert (asked["person_id"], asked["unknown"]) == (
        str(nearly.person_id), ["severe_disability"]
    )  # fmt: skip
    work = desk.work("eligibility")
    looks = await work.rows("SELECT count FROM audit WHERE act = 'outreach.persons'")
    await work.abandon()
    assert looks, "a look at persons is journalled"
    async with desk.as_("auditor") as client:
        refused = await client.get("/eligibility/v1/outreach/persons")
    assert refused.status_code == 403


async def test_a_resident_becomes_a_prospect_on_the_birthday_and_leaves_the_list_by_applying(
    desk: OfficeDesk,
) -> None:
    elder = Elder(birth_on=date(1930, 3, 15))
    await tell(desk, elder.registers())
    await judge(desk)
    assert await counts(desk) == {}
    desk.clock.set(date(2010, 3, 15))
    assert await judge(desk) == 1
    assert await counts(desk) == {COMMUNITY: (1, 0)}
    await tell(desk, elder.moves(OTHER_COMMUNITY, date(2010, 3, 16)))
    assert await judge(desk) == 1
    assert await counts(desk) == {OTHER_COMMUNITY: (1, 0)}
    elder.applied_on = date(2010, 3, 17)
    await tell(desk, elder.applies())
    assert await counts(desk) == {}


async def test_the_dead_leave_the_list_at_once(desk: OfficeDesk) -> None:
    elder = Elder()
    await tell(desk, elder.registers())
    await judge(desk)
    assert await counts(desk) == {COMMUNITY: (1, 0)}
    await tell(desk, elder.dies(date(2010, 1, 5)))
    assert await counts(desk) == {}
    assert await persons(desk) == []


async def test_inclusion_and_exclusion_errors_are_counted_by_street_and_year(
    desk: OfficeDesk,
) -> None:
    working, honest = (Elder(birth_on=date(1970, 3, 15), more=SEVERE) for _ in range(2))
    for elder in (working, honest):
        await awarded(desk, elder)
        await tell(desk, learns(elder, date(2010, 1, 10), employed=True))
    ended = (await recheck_of(desk, working))["recheck_id"]
    await found(desk, {"recheck_id": ended, "finding": "end", "note": "已就业"})
    await decided(desk, ended)
    await tell(desk, learns(honest, date(2010, 1, 11), employed=False))
    kept = (await recheck_of(desk, honest))["recheck_id"]
    await found(desk, {"recheck_id": kept, "finding": "keep"})
    refused = Elder(birth_on=date(1970, 3, 15), more={**SEVERE, "employed": True})
    missed = Elder()
    await tell(desk, missed.registers(), refused.registers(), refused.applies())
    case_id = (await case_of(desk, refused))["case_id"]
    await review(desk, case_id, decision="recommend_refusal")
    await approve(desk, case_id, decision="refuse")
    await tell(desk, learns(refused, date(2010, 1, 12), employed=False))
    await judge(desk)
    (row,) = await accuracy(desk, programme=VOUCHER, year="2010")
    assert (row["street_code"], row["rechecked"], row["not_eligible"]) == (STREET, 2, 1)
    assert row["inclusion_error"] == 0.5
    assert (row["refused"], row["refused_eligible"], row["never_applied_eligible"]) == (1, 1, 1)
    assert (row["awarded"], row["exclusion_error"]) == (2, 0.5)
    assert await accuracy(desk, programme=VOUCHER, year="2011") == []


async def test_a_refusal_that_a_birthday_turned_is_no_error(desk: OfficeDesk) -> None:
    elder = Elder(birth_on=date(1930, 3, 15))
    await tell(desk, elder.registers(), elder.applies())
    case_id = (await case_of(desk, elder))["case_id"]
    await review(desk, case_id, decision="recommend_refusal")
    await approve(desk, case_id, decision="refuse")
    desk.clock.set(date(2010, 3, 20))
    async with desk.as_("district_officer", area=DISTRICT) as client:
        await client.post("/eligibility/v1/sweeps", json={"id": str(elder.person_id)})
    await judge(desk)
    (row,) = await accuracy(desk, programme=VOUCHER)
    assert (row["refused"], row["refused_eligible"]) == (1, 0)
    assert row["exclusion_error"] is None
