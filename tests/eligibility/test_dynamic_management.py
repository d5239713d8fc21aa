"""Stories of running awards: birthdays, changed facts, yearly re-checks, expired certificates."""

from __future__ import annotations

from datetime import date

import asyncpg
import pytest

from shared.contracts.eligibility import AwardEnded, AwardReclassified
from shared.contracts.intake import StreetActivated
from shared.contracts.programmes import HOME_CARE
from tests.desk import OfficeDesk
from tests.eligibility.dynamics import (
    SEVERE,
    acts,
    decided,
    found,
    learns,
    recheck_of,
    rechecks,
    sweep_awards,
)
from tests.eligibility.stories import (
    NANGANG_STREET,
    STREET,
    Elder,
    approve,
    award_of,
    awarded,
    awards,
    case_of,
    letters,
    review,
    street_letter,
    tell,
    verification,
)

pytestmark = pytest.mark.anyio
MOST_PAGES = 5


async def paged(desk: OfficeDesk) -> list[str]:
    """The worklist's re-checks, one page each."""
    listed: list[str] = []
    params = {"limit": "1"}
    async with desk.as_("street_officer", area=STREET) as client:
        while len(listed) < MOST_PAGES:
            answer = (await client.get("/eligibility/v1/rechecks", params=params)).json()
            listed += [one["recheck_id"] for one in answer["items"]]
            if answer["next"] is None:
                break
            params["cursor"] = answer["next"]
    return listed


async def test_the_class_changes_from_the_month_of_the_sixtieth_and_eightieth_birthday(
    desk: OfficeDesk,
) -> None:
    sixty = Elder(birth_on=date(1950, 3, 15), more=SEVERE)
    eighty = Elder(birth_on=date(1930, 3, 31), more=SEVERE)
    for elder in (sixty, eighty):
        await awarded(desk, elder)
    assert (await sweep_awards(desk, date(2010, 3, 14)))["examined"] == 0
    assert (await sweep_awards(desk, date(2010, 3, 20), area="110108"))["examined"] == 0
    assert await sweep_awards(desk, date(2010, 4, 2)) == {
        "examined": 2,
        "reclassified": 2,
        "asked": 0,
    }
    told = [
        (letter["benefit_class"], letter["starts_on"], letter["monthly_amount_fen"])
        for elder in (sixty, eighty)
        for letter in await letters(desk, elder, AwardReclassified)
    ]
    assert told == [("B", "2010-03-01", 10000), ("A", "2010-03-01", 10000)]
    assert [(await award_of(desk, one))["benefit_class"] for one in (sixty, eighty)] == ["B", "A"]
    assert [act["act"] for act in await acts(desk, sixty)] == ["granted", "reclassified"]
    assert (await sweep_awards(desk, date(2010, 4, 3)))["examined"] == 0
    assert await rechecks(desk) == []
    assert all((await verification(desk)).values())


async def test_birthdays_missed_while_the_office_slept_are_taken_one_after_another(
    desk: OfficeDesk,
) -> None:
    elder = Elder(birth_on=date(1950, 3, 15), more=SEVERE)
    await awarded(desk, elder)
    work = desk.work("eligibility")
    await work.run("UPDATE awards SET recheck_due_on = NULL")
    await work.commit()
    swept = await sweep_awards(desk, date(2031, 1, 1))
    assert swept == {"examined": 2, "reclassified": 2, "asked": 0}
    told = await letters(desk, elder, AwardReclassified)
    assert [(one["benefit_class"], one["starts_on"]) for one in told] == [
        ("B", "2010-03-01"),
        ("A", "2030-03-01"),
    ]


@pytest.mark.parametrize(
    ("fact", "unmet"),
    [
        ({"employed": True}, "without_work"),
        ({"hukou_area": "130100"}, "hukou"),
        ({"disability": {"category": 1, "grade": 3}}, "severe_disability"),
    ],
)
async def test_a_changed_fact_asks_people_and_takes_nothing_by_itself(
    desk: OfficeDesk, fact: dict[str, object], unmet: str
) -> None:
    elder = Elder(birth_on=date(1970, 3, 15), more=SEVERE)
    await awarded(desk, elder)
    desk.clock.set(date(2010, 5, 10))
    await tell(desk, learns(elder, date(2010, 5, 10), **fact))
    recheck = await recheck_of(desk, elder)
    assert (recheck["trigger"], recheck["outcome"], recheck["stage"]) == (
        "event", "ineligible", "open"
    )  # fmt: skip
    assert unmet in recheck["unmet"]
    assert (await award_of(desk, elder))["state"] == "active"
    assert await letters(desk, elder, AwardEnded) == []
    assert all((await verification(desk)).values())


async def test_work_found_ends_the_award_after_the_street_and_the_district_say_so(
    desk: OfficeDesk, database: str
) -> None:
    elder = Elder(birth_on=date(1970, 3, 15), more=SEVERE)
    await awarded(desk, elder)
    desk.clock.set(date(2010, 5, 10))
    await tell(desk, learns(elder, date(2010, 5, 10), employed=True))
    recheck_id = (await recheck_of(desk, elder))["recheck_id"]
    assert (await decided(desk, recheck_id))["code"] == "not_proposed"
    line = {"recheck_id": recheck_id, "finding": "end", "effective_on": "2010-05-03"}
    (answer,) = await found(desk, line)
    assert answer["code"] == "note_missing"
    (answer,) = await found(desk, {**line, "note": "五月三日入职"})
    assert answer["state"] == "proposed"
    assert (await award_of(desk, elder))["state"] == "active"
    assert (await decided(desk, recheck_id, sub="li"))["code"] == "same_person"
    assert (await decided(desk, recheck_id, body="老龄办"))["code"] == "not_responsible"
    assert (await decided(desk, recheck_id))["state"] == "ended"
    (told,) = await letters(desk, elder, AwardEnded)
    assert (told["reason"], told["ended_on"]) == ("no_longer_eligible", "2010-05-03")
    last = (await acts(desk, elder))[-1]
    assert (last["act"], last["article"], last["sub"]) == ("ended", "三(二)", "wang")
    owner = await asyncpg.connect(database)
    with pytest.raises(asyncpg.CheckViolationError, match="two_parties"):
        await owner.execute("UPDATE eligibility.rechecks SET decided_by = reviewed_by")
    assert all((await verification(desk)).values())
    await owner.execute("UPDATE eligibility.award_acts SET sub = 'li'")
    assert (await verification(desk))["benefits_taken_by_two_people"] is False
    await owner.execute("UPDATE eligibility.awards SET state = 'active', ended_on = NULL, "
                        "end_reason = NULL")  # fmt: skip
    assert (await verification(desk))["awards_match_their_journal"] is False
    await owner.close()


async def test_against_the_rules_no_an_award_is_kept_by_two_people_alone(desk: OfficeDesk) -> None:
    elder = Elder(birth_on=date(1970, 3, 15), more=SEVERE)
    await awarded(desk, elder)
    await tell(desk, learns(elder, date(2010, 1, 10), employed=True))
    recheck_id = (await recheck_of(desk, elder))["recheck_id"]
    keep = {"recheck_id": recheck_id, "finding": "keep", "note": "已离职，记录有误"}
    assert [one["state"] for one in await found(desk, keep)] == ["proposed"]
    assert (await decided(desk, recheck_id, "reject"))["code"] == "note_missing"
    assert (await decided(desk, recheck_id, "reject", note="请核实"))["state"] == "open"
    assert [one["state"] for one in await found(desk, keep)] == ["proposed"]
    assert (await decided(desk, recheck_id))["state"] == "kept"
    assert (await award_of(desk, elder))["state"] == "active"
    assert [act["act"] for act in await acts(desk, elder)] == [
        "granted", "proposed", "rejected", "proposed", "kept"
    ]  # fmt: skip
    await tell(desk, learns(elder, date(2010, 1, 11), sex="female"))
    assert len(await rechecks(desk)) == 1, "what two people decided is not asked again"
    assert all((await verification(desk)).values())


async def test_a_fact_that_is_mended_turns_the_question_into_a_clear_one(desk: OfficeDesk) -> None:
    elder = Elder(birth_on=date(1970, 3, 15), more=SEVERE)
    await awarded(desk, elder)
    await tell(desk, learns(elder, date(2010, 1, 10), employed=True))
    before = await recheck_of(desk, elder)
    await found(desk, {"recheck_id": before["recheck_id"], "finding": "end", "note": "已就业"})
    await tell(desk, learns(elder, date(2010, 1, 12), employed=False))
    (after,) = await rechecks(desk)
    assert after["recheck_id"] == before["recheck_id"]
    assert (after["outcome"], after["stage"], after["reviewed_by"]) == ("eligible", "open", None)
    line = {"recheck_id": after["recheck_id"], "finding": "keep"}
    assert [one["state"] for one in await found(desk, line)] == ["kept"]


async def test_the_year_asks_for_a_re_check_and_a_list_of_clear_ones_is_confirmed_in_one_go(
    desk: OfficeDesk,
) -> None:
    elders = [Elder() for _ in range(40)]
    await tell(desk, *(elder.applies() for elder in elders))
    ids = [(await case_of(desk, elder))["case_id"] for elder in elders[:3]]
    await review(desk, *ids)
    await approve(desk, *ids)
    assert {one["recheck_due_on"] for one in await awards(desk)} == {"2011-01-04"}
    assert (await sweep_awards(desk, date(2011, 1, 3)))["examined"] == 0
    swept = await sweep_awards(desk, date(2011, 1, 4))
    assert swept == {"examined": 3, "reclassified": 0, "asked": 3}
    assert (await sweep_awards(desk, date(2011, 1, 5)))["examined"] == 0
    due = await rechecks(desk, stage="open", trigger="yearly", outcome="eligible")
    assert await paged(desk) == [one["recheck_id"] for one in due]
    lines = [{"recheck_id": one["recheck_id"], "finding": "keep"} for one in due]
    answers = await found(desk, *lines, lines[0], {**lines[0], "finding": "maybe"})
    assert [one["state"] for one in answers[:3]] == ["kept"] * 3
    assert [one["code"] for one in answers[3:]] == ["repeated", "invalid_fields"]
    (again,) = await found(desk, lines[0])
    assert again["code"] == "closed"
    assert {one["recheck_due_on"] for one in await awards(desk)} == {"2012-01-05"}
    last = (await acts(desk, elders[0]))[-1]
    assert (last["act"], last["reason"], last["article"]) == ("kept", "still_true", "C-53")
    assert all((await verification(desk)).values())


async def test_a_certificate_that_ran_out_is_asked_for_on_the_day_after_its_last(
    desk: OfficeDesk,
) -> None:
    disability = {"category": 1, "grade": 1, "valid_until_on": "2010-06-30"}
    elder = Elder(birth_on=date(1945, 3, 15), more={"disability": disability})
    await awarded(desk, elder)
    assert (await sweep_awards(desk, date(2010, 6, 30)))["examined"] == 0
    assert (await sweep_awards(desk, date(2010, 7, 1)))["asked"] == 1
    assert (await recheck_of(desk, elder))["trigger"] == "expiry"
    renewed = {"category": 1, "grade": 1, "valid_until_on": "2020-06-30"}
    await tell(desk, learns(elder, date(2010, 7, 5), disability=renewed))
    line = {"recheck_id": (await recheck_of(desk, elder))["recheck_id"], "finding": "keep"}
    assert [one["state"] for one in await found(desk, line)] == ["kept"]
    work = desk.work("eligibility")
    assert await work.value("SELECT certificate_until_on FROM awards") == date(2020, 6, 30)
    await work.abandon()


async def test_a_certificate_that_had_run_out_when_applying_is_asked_for_by_the_next_look(
    desk: OfficeDesk,
) -> None:
    disability = {"category": 1, "grade": 1, "valid_until_on": "2009-12-31"}
    elder = Elder(birth_on=date(1945, 3, 15), more={"disability": disability})
    await awarded(desk, elder)
    assert (await sweep_awards(desk, date(2010, 1, 5)))["asked"] == 1
    asked = await recheck_of(desk, elder)
    assert (asked["trigger"], asked["outcome"]) == ("expiry", "eligible")
    assert (await award_of(desk, elder))["state"] == "active", "people decide, not the machine"


async def test_a_child_back_in_the_city_raises_a_question_about_home_care(
    desk: OfficeDesk,
) -> None:
    away = {"alive": True, "in_city": False}
    elder = Elder(
        programme=HOME_CARE, area="230103001001", more={"children": [away], "sanwu": False}
    )
    await tell(desk, street_letter(StreetActivated, date(2010, 1, 4)))
    await tell(desk, elder.registers(), elder.applies())
    case_id = (await case_of(desk, elder, area="230103"))["case_id"]
    await review(desk, case_id, area=NANGANG_STREET)
    assert [one["ok"] for one in await approve(desk, case_id, area="230103")] == [True]
    back = {"alive": True, "in_city": True, "dibao": False, "severely_disabled": False}
    await tell(desk, learns(elder, date(2010, 2, 1), children=[back]))
    (recheck,) = await rechecks(desk, area="230103")
    assert (recheck["outcome"], recheck["unmet"]) == ("ineligible", ["children"])


async def test_a_death_closes_the_question_and_a_move_takes_it_along(desk: OfficeDesk) -> None:
    dying, moving = (Elder(birth_on=date(1970, 3, 15), more=SEVERE) for _ in range(2))
    for elder in (dying, moving):
        await awarded(desk, elder)
        await tell(desk, learns(elder, date(2010, 1, 10), employed=True))
    await tell(desk, dying.dies(date(2010, 1, 11)), moving.moves("110105002001", date(2010, 1, 11)))
    assert (await recheck_of(desk, dying))["stage"] == "closed"
    followed = await recheck_of(desk, moving)
    assert (followed["stage"], followed["area_code"]) == ("open", "110105002001")
    (died,) = [act for act in await acts(desk, dying) if act["act"] == "ended"]
    assert (died["reason"], died["article"]) == ("died", "C-43")
    assert all((await verification(desk)).values())
