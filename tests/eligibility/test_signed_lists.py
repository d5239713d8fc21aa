"""Stories of clear cases approved in one signed act, and of what must not be signed so."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.eligibility.signing.domain import Shown, list_digest
from shared.contracts.eligibility import AwardGranted
from shared.contracts.intake import PersonUpdated
from tests.desk import OfficeDesk
from tests.eligibility.offices import district
from tests.eligibility.stories import (
    DISTRICT,
    Elder,
    approve,
    awards,
    case_of,
    letters,
    review,
    tell,
    verification,
)

pytestmark = pytest.mark.anyio


async def recommended(desk: OfficeDesk, *elders: Elder) -> list[str]:
    await tell(
        desk, *(letter for elder in elders for letter in (elder.registers(), elder.applies()))
    )
    ids = [(await case_of(desk, elder))["case_id"] for elder in elders]
    await review(desk, *ids)
    return ids


async def shown(desk: OfficeDesk, sub: str = "wang") -> dict[str, Any]:
    answer = await district(desk, "GET", "clear-cases", by=sub)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def signed(desk: OfficeDesk, page: dict[str, Any], **said: Any) -> Any:
    lines = [{"case_id": one["case_id"], "digest": one["digest"]} for one in page["items"]]
    act: dict[str, Any] = {"list_digest": page["list_digest"], "cases": lines, **said}
    return await district(desk, "POST", "signed-lists", by="wang", **act)


async def test_a_list_of_clear_cases_is_approved_in_one_act_that_is_kept(desk: OfficeDesk) -> None:
    elders = [Elder(), Elder()]
    ids = await recommended(desk, *elders)
    page = await shown(desk)
    assert {one["case_id"] for one in page["items"]} == set(ids)
    answer = await signed(desk, page)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 2)
    assert len(await awards(desk)) == 2
    for elder in elders:
        assert len(await letters(desk, elder, AwardGranted)) == 1
    (act,) = (await district(desk, "GET", "signed-lists")).json()["items"]
    assert (act["sub"], act["body"], act["shown"], act["approved"]) == ("wang", "民政", 2, 2)
    assert (act["signed_on"], act["list_digest"]) == ("2010-01-04", page["list_digest"])
    whole = (await district(desk, "GET", f"signed-lists/{act['act_id']}")).json()
    assert {line["case_id"] for line in whole["lines"]} == set(ids)
    assert {line["result"] for line in whole["lines"]} == {"approved"}
    assert (await shown(desk))["items"] == []
    assert all((await verification(desk)).values())


async def test_a_case_determined_again_after_it_was_shown_is_not_approved_but_the_others_are(
    desk: OfficeDesk,
) -> None:
    still, changed = Elder(), Elder()
    await recommended(desk, still, changed)
    page = await shown(desk)
    changed.more["dibao"] = True
    changed.birth_on = date(1924, 3, 3)
    await tell(desk, PersonUpdated(**changed.registers().model_dump(), changed=("birth_on",)))
    results = (await signed(desk, page)).json()["results"]
    by_case = {line["id"]: line["code"] for line in results}
    case = await case_of(desk, changed)
    assert by_case[case["case_id"]] == "changed_since_shown"
    assert (case["stage"], len(await awards(desk))) == ("street_review", 1)
    assert all((await verification(desk)).values())


async def test_a_list_whose_digest_is_not_of_what_was_shown_is_refused_whole(
    desk: OfficeDesk,
) -> None:
    await recommended(desk, Elder(), Elder())
    page = await shown(desk)
    answer = await signed(desk, {**page, "items": page["items"][:1]})
    assert (answer.status_code, answer.json()["code"]) == (422, "list_not_as_shown")
    answer = await signed(desk, page, cases=[])
    assert answer.status_code == 422
    assert await awards(desk) == []


async def test_a_case_that_leaves_something_to_judge_is_neither_shown_nor_signed(
    desk: OfficeDesk,
) -> None:
    doubted = Elder()
    await tell(desk, doubted.registers(), doubted.applies())
    case = await case_of(desk, doubted)
    await review(desk, case["case_id"], decision="recommend_refusal")
    assert (await shown(desk))["items"] == []
    line = Shown(case["case_id"], case["digest"])
    page = {
        "items": [{"case_id": case["case_id"], "digest": case["digest"]}],
        "list_digest": list_digest([line]),
    }
    (result,) = (await signed(desk, page)).json()["results"]
    assert result["code"] == "note_missing"
    assert await awards(desk) == []


async def test_nobody_signs_what_he_reviewed_or_for_a_person_he_has_a_tie_with(
    desk: OfficeDesk,
) -> None:
    mine, kin = Elder(), Elder()
    await recommended(desk, mine, kin)
    assert (await shown(desk, sub="li"))["items"] == []
    await district(desk, "POST", "ties", by="wang", person_id=str(kin.person_id), kind="household")
    (one,) = (await shown(desk))["items"]
    assert one["person_id"] == str(mine.person_id)
    denied = await district(
        desk, "GET", "clear-cases", role="street_officer", area=f"{DISTRICT}001"
    )
    assert denied.status_code == 403


async def test_a_district_officer_enters_the_tie_of_a_colleague_whom_the_applicant_named(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    (case_id,) = await recommended(desk, elder)
    said = {"person_id": str(elder.person_id), "kind": "kin", "sub": "wang"}
    refused = await district(
        desk, "POST", "ties", role="street_officer", area=f"{DISTRICT}001", **said
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_tie")
    answer = await district(desk, "POST", "ties", **said)
    assert answer.status_code == 201, answer.text
    (line,) = await approve(desk, case_id, sub="wang")
    assert line["code"] == "tied"
    (line,) = await approve(desk, case_id, sub="zhao")
    assert line["ok"]
