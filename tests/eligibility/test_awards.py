"""Stories of the two parties at the doors, of awards and of how they end."""

from __future__ import annotations

from datetime import date

import asyncpg
import pytest

from shared.contracts.eligibility import (
    ApplicationRefused,
    AwardEnded,
    AwardGranted,
    DeterminationMade,
)
from shared.contracts.ids import new_id
from tests.desk import OfficeDesk
from tests.eligibility.stories import (
    DISTRICT,
    OTHER_COMMUNITY,
    STREET,
    Elder,
    approve,
    award_of,
    awarded,
    awards,
    case_of,
    cases,
    letters,
    review,
    tell,
    verification,
)

pytestmark = pytest.mark.anyio


async def test_two_people_grant_an_award_from_the_month_of_application(desk: OfficeDesk) -> None:
    elder = Elder()
    award = await awarded(desk, elder)
    assert (award["starts_on"], award["monthly_amount_fen"]) == ("2010-01-01", 10000)
    assert (award["reviewed_by"], award["approved_by"]) == ("li", "wang")
    (letter,) = await letters(desk, elder, AwardGranted)
    assert letter["award_id"] == award["award_id"]
    assert (letter["birth_on"], letter["benefit_class"]) == ("1925-03-03", "A")
    assert (letter["application_id"], letter["area_code"]) == (elder.application_id, elder.area)
    async with desk.as_("finance") as client:
        path = f"/eligibility/v1/awards/{award['award_id']}"
        assert (await client.get(path)).json() == award
        missing = await client.get(f"/eligibility/v1/awards/{new_id()}")
    assert missing.status_code == 404
    assert all((await verification(desk)).values())


async def test_the_same_officer_cannot_review_and_approve_and_approval_needs_a_review(
    desk: OfficeDesk, database: str
) -> None:
    elder = Elder()
    await tell(desk, elder.applies())
    case_id = (await case_of(desk, elder))["case_id"]
    (line,) = await approve(desk, case_id)
    assert line["code"] == "not_reviewed"
    await review(desk, case_id, sub="li")
    (line,) = await approve(desk, case_id, sub="li")
    assert (line["ok"], line["code"]) == (False, "same_person")
    assert "两人" in line["zh"]
    assert await awards(desk) == []
    owner = await asyncpg.connect(database)
    with pytest.raises(asyncpg.CheckViolationError, match="two_parties"):
        await owner.execute(
            "UPDATE eligibility.cases SET decided_by = reviewed_by, stage = 'approved'"
        )
    await owner.close()


async def test_a_thousand_lines_with_one_bad_line_leave_nine_hundred_and_ninety_nine_awards(
    desk: OfficeDesk,
) -> None:
    elders = [Elder() for _ in range(999)]
    unfit = Elder(birth_on=date(1960, 1, 1))
    await tell(desk, *(elder.applies() for elder in [*elders, unfit]))
    ids = [case["case_id"] for case in await cases(desk)]
    assert len(ids) == 1000
    assert {line["state"] for line in await review(desk, *ids)} == {"district_approval"}
    results = await approve(desk, *ids)
    bad = [line for line in results if not line["ok"]]
    assert [(line["id"], line["code"]) for line in bad] == [
        ((await case_of(desk, unfit))["case_id"], "not_eligible")
    ]
    async with desk.as_("district_officer", area=DISTRICT) as client:
        funnel = (await client.get("/eligibility/v1/funnel")).json()
    assert (funnel["awards"], funnel["cases"]) == (
        {"active": 999},
        {"approved": 999, "district_approval": 1},
    )
    work = desk.work("eligibility")
    journalled = await work.value("SELECT count FROM audit WHERE act LIKE 'POST %approvals'")
    await work.abandon()
    assert journalled == 999
    assert all((await verification(desk)).values())


async def test_lists_are_bounded_checked_and_answered_once(desk: OfficeDesk) -> None:
    elder = Elder()
    await tell(desk, elder.applies())
    case_id = (await case_of(desk, elder))["case_id"]
    line = {"case_id": case_id, "decision": "recommend_approval"}
    body = {"id": str(new_id()), "decisions": [line, line, {**line, "case_id": str(new_id())}]}
    async with desk.as_("street_officer", area=STREET) as client:
        path = "/eligibility/v1/reviews"
        first = await client.post(path, json=body)
        again = await client.post(path, json=body)
        assert [one["code"] for one in first.json()["results"]] == [
            "", "repeated", "no_such_case"
        ]  # fmt: skip
        assert again.json() == first.json()
        long = {"id": str(new_id()), "decisions": [line] * 1001}
        assert (await client.post(path, json=long)).status_code == 422
        wrong = {"id": str(new_id()), "decisions": [{**line, "decision": "approve"}]}
        (bad,) = (await client.post(path, json=wrong)).json()["results"]
        assert (bad["id"], bad["errors"][0]["field"]) == (case_id, "decisions.0.decision")
        approval = await client.post("/eligibility/v1/approvals", json=wrong)
        assert approval.status_code == 403


async def test_a_declared_tie_keeps_both_officers_out(desk: OfficeDesk) -> None:
    elder = Elder()
    await tell(desk, elder.applies())
    case_id = (await case_of(desk, elder))["case_id"]
    body = {"id": str(new_id()), "person_id": str(elder.person_id)}
    async with desk.as_("street_officer", sub="li", area=STREET) as client:
        assert (await client.post("/eligibility/v1/ties", json=body)).status_code == 201
    (line,) = await review(desk, case_id, sub="li")
    assert line["code"] == "tied"
    (line,) = await review(desk, case_id, sub="zhao")
    assert line["ok"]
    async with desk.as_("district_officer", sub="wang", area=DISTRICT) as client:
        await client.post("/eligibility/v1/ties", json=body)
    (line,) = await approve(desk, case_id, sub="wang")
    assert line["code"] == "tied"
    (line,) = await approve(desk, case_id, sub="qian")
    assert line["ok"]


async def test_a_death_known_before_the_application_letter_leads_to_no_award(
    desk: OfficeDesk,
) -> None:
    before, between = Elder(applied_on=date(2010, 1, 10)), Elder()
    await tell(desk, before.registers(), before.dies(date(2010, 1, 5)), before.applies())
    case = await case_of(desk, before)
    assert (case["stage"], case["outcome"]) == ("died", "ineligible")
    (made,) = await letters(desk, before, DeterminationMade)
    assert made["unmet"] == ["alive"]
    await tell(desk, between.applies())
    case_id = (await case_of(desk, between))["case_id"]
    await review(desk, case_id)
    await tell(desk, between.dies(date(2010, 1, 12)))
    (line,) = await approve(desk, case_id)
    assert line["code"] == "person_died"
    assert await awards(desk) == []


async def test_a_death_a_move_and_a_wish_end_the_award_on_their_day(desk: OfficeDesk) -> None:
    dying, moving, leaving, staying = (Elder() for _ in range(4))
    for elder in (dying, moving, leaving, staying):
        await awarded(desk, elder)
    await tell(
        desk,
        dying.dies(date(2010, 2, 10)),
        moving.moves("110108001001", date(2010, 2, 11)),
        leaving.withdraws(date(2010, 2, 12)),
        staying.moves(OTHER_COMMUNITY, date(2010, 2, 13)),
    )
    ended = {
        elder.person_id: [
            (letter["reason"], letter["ended_on"])
            for letter in await letters(desk, elder, AwardEnded)
        ]
        for elder in (dying, moving, leaving, staying)
    }
    assert ended == {
        dying.person_id: [("died", "2010-02-10")],
        moving.person_id: [("moved_out", "2010-02-11")],
        leaving.person_id: [("withdrawn", "2010-02-12")],
        staying.person_id: [],
    }
    award = await award_of(desk, staying)
    assert (award["state"], award["area_code"]) == ("active", OTHER_COMMUNITY)
    assert all((await verification(desk)).values())


async def test_an_award_that_outlives_its_person_is_found(desk: OfficeDesk, database: str) -> None:
    elder = Elder()
    await awarded(desk, elder)
    owner = await asyncpg.connect(database)
    await owner.execute("UPDATE eligibility.people SET died_on = '2010-01-20'")
    found = await verification(desk)
    assert (found["no_award_to_the_dead"], found["awards_by_two_people"]) == (False, True)
    await owner.execute("UPDATE eligibility.decisions SET sub = 'li'")
    assert (await verification(desk))["awards_by_two_people"] is False
    await owner.execute("DELETE FROM eligibility.decisions")
    assert (await verification(desk))["decided_by_people"] is False
    await owner.close()


async def test_who_withdraws_is_asked_nothing_more(desk: OfficeDesk) -> None:
    elder = Elder()
    await tell(desk, elder.applies())
    await tell(desk, elder.withdraws(date(2010, 1, 5)))
    case = await case_of(desk, elder)
    assert case["stage"] == "withdrawn"
    (line,) = await review(desk, case["case_id"])
    assert line["code"] == "closed"
    assert await letters(desk, elder, ApplicationRefused) == []
