"""Stories of appeals: in time, heard by an outsider, with a remedy, and the history of a case."""

from __future__ import annotations

from datetime import date

import pytest

from shared.contracts.eligibility import AppealDecided, AppealFiled, AwardGranted
from tests.desk import OfficeDesk
from tests.eligibility.offices import appealed, district, heard, refused, street
from tests.eligibility.stories import (
    OTHER_COMMUNITY,
    Elder,
    approve,
    award_of,
    awarded,
    awards,
    case_of,
    letters,
    review,
    tell,
    verification,
)

pytestmark = pytest.mark.anyio


async def test_an_appeal_that_is_right_grants_the_award_from_its_original_month(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    appeal_id = await appealed(desk, await refused(desk, elder))
    desk.clock.set(date(2010, 2, 20))
    answer = await heard(desk, appeal_id, "changed")
    assert answer.status_code == 201, answer.text
    assert answer.json()["outcome"] == "changed"
    award = await award_of(desk, elder)
    assert (award["starts_on"], award["granted_on"]) == ("2010-01-01", "2010-02-20")
    assert (award["reviewed_by"], award["approved_by"]) == ("li", "zhao")
    (granted,) = await letters(desk, elder, AwardGranted)
    assert granted["starts_on"] == "2010-01-01"
    assert [one["outcome"] for one in await letters(desk, elder, AppealDecided)] == ["changed"]
    assert len(await letters(desk, elder, AppealFiled)) == 1
    assert all((await verification(desk)).values())


async def test_an_appeal_on_the_sixtieth_day_is_taken_and_on_the_sixty_first_is_not(
    desk: OfficeDesk,
) -> None:
    first, last = await refused(desk, Elder()), await refused(desk, Elder())
    desk.clock.set(date(2010, 3, 5))  # 2010-01-04 and sixty days
    answer = await street(desk, "POST", "appeals", case_id=first, ground="请复查")
    assert (answer.status_code, answer.json()["last_on"]) == (201, "2010-03-05")
    desk.clock.set(date(2010, 3, 6))
    answer = await street(desk, "POST", "appeals", case_id=last, ground="请复查")
    assert (answer.status_code, answer.json()["code"]) == (409, "appeal_late")
    assert "2010-03-05" in answer.text


@pytest.mark.parametrize("sub", ["li", "wang", "qian"])
async def test_who_reviewed_refused_or_filed_does_not_hear_the_appeal(
    desk: OfficeDesk, sub: str
) -> None:
    appeal_id = await appealed(desk, await refused(desk, Elder()))
    answer = await heard(desk, appeal_id, "changed", sub=sub)
    assert (answer.status_code, answer.json()["code"]) == (409, "took_part")
    assert await awards(desk) == []


async def test_an_officer_with_a_declared_tie_does_not_hear_the_appeal(desk: OfficeDesk) -> None:
    elder = Elder()
    appeal_id = await appealed(desk, await refused(desk, elder))
    tie = await district(desk, "POST", "ties", person_id=str(elder.person_id), kind="kin")
    assert tie.status_code == 201
    answer = await heard(desk, appeal_id, "upheld")
    assert (answer.status_code, answer.json()["code"]) == (409, "tied")
    assert (await heard(desk, appeal_id, "upheld", sub="sun")).status_code == 201


async def test_a_refusal_that_is_upheld_stands_and_is_not_appealed_twice(desk: OfficeDesk) -> None:
    elder = Elder()
    case_id = await refused(desk, elder)
    appeal_id = await appealed(desk, case_id)
    assert (await heard(desk, appeal_id, "upheld")).status_code == 201
    again = await heard(desk, appeal_id, "changed", sub="sun")
    assert again.json()["code"] == "appeal_heard"
    answer = await street(desk, "POST", "appeals", case_id=case_id, ground="再次申诉")
    assert answer.json()["code"] == "appealed_already"
    assert (await case_of(desk, elder))["stage"] == "refused"
    assert await awards(desk) == []
    assert all((await verification(desk)).values())


async def test_a_case_sent_back_is_decided_anew_with_its_old_month_and_a_fresh_clock(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    case_id = await refused(desk, elder)
    appeal_id = await appealed(desk, case_id)
    desk.clock.set(date(2010, 2, 20))
    assert (await heard(desk, appeal_id, "remitted")).status_code == 201
    case = await case_of(desk, elder)
    assert (case["stage"], case["decide_by"]) == ("street_review", "2010-03-22")
    assert case["reviewed_by"] is None
    assert [line["ok"] for line in await review(desk, case_id, sub="he")] == [True]
    assert [line["ok"] for line in await approve(desk, case_id, sub="wu")] == [True]
    assert (await award_of(desk, elder))["starts_on"] == "2010-01-01"
    assert all((await verification(desk)).values())


async def test_what_the_rules_forbid_no_appeal_can_grant(desk: OfficeDesk) -> None:
    elder = Elder(birth_on=date(1960, 1, 1))
    appeal_id = await appealed(desk, await refused(desk, elder, note=None))
    answer = await heard(desk, appeal_id, "changed")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_eligible")
    assert (await heard(desk, appeal_id, "remitted")).status_code == 201


async def test_nothing_is_remitted_or_granted_beside_another_case_or_award(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    appeal_id = await appealed(desk, await refused(desk, elder))
    again = Elder(person_id=elder.person_id)
    await tell(desk, again.applies())
    answer = await heard(desk, appeal_id, "remitted")
    assert (answer.status_code, answer.json()["code"]) == (409, "another_open")
    open_case = (await case_of(desk, again))["case_id"]
    await review(desk, open_case)
    await approve(desk, open_case)
    answer = await heard(desk, appeal_id, "changed")
    assert (answer.status_code, answer.json()["code"]) == (409, "already_awarded")
    assert len(await awards(desk)) == 1


async def test_only_a_refusal_is_appealed_and_words_name_nobody(desk: OfficeDesk) -> None:
    elder = Elder()
    award = await awarded(desk, elder)
    case_id = (await case_of(desk, elder))["case_id"]
    answer = await street(desk, "POST", "appeals", case_id=case_id, ground="不服")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_refused")
    answer = await street(desk, "POST", "appeals", case_id=award["award_id"], ground="不服")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_case")
    answer = await street(desk, "POST", "appeals", case_id=case_id, ground="电话13900000000")
    assert (answer.status_code, answer.json()["code"]) == (422, "words_name_somebody")
    assert "13900000000" not in answer.text


async def test_appeals_are_listed_in_their_own_area_and_follow_a_move(desk: OfficeDesk) -> None:
    elder = Elder()
    appeal_id = await appealed(desk, await refused(desk, elder))
    assert [one["appeal_id"] for one in await _listed(desk, "110105001")] == [appeal_id]
    assert await _listed(desk, OTHER_COMMUNITY[:9]) == []
    await tell(desk, elder.moves(OTHER_COMMUNITY, date(2010, 1, 5)))
    assert [one["appeal_id"] for one in await _listed(desk, OTHER_COMMUNITY[:9])] == [appeal_id]
    await heard(desk, appeal_id, "upheld")
    assert await _listed(desk, OTHER_COMMUNITY[:9]) == []


async def test_a_case_tells_its_whole_history(desk: OfficeDesk) -> None:
    elder = Elder()
    case_id = await refused(desk, elder)
    desk.clock.set(date(2010, 1, 20))
    appeal_id = await appealed(desk, case_id)
    desk.clock.set(date(2010, 1, 25))
    await heard(desk, appeal_id, "changed")
    steps = (await district(desk, "GET", f"cases/{case_id}/history")).json()
    assert [(step["what"], step["said"], step["sub"]) for step in steps] == [
        ("opened", "chaoyang-2010/voucher", ""),
        ("determined", "eligible", ""),
        ("reviewed", "recommend_approval", "li"),
        ("decided", "refuse", "wang"),
        ("appeal_filed", "", "qian"),
        ("decided", "approve", "zhao"),
        ("appeal_decided", "changed", "zhao"),
    ]
    hidden = await district(
        desk, "GET", f"cases/{case_id}/history", role="street_officer", area="110105002"
    )
    assert hidden.status_code == 404


async def _listed(desk: OfficeDesk, area: str) -> list[dict[str, str]]:
    path = "appeals?is_open=true"
    answer = await district(desk, "GET", path, role="street_officer", area=area)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, str]] = answer.json()["items"]
    return items
