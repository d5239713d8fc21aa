"""Stories of the public notice: seven days, objections that hold the award, and judging them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from services.eligibility.policy.model import Dated, Parameter
from services.eligibility.reviews.domain import NOTICE_BEFORE, on_notice
from shared.contracts.eligibility import (
    AwardEnded,
    AwardResumed,
    AwardSuspended,
    ObjectionDecided,
    ObjectionRaised,
)
from tests.desk import OfficeDesk
from tests.eligibility.offices import district, street
from tests.eligibility.stories import (
    COMMUNITY,
    OTHER_COMMUNITY,
    Elder,
    award_of,
    awarded,
    awards,
    case_of,
    letters,
    tell,
    verification,
)
from tests.eligibility.test_two_parties import CASE, PROGRAMME, said

pytestmark = pytest.mark.anyio


async def posted(desk: OfficeDesk, within: str = "", **more: Any) -> list[dict[str, Any]]:
    answer = await district(desk, "GET", f"public-notices?within={within}", **more)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def objected(desk: OfficeDesk, elder: Elder) -> dict[str, Any]:
    """Somebody said something against the elder's award."""
    case_id = (await case_of(desk, elder))["case_id"]
    answer = await street(desk, "POST", "objections", case_id=case_id, ground="实际居住在外区")
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def judged(
    desk: OfficeDesk, objection: dict[str, Any], outcome: str, by: str = "zhao"
) -> Any:
    path = f"objections/{objection['objection_id']}/judgements"
    return await district(desk, "POST", path, by=by, outcome=outcome, note="入户核查属实")


async def test_an_award_is_posted_for_seven_days_by_community_and_class_without_a_name(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    await awarded(desk, elder)
    (one,) = await posted(desk, COMMUNITY)
    assert (one["area_code"], one["benefit_class"], one["kind"]) == (COMMUNITY, "A", "granted")
    assert (one["posted_on"], one["last_on"]) == ("2010-01-04", "2010-01-11")
    assert "name" not in str(one)
    assert await posted(desk, OTHER_COMMUNITY) == []
    assert await posted(desk, role="street_officer", area=OTHER_COMMUNITY[:9]) == []
    desk.clock.set(date(2010, 1, 11))
    assert len(await posted(desk)) == 1
    desk.clock.set(date(2010, 1, 12))
    assert await posted(desk) == []


async def test_an_objection_holds_the_award_and_one_that_is_dismissed_costs_it_no_month(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    await awarded(desk, elder)
    desk.clock.set(date(2010, 1, 11))
    objection = await objected(desk, elder)
    assert objection["held_on"] == "2010-01-11"
    assert (await award_of(desk, elder))["state"] == "suspended"
    assert [one["objected"] for one in await posted(desk)] == [True]
    (held,) = await letters(desk, elder, AwardSuspended)
    assert (held["suspended_on"], held["reason"]) == ("2010-01-11", "facts_disputed")
    assert len(await letters(desk, elder, ObjectionRaised)) == 1
    desk.clock.set(date(2010, 2, 20))
    assert (await judged(desk, objection, "dismissed")).status_code == 201
    assert (await award_of(desk, elder))["state"] == "active"
    (freed,) = await letters(desk, elder, AwardResumed)
    assert freed["resumed_on"] == "2010-01-11"
    assert [one["outcome"] for one in await letters(desk, elder, ObjectionDecided)] == ["dismissed"]
    acts = await district(desk, "GET", f"awards/{(await award_of(desk, elder))['award_id']}/acts")
    assert [(act["act"], act["article"]) for act in acts.json()] == [
        ("granted", "三(二)"),
        ("suspended", "C-55"),
        ("resumed", "C-55"),
    ]
    assert all((await verification(desk)).values())


async def test_an_objection_that_is_sustained_ends_the_award(desk: OfficeDesk) -> None:
    elder = Elder()
    await awarded(desk, elder)
    objection = await objected(desk, elder)
    assert (await judged(desk, objection, "sustained")).status_code == 201
    award = await award_of(desk, elder)
    assert (award["state"], award["end_reason"]) == ("ended", "no_longer_eligible")
    assert len(await letters(desk, elder, AwardEnded)) == 1
    again = await judged(desk, objection, "dismissed", by="sun")
    assert (again.status_code, again.json()["code"]) == (409, "objection_judged")
    assert all((await verification(desk)).values())


async def test_two_objections_hold_the_award_until_both_are_judged(desk: OfficeDesk) -> None:
    elder = Elder()
    await awarded(desk, elder)
    first, second = await objected(desk, elder), await objected(desk, elder)
    await judged(desk, first, "dismissed")
    assert (await award_of(desk, elder))["state"] == "suspended"
    assert await letters(desk, elder, AwardResumed) == []
    await judged(desk, second, "dismissed")
    assert (await award_of(desk, elder))["state"] == "active"
    assert len(await letters(desk, elder, AwardSuspended)) == 1
    assert len(await letters(desk, elder, AwardResumed)) == 1


@pytest.mark.parametrize(
    ("by", "code"), [("li", "took_part"), ("wang", "took_part"), ("qian", "took_part")]
)
async def test_who_gave_the_award_does_not_judge_what_is_said_against_it(
    desk: OfficeDesk, by: str, code: str
) -> None:
    elder = Elder()
    await awarded(desk, elder)
    answer = await judged(desk, await objected(desk, elder), "dismissed", by=by)
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert (await award_of(desk, elder))["state"] == "suspended"


async def test_after_the_notice_nobody_objects_and_before_it_there_is_nothing_to_object_to(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    await tell(desk, elder.registers(), elder.applies())
    case_id = (await case_of(desk, elder))["case_id"]
    early = await street(desk, "POST", "objections", case_id=case_id, ground="不实")
    assert (early.status_code, early.json()["code"]) == (404, "not_on_notice")
    granted = Elder()
    await awarded(desk, granted)
    case_id = (await case_of(desk, granted))["case_id"]
    named = await street(desk, "POST", "objections", case_id=case_id, ground="身份证110190192801")
    assert (named.status_code, named.json()["code"]) == (422, "words_name_somebody")
    desk.clock.set(date(2010, 1, 12))
    late = await street(desk, "POST", "objections", case_id=case_id, ground="不实")
    assert (late.status_code, late.json()["code"]) == (409, "notice_over")
    assert {award["state"] for award in await awards(desk)} == {"active"}


async def test_objections_are_listed_in_their_own_area(desk: OfficeDesk) -> None:
    elder = Elder()
    await awarded(desk, elder)
    objection = await objected(desk, elder)
    listed = await street(desk, "GET", "objections?is_open=true")
    assert [one["objection_id"] for one in listed.json()["items"]] == [objection["objection_id"]]
    area = OTHER_COMMUNITY[:9]
    hidden = await district(desk, "GET", "objections", role="street_officer", area=area)
    assert hidden.json()["items"] == []


def test_a_document_may_ask_for_the_notice_before_the_approval() -> None:
    days = Parameter(NOTICE_BEFORE, "C-55", "days", Dated((date(2010, 1, 6),), (7,)))
    first = replace(PROGRAMME, parameters={**PROGRAMME.parameters, NOTICE_BEFORE: days})
    reviewed_on = date(2010, 1, 10)
    assert on_notice(first, reviewed_on, date(2010, 1, 17))
    assert not on_notice(first, reviewed_on, date(2010, 1, 18))
    assert not on_notice(PROGRAMME, reviewed_on, date(2010, 1, 10))
    assert said(replace(CASE, on_notice=True)) == "notice_running"
    assert said(replace(CASE, objected=True)) == "objection_open"
    assert said(replace(CASE, on_notice=True), "refuse", "不实") == "done"
