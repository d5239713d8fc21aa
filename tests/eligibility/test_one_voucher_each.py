"""Stories of one person and one voucher, whoever asks, however many officers act at once (C-50)."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import anyio
import asyncpg
import pytest

from services.eligibility import policy
from services.eligibility.policy import load_policies
from shared.contracts.eligibility import AwardGranted
from shared.contracts.ids import new_id
from shared.contracts.programmes import VOUCHER
from tests.desk import OfficeDesk
from tests.eligibility.stories import (
    DISTRICT,
    OTHER_COMMUNITY,
    Elder,
    Lines,
    approve,
    awarded,
    awards,
    cases,
    letters,
    review,
    tell,
    verification,
)

pytestmark = pytest.mark.anyio
NEIGHBOUR = "990107"
THERE = f"{NEIGHBOUR}001001"


def second_district(folder: Path) -> str:
    """A neighbouring district with a voucher of its own, for people living in either."""
    text = Path(policy.__file__).with_name("chaoyang-2010.yaml").read_text(encoding="utf-8")
    text = text.replace("instrument: chaoyang-2010", "instrument: neighbour-2010", 1)
    text = text.replace('values: {2010-01-06: "110105"}', 'values: {2010-01-06: "11"}')
    (folder / "neighbour-2010.yaml").write_text(text, encoding="utf-8")
    return "neighbour-2010/voucher"


async def test_two_districts_that_approve_at_once_grant_one_voucher(
    desk: OfficeDesk, tmp_path: Path
) -> None:
    folder = tmp_path / "policies"
    folder.mkdir()
    theirs = second_district(folder)
    own = Path(policy.__file__).parent
    desk.office.runtimes["eligibility"].state["policies"] = load_policies(own, folder)
    elders = [Elder() for _ in range(8)]
    for elder in elders:
        there = replace(elder, programme=theirs, area=THERE, application_id=new_id())
        there.more = {"residence_area": "110105001001"}
        await tell(desk, elder.applies(), there.applies())
    here_ids = [one["case_id"] for one in await cases(desk)]
    there_ids = [one["case_id"] for one in await cases(desk, area=NEIGHBOUR)]
    assert (len(here_ids), len(there_ids)) == (8, 8)
    await review(desk, *here_ids)
    await review(desk, *there_ids, area=f"{NEIGHBOUR}001")
    answers: list[Lines] = []

    async def decide(ids: list[str], sub: str, area: str) -> None:
        answers.append(await approve(desk, *ids, sub=sub, area=area))

    async with anyio.create_task_group() as group:
        for nth in range(8):
            group.start_soon(decide, here_ids[nth : nth + 1], "wang", DISTRICT)
            group.start_soon(decide, there_ids[7 - nth : 8 - nth], "zhao", NEIGHBOUR)
    told = Counter(line["state"] or line["code"] for lines in answers for line in lines)
    assert told == {"approved": 8, "already_awarded": 8}
    for elder in elders:
        assert len(await letters(desk, elder, AwardGranted)) == 1
    assert all((await verification(desk)).values())


async def test_two_streets_that_hand_in_the_same_person_at_once_open_one_case(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    elsewhere = replace(elder, area=OTHER_COMMUNITY, application_id=new_id())
    runtime = desk.office.runtimes["eligibility"]
    work = desk.work("intake")
    work.send(elder.applies(), elsewhere.applies())
    first, second = work.letters
    await work.abandon()
    async with anyio.create_task_group() as group:
        group.start_soon(runtime.inbox.receive, [first])
        group.start_soon(runtime.inbox.receive, [second])
    stages = sorted(case["stage"] for case in await cases(desk))
    assert stages == ["duplicate", "street_review"]


async def test_the_database_itself_refuses_a_second_voucher_of_another_document(
    desk: OfficeDesk, database: str
) -> None:
    elder, neighbour = Elder(), Elder()
    await awarded(desk, elder)
    await tell(desk, neighbour.applies())
    owner = await asyncpg.connect(database)
    with pytest.raises(asyncpg.UniqueViolationError, match="awards_one_running"):
        await owner.execute(
            "INSERT INTO eligibility.awards (award_id, case_id, application_id, person_id, "
            "programme, benefit_class, area_code, starts_on, granted_on, reviewed_by, "
            "approved_by, state) "
            "SELECT gen_random_uuid(), c.case_id, a.application_id, a.person_id, "
            "'other-2011/voucher', a.benefit_class, a.area_code, a.starts_on, a.granted_on, "
            "a.reviewed_by, a.approved_by, a.state FROM eligibility.awards a "
            "JOIN eligibility.cases c ON c.person_id = $1",
            neighbour.person_id,
        )
    await owner.close()


async def test_an_ended_voucher_makes_room_for_another_one(desk: OfficeDesk) -> None:
    elder = Elder()
    await awarded(desk, elder)
    await tell(desk, elder.withdraws(date(2010, 2, 1)))
    elder.applied_on = date(2010, 3, 1)
    await tell(desk, elder.applies(new_id()))
    (case_id,) = [one["case_id"] for one in await cases(desk, stage="street_review")]
    await review(desk, case_id)
    assert [line["ok"] for line in await approve(desk, case_id)] == [True]
    assert Counter(one["state"] for one in await awards(desk)) == {"ended": 1, "active": 1}
    assert {one["programme"] for one in await awards(desk)} == {VOUCHER}
