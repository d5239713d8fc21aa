"""Stories of the thirty days: what is due, what is late, and when the clock stands still (C-54)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.eligibility.reviews.figures import due_figures
from shared.contracts.eligibility import EvidenceRequested
from shared.contracts.intake import EvidenceReceived, PersonUpdated, StreetActivated
from shared.contracts.programmes import HOME_CARE
from tests.desk import OfficeDesk
from tests.eligibility.offices import district
from tests.eligibility.stories import (
    NANGANG_COMMUNITY,
    NANGANG_STREET,
    STREET,
    Elder,
    approve,
    case_of,
    cases,
    letters,
    review,
    street_letter,
    tell,
    verification,
)

pytestmark = pytest.mark.anyio


def papers_of(elder: Elder) -> EvidenceReceived:
    """Intake's letter that the papers are in."""
    said: dict[str, Any] = {
        **elder.registers().model_dump(),
        "application_id": elder.application_id,
        "documents": ("identity_document",),
        "received_on": date(2010, 1, 8),
    }
    return EvidenceReceived(**said)


async def test_a_case_is_due_on_the_thirtieth_day_soon_before_and_overdue_after(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    await tell(desk, elder.applies())
    assert (await case_of(desk, elder))["decide_by"] == "2010-02-03"
    for day, due in (
        (date(2010, 1, 26), []),
        (date(2010, 1, 27), ["soon"]),
        (date(2010, 2, 3), ["soon"]),
        (date(2010, 2, 4), ["overdue"]),
    ):
        desk.clock.set(day)
        assert [one for one in ("soon", "overdue") if await cases(desk, due=one)] == due, day
    assert await cases(desk, due="soon", warn_days="0") == []
    desk.clock.set(date(2010, 1, 14))
    assert len(await cases(desk, due="soon", warn_days="20")) == 1


async def test_the_thirty_days_count_from_the_application_and_end_with_the_decision(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    desk.clock.set(date(2010, 1, 20))  # the letter came late
    await tell(desk, elder.applies())
    case = await case_of(desk, elder)
    assert (case["opened_on"], case["decide_by"]) == ("2010-01-20", "2010-02-03")
    await review(desk, case["case_id"])
    await approve(desk, case["case_id"])
    desk.clock.set(date(2010, 3, 1))
    assert await cases(desk, due="overdue") == []
    assert (await case_of(desk, elder))["decide_by"] is None


async def test_the_clock_stands_still_while_papers_are_awaited(desk: OfficeDesk) -> None:
    elder = Elder(birth_on=None)
    await tell(desk, elder.applies())
    case_id = (await case_of(desk, elder))["case_id"]
    desk.clock.set(date(2010, 1, 10))
    await review(desk, case_id, decision="needs_evidence")
    case = await case_of(desk, elder)
    assert (case["decide_by"], case["asked_on"]) == (None, "2010-01-10")
    desk.clock.set(date(2010, 3, 1))
    assert await cases(desk, due="overdue") == []
    elder.birth_on = date(1925, 3, 3)
    await tell(desk, PersonUpdated(**elder.registers().model_dump(), changed=("birth_on",)))
    case = await case_of(desk, elder)
    assert (case["stage"], case["outcome"]) == ("street_review", "eligible")
    # Fifty days of waiting are added to the thirty.
    assert (case["decide_by"], case["asked_on"]) == ("2010-03-25", None)


async def test_a_case_of_a_street_that_is_not_activated_has_no_clock_until_it_is(
    desk: OfficeDesk,
) -> None:
    elder = Elder(date(1935, 5, 5), NANGANG_COMMUNITY, HOME_CARE)
    await tell(desk, elder.applies())
    desk.clock.set(date(2010, 6, 1))
    assert (await case_of(desk, elder, "230103"))["decide_by"] is None
    await tell(desk, street_letter(StreetActivated, date(2010, 6, 1)))
    assert (await case_of(desk, elder, "230103"))["decide_by"] == "2010-07-01"


async def test_papers_in_without_a_new_fact_give_the_case_back_with_a_determination_of_its_own(
    desk: OfficeDesk,
) -> None:
    elder = Elder(birth_on=None)
    await tell(desk, elder.applies())
    case = await case_of(desk, elder)
    await review(desk, case["case_id"], decision="needs_evidence")
    (asked,) = await letters(desk, elder, EvidenceRequested)
    assert asked["documents"] == ["identity_document"]
    assert asked["names"] == ["居民身份证或户口簿（出生日期页）"]
    received = papers_of(elder)
    desk.clock.set(date(2010, 1, 8))
    await tell(desk, received, received)
    after = await case_of(desk, elder)
    assert (after["stage"], after["decide_by"]) == ("street_review", "2010-02-07")
    answer = await district(desk, "GET", f"determinations/{elder.application_id}")
    assert [made["outcome"] for made in answer.json()] == ["needs_evidence", "needs_evidence"]
    assert all((await verification(desk)).values())


async def test_papers_that_nobody_waits_for_change_nothing(desk: OfficeDesk) -> None:
    elder = Elder()
    await tell(desk, elder.applies())
    received = papers_of(elder)
    await tell(desk, received)
    answer = await district(desk, "GET", f"determinations/{elder.application_id}")
    assert len(answer.json()) == 1


async def test_papers_are_asked_for_by_the_names_of_the_policy(desk: OfficeDesk) -> None:
    elder = Elder()
    await tell(desk, elder.applies())
    case_id = (await case_of(desk, elder))["case_id"]
    for said, code in (
        ({"decision": "needs_evidence"}, "documents_missing"),
        ({"decision": "needs_evidence", "documents": ["passport"]}, "unknown_document"),
        ({"decision": "recommend_approval", "documents": ["passport"]}, "documents_not_asked"),
        ({"decision": "needs_evidence", "documents": ["Pass port"]}, "invalid_fields"),
        ({"decision": "needs_evidence", "documents": ["household_register"]}, ""),
    ):
        answer = await district(
            desk,
            "POST",
            "reviews",
            role="street_officer",
            area=STREET,
            decisions=[{"case_id": case_id, **said}],
        )
        (line,) = answer.json()["results"]
        assert line["code"] == code, line
    (asked,) = await letters(desk, elder, EvidenceRequested)
    assert asked["names"] == ["户口簿"]
    one = await district(desk, "GET", f"cases/{case_id}")
    assert one.json()["asked_on"] == "2010-01-04"
    (line,) = await review(desk, case_id, sub="he")
    assert line["ok"]


async def test_whoever_watches_over_the_whole_sees_how_many_are_late(desk: OfficeDesk) -> None:
    await tell(desk, Elder().applies(), Elder().applies())
    for day, found in ((date(2010, 1, 10), (0, 0)), (date(2010, 3, 1), (2, 0))):
        desk.clock.set(day)
        work = desk.work("eligibility")
        counted = {one.labels["due"]: one.value for one in await due_figures(work)}
        await work.abandon()
        assert (counted.get("overdue", 0), counted.get("soon", 0)) == found


async def test_a_street_sees_what_is_due_in_its_own_area_alone(desk: OfficeDesk) -> None:
    await tell(desk, Elder().applies())
    desk.clock.set(date(2010, 3, 1))
    path = "cases?due=overdue"
    mine = await district(desk, "GET", path, role="street_officer", area=STREET)
    theirs = await district(desk, "GET", path, role="street_officer", area=NANGANG_STREET)
    assert (len(mine.json()["items"]), theirs.json()["items"]) == (1, [])
    bad = await district(desk, "GET", "cases?due=tomorrow")
    assert bad.status_code == 422
