"""Stories of dynamic management: birthdays that change the answer (N-51)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared.contracts.eligibility import AwardGranted, DeterminationMade
from shared.contracts.ids import new_id
from tests.desk import OfficeDesk
from tests.eligibility.stories import (
    DISTRICT,
    Elder,
    approve,
    award_of,
    awards,
    case_of,
    cases,
    letters,
    review,
    tell,
    verification,
)

pytestmark = pytest.mark.anyio
EIGHTY_IN_MARCH = date(1930, 3, 15)


async def refused(desk: OfficeDesk, elder: Elder) -> None:
    """The elder applies and is refused by both parties."""
    await tell(desk, elder.registers(), elder.applies())
    case = await case_of(desk, elder)
    assert case["outcome"] == "ineligible"
    await review(desk, case["case_id"], decision="recommend_refusal")
    (line,) = await approve(desk, case["case_id"], decision="refuse")
    assert line["ok"]


async def sweep(desk: OfficeDesk, day: date, area: str = DISTRICT) -> dict[str, Any]:
    """The district sweeps on a day."""
    desk.clock.set(day)
    async with desk.as_("district_officer", area=area) as client:
        answer = await client.post("/eligibility/v1/sweeps", json={"id": str(new_id())})
    assert answer.status_code == 200, answer.text
    await desk.settle()
    return {key: answer.json()[key] for key in ("examined", "determined", "opened")}


async def test_a_person_of_79_is_refused_in_january_and_has_the_voucher_from_march(
    desk: OfficeDesk,
) -> None:
    elder = Elder(birth_on=EIGHTY_IN_MARCH)
    await refused(desk, elder)
    assert (await sweep(desk, date(2010, 3, 14)))["examined"] == 0
    assert (await sweep(desk, date(2010, 3, 20), area="110108"))["examined"] == 0
    assert await sweep(desk, date(2010, 3, 20)) == {"examined": 1, "determined": 1, "opened": 1}
    assert (await sweep(desk, date(2010, 3, 21)))["examined"] == 0
    made = await letters(desk, elder, DeterminationMade)
    assert [(one["outcome"], one["as_of_on"]) for one in made] == [
        ("ineligible", "2010-01-04"),
        ("eligible", "2010-03-15"),
    ]
    case = await case_of(desk, elder)
    assert (case["stage"], case["opened_on"]) == ("street_review", "2010-03-20")
    await review(desk, case["case_id"])
    (line,) = await approve(desk, case["case_id"])
    assert line["ok"]
    (letter,) = await letters(desk, elder, AwardGranted)
    assert (letter["starts_on"], letter["application_id"]) == ("2010-03-01", elder.application_id)
    assert (await award_of(desk, elder))["starts_on"] == "2010-03-01"
    assert all((await verification(desk)).values())


async def test_the_sweep_leaves_the_dead_the_gone_the_withdrawn_and_the_served_alone(
    desk: OfficeDesk,
) -> None:
    dead, gone, withdrawn, served = (Elder(birth_on=EIGHTY_IN_MARCH) for _ in range(4))
    for elder in (dead, gone, withdrawn, served):
        await refused(desk, elder)
    await tell(
        desk,
        dead.dies(date(2010, 3, 1)),
        gone.moves("110108001001", date(2010, 3, 1)),
        withdrawn.withdraws(date(2010, 3, 1)),
    )
    served.applied_on = date(2010, 3, 16)
    await tell(desk, served.applies(new_id()))
    assert await sweep(desk, date(2010, 3, 20)) == {"examined": 1, "determined": 0, "opened": 0}
    stages = sorted(case["stage"] for case in await cases(desk))
    assert stages == ["refused"] * 4 + ["street_review"]
    assert await awards(desk) == []


async def test_a_birthday_that_changes_nothing_opens_no_case_and_is_not_asked_again(
    desk: OfficeDesk,
) -> None:
    elder = Elder(birth_on=EIGHTY_IN_MARCH, more={"hukou_area": "130100"})
    await refused(desk, elder)
    assert await sweep(desk, date(2010, 3, 15)) == {"examined": 1, "determined": 1, "opened": 0}
    assert (await sweep(desk, date(2010, 3, 15)))["examined"] == 0
    assert len(await cases(desk)) == 1
    assert len(await letters(desk, elder, DeterminationMade)) == 2
