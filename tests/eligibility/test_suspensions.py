"""Stories of suspended awards: two people stop one, one gives it back, months are not paid back."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from shared.contracts.eligibility import AwardResumed, AwardSuspended
from shared.contracts.ids import new_id
from tests.desk import OfficeDesk
from tests.eligibility.dynamics import (
    acts,
    decided,
    recheck_of,
    rechecks,
    reported,
    resumed,
    sweep_awards,
)
from tests.eligibility.stories import (
    DISTRICT,
    STREET,
    Elder,
    award_of,
    awarded,
    case_of,
    letters,
    tell,
    verification,
)

pytestmark = pytest.mark.anyio
ABROAD = {"finding": "suspend", "reason": "abroad", "effective_on": "2010-02-10"}


async def suspended(desk: OfficeDesk, elder: Elder) -> None:
    """The elder is abroad from 10 February on, say street and district."""
    await awarded(desk, elder)
    desk.clock.set(date(2010, 2, 20))
    assert (await reported(desk, elder, **ABROAD))["state"] == "proposed"
    recheck = await recheck_of(desk, elder)
    assert (recheck["trigger"], recheck["reviewed_by"]) == ("report", "li")
    assert (await decided(desk, recheck["recheck_id"]))["state"] == "suspended"


async def test_absence_abroad_suspends_and_the_return_resumes_with_date_reason_and_article(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    await suspended(desk, elder)
    award = await award_of(desk, elder)
    assert (award["state"], award["suspended_on"], award["suspend_reason"]) == (
        "suspended", "2010-02-10", "abroad"
    )  # fmt: skip
    (told,) = await letters(desk, elder, AwardSuspended)
    assert (told["suspended_on"], told["reason"]) == ("2010-02-10", "abroad")
    async with desk.as_("district_officer", area=DISTRICT) as client:
        listed = await client.get("/eligibility/v1/awards", params={"state": "suspended"})
        running = await client.get("/eligibility/v1/awards", params={"state": "active"})
        funnel = await client.get("/eligibility/v1/funnel")
    assert [one["award_id"] for one in listed.json()["items"]] == [award["award_id"]]
    assert (running.json()["items"], funnel.json()["awards"]) == ([], {"suspended": 1})
    assert all((await verification(desk)).values())
    desk.clock.set(date(2010, 5, 3))
    assert (await resumed(desk, elder, resumed_on="2010-05-04"))["code"] == "day_out_of_range"
    assert (await resumed(desk, elder, resumed_on="2010-02-09"))["code"] == "day_out_of_range"
    assert (await resumed(desk, elder, resumed_on="2010-05-02", note="已回国"))["state"] == "active"
    assert (await resumed(desk, elder))["code"] == "not_suspended"
    (back,) = await letters(desk, elder, AwardResumed)
    assert back["resumed_on"] == "2010-05-02"
    assert [(a["act"], a["article"], a["reason"]) for a in await acts(desk, elder)] == [
        ("granted", "三(二)", "approved"),
        ("proposed", "C-52", "abroad"),
        ("suspended", "C-52", "abroad"),
        ("resumed", "C-52", "cause_gone"),
    ]
    assert all((await verification(desk)).values())


async def test_nobody_suspends_alone_nor_while_a_question_is_open_nor_with_a_tie(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    await awarded(desk, elder)
    async with desk.as_("street_officer", sub="sun", area=STREET) as client:
        tie = {"id": str(new_id()), "person_id": str(elder.person_id)}
        assert (await client.post("/eligibility/v1/ties", json=tie)).status_code == 201
    line = {"finding": "suspend", "note": "电话不通"}
    assert (await reported(desk, elder, sub="sun", reason="abroad", **line))["code"] == "tied"
    assert (await reported(desk, elder, **line))["code"] == "reason_missing"
    tomorrow = {"reason": "unreachable", "effective_on": "2010-01-05"}
    assert (await reported(desk, elder, **line, **tomorrow))["code"] == "day_out_of_range"
    assert (await reported(desk, elder, area="110105002", **line))["code"] == "no_such_award"
    assert (await reported(desk, elder, reason="unreachable", **line))["ok"]
    assert (await award_of(desk, elder))["state"] == "active"
    assert (await reported(desk, elder, reason="unreachable", **line))["code"] == "recheck_open"
    recheck_id = (await recheck_of(desk, elder))["recheck_id"]
    assert (await decided(desk, recheck_id, "reject", note="已联系到本人"))["state"] == "kept"
    assert (await award_of(desk, elder))["state"] == "active"
    async with desk.as_("district_officer", area=DISTRICT) as client:
        answer = await client.post("/eligibility/v1/rechecks", json={"id": str(new_id())})
    assert answer.status_code in (403, 422)


@pytest.mark.parametrize(("days", "code"), [(10, ""), (11, "proposal_lapsed")])
async def test_a_finding_that_waits_longer_than_ten_days_lapses(
    desk: OfficeDesk, days: int, code: str
) -> None:
    elder = Elder()
    await awarded(desk, elder)
    await reported(desk, elder, finding="suspend", reason="detained")
    desk.clock.set(date(2010, 1, 4) + timedelta(days=days))
    recheck_id = (await recheck_of(desk, elder))["recheck_id"]
    assert (await decided(desk, recheck_id))["code"] == code


async def test_a_suspended_award_is_still_the_only_one_and_still_looked_at(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    await suspended(desk, elder)
    elder.applied_on = date(2010, 3, 1)
    await tell(desk, elder.applies(new_id()))
    assert (await case_of(desk, elder))["stage"] == "duplicate"
    swept = await sweep_awards(desk, date(2011, 3, 1))
    assert swept["asked"] == 1, "a year after the district last decided"
    assert [one["trigger"] for one in await rechecks(desk, stage="open")] == ["yearly"]
    await tell(desk, elder.dies(date(2011, 3, 2)))
    assert (await award_of(desk, elder))["state"] == "ended"
    assert all((await verification(desk)).values())
