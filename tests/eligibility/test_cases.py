"""Stories of applications, determinations and cases before the street."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import asyncpg
import pytest

from shared.contracts.eligibility import (
    ApplicationRefused,
    AwardGranted,
    CaseReviewed,
    DeterminationMade,
)
from shared.contracts.ids import new_id
from shared.contracts.intake import PersonUpdated, StreetActivated, StreetPaused
from shared.contracts.programmes import HOME_CARE
from tests.desk import OfficeDesk
from tests.eligibility.stories import (
    COMMUNITY,
    DISTRICT,
    NANGANG_COMMUNITY,
    NANGANG_STREET,
    OTHER_COMMUNITY,
    Elder,
    approve,
    awarded,
    awards,
    case_of,
    cases,
    letters,
    review,
    street_letter,
    tell,
    verification,
)

pytestmark = pytest.mark.anyio
NANGANG = "230103"


def nangang_elder(**more: object) -> Elder:
    return Elder(
        birth_on=date(1935, 5, 5), area=NANGANG_COMMUNITY, programme=HOME_CARE, more=dict(more)
    )


async def test_an_application_is_determined_with_findings_and_waits_for_the_street(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    await tell(desk, elder.applies())
    case = await case_of(desk, elder)
    assert (case["stage"], case["outcome"], case["benefit_class"]) == (
        "street_review",
        "eligible",
        "A",
    )
    async with desk.as_("hotline") as client:
        answer = await client.get(f"/eligibility/v1/determinations/{elder.application_id}")
    (made,) = answer.json()
    assert made["as_of_on"] == "2010-01-04"
    assert {finding["criterion"] for finding in made["findings"]} >= {"hukou", "age_class_a"}
    assert all(finding["article"] for finding in made["findings"])
    assert "符合条件" in made["reasons"]["zh"]
    (letter,) = await letters(desk, elder, DeterminationMade)
    assert letter["digest"] == made["digest"]
    assert letter["application_id"] == elder.application_id


async def test_an_ineligible_application_waits_for_people_too_and_cannot_be_approved(
    desk: OfficeDesk,
) -> None:
    elder = Elder(birth_on=date(1960, 1, 1))
    await tell(desk, elder.applies())
    case = await case_of(desk, elder)
    assert (case["stage"], case["outcome"]) == ("street_review", "ineligible")
    assert await letters(desk, elder, ApplicationRefused) == []
    await review(desk, case["case_id"])
    (line,) = await approve(desk, case["case_id"], note="家庭困难")
    assert (line["ok"], line["code"]) == (False, "not_eligible")
    (line,) = await approve(desk, case["case_id"], decision="refuse")
    assert line["ok"] is True
    (refusal,) = await letters(desk, elder, ApplicationRefused)
    assert refusal["unmet"]
    assert await awards(desk) == []


async def test_a_second_application_while_one_is_open_is_closed_as_duplicate(
    desk: OfficeDesk,
) -> None:
    elder, second = Elder(), new_id()
    await tell(desk, elder.applies(), elder.applies(second), elder.applies())
    by_application = {case["application_id"]: case["stage"] for case in await cases(desk)}
    assert by_application == {str(elder.application_id): "street_review", str(second): "duplicate"}
    (refusal,) = await letters(desk, elder, ApplicationRefused)
    assert (refusal["application_id"], refusal["unmet"]) == (second, ["duplicate"])
    assert len(await letters(desk, elder, DeterminationMade)) == 2


async def test_an_application_while_an_award_runs_is_closed_as_duplicate(desk: OfficeDesk) -> None:
    elder = Elder()
    await awarded(desk, elder)
    await tell(desk, elder.applies(new_id()))
    assert sorted(case["stage"] for case in await cases(desk)) == ["approved", "duplicate"]


async def test_a_case_of_a_street_that_is_not_activated_is_held_until_it_is(
    desk: OfficeDesk,
) -> None:
    elder = nangang_elder()
    await tell(desk, elder.applies())
    case = await case_of(desk, elder, NANGANG)
    assert (case["stage"], case["outcome"]) == ("held", "eligible")
    (line,) = await review(desk, case["case_id"], area=NANGANG_STREET)
    assert line["code"] == "street_not_activated"
    (line,) = await approve(desk, case["case_id"], area=NANGANG)
    assert line["code"] == "street_not_activated"
    await tell(desk, street_letter(StreetActivated, date(2010, 2, 1)))
    assert (await case_of(desk, elder, NANGANG))["stage"] == "street_review"
    (line,) = await review(desk, case["case_id"], area=NANGANG_STREET)
    assert line["ok"]
    await tell(desk, street_letter(StreetPaused, date(2010, 2, 2)))
    (line,) = await approve(desk, case["case_id"], area=NANGANG)
    assert line["code"] == "street_not_activated"
    await tell(desk, street_letter(StreetActivated, date(2010, 2, 3)))
    (line,) = await approve(desk, case["case_id"], area=NANGANG)
    assert line["ok"]
    (letter,) = await letters(desk, elder, AwardGranted)
    assert (letter["benefit_class"], letter["monthly_amount_fen"]) == ("A", None)


async def test_papers_that_come_later_bring_the_case_back_with_a_new_determination(
    desk: OfficeDesk,
) -> None:
    elder = Elder(birth_on=None)
    await tell(desk, elder.applies())
    case = await case_of(desk, elder)
    assert case["outcome"] == "needs_evidence"
    (line,) = await approve(desk, case["case_id"], note="本人到场")
    assert line["code"] == "evidence_missing"
    await review(desk, case["case_id"], decision="needs_evidence")
    assert (await case_of(desk, elder))["stage"] == "needs_evidence"
    (letter,) = await letters(desk, elder, CaseReviewed)
    assert letter["decision"] == "needs_evidence"
    elder.birth_on = date(1925, 3, 3)
    registered = elder.registers()
    await tell(desk, PersonUpdated(**registered.model_dump(), changed=("birth_on",)))
    case = await case_of(desk, elder)
    assert (case["stage"], case["outcome"]) == ("street_review", "eligible")
    made = await letters(desk, elder, DeterminationMade)
    assert [one["outcome"] for one in made] == ["needs_evidence", "eligible"]
    assert all((await verification(desk)).values())


async def test_a_question_for_people_is_approved_only_with_a_note(desk: OfficeDesk) -> None:
    elder = nangang_elder(lives_with="spouse_elderly_or_disabled")
    await tell(desk, street_letter(StreetActivated, date(2010, 1, 4)), elder.applies())
    case = await case_of(desk, elder, NANGANG)
    assert case["outcome"] == "needs_review"
    await review(desk, case["case_id"], area=NANGANG_STREET)
    (line,) = await approve(desk, case["case_id"], area=NANGANG)
    assert line["code"] == "note_missing"
    (line,) = await approve(desk, case["case_id"], area=NANGANG, note="配偶卧床，视同独居")
    assert line["ok"]


async def test_another_street_sees_nothing_and_can_decide_nothing(desk: OfficeDesk) -> None:
    elder = Elder()
    await tell(desk, elder.applies())
    case_id = (await case_of(desk, elder))["case_id"]
    async with desk.as_("street_officer", area=OTHER_COMMUNITY[:9]) as client:
        assert (await client.get("/eligibility/v1/cases")).json()["items"] == []
        path = f"/eligibility/v1/determinations/{elder.application_id}"
        assert (await client.get(path)).status_code == 404
        funnel = (await client.get("/eligibility/v1/funnel")).json()
        assert (funnel["applications"], funnel["cases"]) == (0, {})
    (line,) = await review(desk, case_id, area=OTHER_COMMUNITY[:9])
    assert line["code"] == "no_such_case"


async def test_a_partner_sees_its_own_agencys_applications_alone(desk: OfficeDesk) -> None:
    agency = str(new_id())
    elder = Elder(agency=agency)
    await tell(desk, elder.applies())
    path = f"/eligibility/v1/determinations/{elder.application_id}"
    async with desk.as_("partner", agency=agency) as client:
        assert (await client.get(path)).status_code == 200
    async with desk.as_("partner", agency=str(new_id())) as client:
        assert (await client.get(path)).status_code == 404
    async with desk.as_("caregiver", agency=agency) as client:
        assert (await client.get(path)).status_code == 403
    async with desk.as_("auditor") as client:
        answer = await client.get(f"/eligibility/v1/determinations/{UUID(int=7)}")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_application")


async def test_who_moves_within_the_district_takes_the_case_along(desk: OfficeDesk) -> None:
    elder = Elder()
    await tell(desk, elder.registers(), elder.applies())
    await tell(desk, elder.moves(OTHER_COMMUNITY, date(2010, 1, 4)))
    case = await case_of(desk, elder)
    assert (case["stage"], case["area_code"]) == ("street_review", OTHER_COMMUNITY)
    path = f"/eligibility/v1/determinations/{elder.application_id}"
    async with desk.as_("street_officer", area=OTHER_COMMUNITY[:9]) as client:
        assert (await client.get(path)).status_code == 200


async def test_who_moves_out_of_the_district_has_the_case_closed_whichever_letter_is_first(
    desk: OfficeDesk,
) -> None:
    for move_first in (False, True):
        elder = Elder()
        application = elder.applies()
        await tell(desk, elder.registers(), *(() if move_first else (application,)))
        await tell(desk, elder.moves("110108001001", date(2010, 1, 5)))
        await tell(desk, *((application,) if move_first else ()))
        assert (await case_of(desk, elder))["stage"] == "moved_out"


async def test_the_worklist_pages_and_filters(desk: OfficeDesk) -> None:
    elders = [Elder() for _ in range(3)] + [Elder(birth_on=date(1960, 1, 1))]
    await tell(desk, *(elder.applies() for elder in elders))
    async with desk.as_("street_officer", area=COMMUNITY[:9]) as client:
        seen: list[str] = []
        params = {"limit": "3", "stage": "street_review"}
        page = (await client.get("/eligibility/v1/cases", params=params)).json()
        seen += [case["case_id"] for case in page["items"]]
        rest = {**params, "cursor": page["next"]}
        page = (await client.get("/eligibility/v1/cases", params=rest)).json()
        seen += [case["case_id"] for case in page["items"]]
        assert page["next"] is None
        bad = await client.get("/eligibility/v1/cases", params={"cursor": "x"})
        assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "cursor")
        bad = await client.get("/eligibility/v1/cases", params={"stage": "lost"})
        assert bad.status_code == 422
    assert len(set(seen)) == 4
    (unfit,) = await cases(desk, outcome="ineligible")
    assert unfit["person_id"] == str(elders[-1].person_id)
    assert await cases(desk, programme=HOME_CARE) == []


async def test_a_determination_cannot_be_changed_and_a_tampered_fact_is_found_by_replay(
    desk: OfficeDesk, database: str
) -> None:
    elder = Elder(applied_on=date(2009, 12, 20))
    await tell(desk, elder.applies())
    (made,) = await letters(desk, elder, DeterminationMade)
    assert made["as_of_on"] == "2010-01-01"  # the policy's first day
    work = desk.work("eligibility")
    with pytest.raises(Exception, match="permission denied"):
        await work.run("UPDATE determinations SET outcome = 'ineligible'")
    await work.abandon()
    assert (await verification(desk))["determinations_replay"] is True
    owner = await asyncpg.connect(database)
    await owner.execute(
        'UPDATE eligibility.determinations SET facts = facts || \'{"birth_on": "1929-01-01"}\''
    )
    await owner.close()
    assert (await verification(desk))["determinations_replay"] is False


async def test_citizens_read_the_policies_without_a_token(desk: OfficeDesk) -> None:
    async with desk.nobody() as client:
        answer = await client.get("/eligibility/v1/policies")
        assert (await client.get("/eligibility/v1/cases")).status_code == 401
    documents = {one["id"]: one for one in answer.json()}
    voucher = documents["chaoyang-2010"]["programmes"][0]
    assert voucher["id"] == "chaoyang-2010/voucher"
    assert {"id": "monthly_amount", "article": "三(二)", "unit": "fen", "value": 10000} in (
        voucher["parameters"]
    )
    assert "年满80周岁" in str(voucher["classes"])
    assert documents["nangang-2008"]["silences"]


async def test_the_funnel_counts_from_applications_to_awards(desk: OfficeDesk) -> None:
    await awarded(desk, Elder())
    await tell(desk, Elder(birth_on=date(1960, 1, 1)).applies(), Elder().applies())
    async with desk.as_("district_officer", area=DISTRICT) as client:
        path = "/eligibility/v1/funnel"
        funnel = (await client.get(path, params={"programme": "chaoyang-2010/voucher"})).json()
        unknown = await client.get(path, params={"programme": "chaoyang-2010/none"})
    assert funnel["applications"] == 3
    assert funnel["determinations"] == {"eligible": 2, "ineligible": 1}
    assert funnel["cases"] == {"approved": 1, "street_review": 2}
    assert (funnel["refused"], funnel["awards"]) == (0, {"active": 1})
    assert unknown.status_code == 422
