"""Stories of plans that end by letters, in whatever order the letters arrive."""

from __future__ import annotations

from datetime import date

import pytest

from shared.contracts.eligibility import AwardEnded
from shared.contracts.evaluation import ProviderExited
from shared.contracts.ids import new_id
from shared.contracts.intake import PersonDied, PersonMoved
from shared.contracts.letter import Letter
from shared.contracts.programmes import HOME_CARE
from tests.desk import OfficeDesk
from tests.scheduling.street import COMMUNITY, Street, at, done

pytestmark = pytest.mark.anyio
HEARD = at(date(2010, 2, 12), "09:00")


def died(street: Street, day: date = date(2010, 2, 10)) -> Letter:
    return PersonDied(
        aggregate_id=street.person_id,
        occurred_at=HEARD,
        person_id=street.person_id,
        area_code=COMMUNITY,
        died_on=day,
    )


def award_ended(street: Street, day: date, area: str = COMMUNITY) -> Letter:
    return AwardEnded(
        aggregate_id=street.award_id,
        occurred_at=HEARD,
        person_id=street.person_id,
        application_id=street.application_id,
        area_code=area,
        award_id=street.award_id,
        programme=HOME_CARE,
        ended_on=day,
        reason="died" if area == COMMUNITY else "moved_out",
    )


async def counts(street: Street) -> dict[str, int]:
    async with street.office() as client:
        found: dict[str, int] = (await client.get("/scheduling/v1/summary")).json()["visits"]
    return {state: n for state, n in found.items() if n}


async def test_a_death_ends_the_plan_and_cancels_the_visits_after_it(street: Street) -> None:
    await street.confirmed()
    await street.roster()
    street.desk.clock.set(date(2010, 2, 2))
    visits = await street.visits()
    await street.report(done(visits[0]))
    street.desk.clock.set(date(2010, 2, 12))
    await street.tell("intake", died(street))
    assert await counts(street) == {"planned": 4, "completed": 1, "cancelled": 7}
    [letter] = await street.sent("scheduling.plan.ended.v1")
    assert (letter["facts"]["reason"], letter["facts"]["ended_on"]) == ("died", "2010-02-10")
    [late] = await street.report(done(visits[5]))
    assert late["code"] == "visit_cancelled"
    assert (await street.roster())["created"] == 0
    answer = await street.propose(street.plan(starts_on="2010-02-12"))
    assert answer.json()["code"] == "person_died"
    assert await street.flaws() == []


async def test_the_earliest_end_holds_whatever_order_the_letters_come_in(street: Street) -> None:
    await street.confirmed()
    await street.roster()
    await street.tell("eligibility", award_ended(street, date(2010, 2, 28)))
    assert await counts(street) == {"planned": 12}
    await street.tell("intake", died(street))
    assert await counts(street) == {"planned": 5, "cancelled": 7}
    await street.tell("eligibility", award_ended(street, date(2010, 2, 20)))
    assert len(await street.sent("scheduling.plan.ended.v1")) == 2
    assert await street.flaws() == []


async def test_a_death_that_arrives_before_the_award_leaves_nothing_to_plan(
    desk: OfficeDesk,
) -> None:
    street = Street(desk)
    await street.tell("intake", died(street, date(2010, 1, 2)))
    await street.activate()
    await street.people()
    await street.publish_item()
    answer = await street.propose(street.plan())
    assert (answer.status_code, answer.json()["code"]) == (409, "person_died")


async def test_a_plan_proposed_before_a_death_is_not_confirmed_after_it(street: Street) -> None:
    plan = street.plan()
    await street.propose(plan)
    await street.tell("intake", died(street, date(2010, 1, 3)))
    [result] = await street.confirm(plan["id"])
    assert result["code"] == "plan_not_proposed"


async def test_a_providers_exit_ends_its_plans_everywhere(street: Street) -> None:
    other = await street.another_elder("230103002001")
    await street.activate("230103002")
    await street.desk.settle()
    await street.confirmed()
    elsewhere = street.plan(person_id=str(other), starts_at="14:00")
    async with street.officer(area="230103002") as client:
        assert (await client.post("/scheduling/v1/plans", json=elsewhere)).status_code == 201
    [result] = await street.confirm(elsewhere["id"])
    assert result["ok"], result
    await street.roster()
    exited = ProviderExited(
        aggregate_id=street.provider_id,
        occurred_at=HEARD,
        provider_id=street.provider_id,
        exited_on=date(2010, 2, 14),
        reason="ranked_last",
    )
    await street.tell("evaluation", exited)
    assert await counts(street) == {"planned": 6, "cancelled": 6}
    ended = await street.sent("scheduling.plan.ended.v1")
    assert sorted(letter["area_code"] for letter in ended) == [COMMUNITY, "230103002001"]
    assert await street.flaws() == []


async def test_plans_follow_a_person_who_moves_and_end_when_the_district_is_left(
    street: Street,
) -> None:
    await street.confirmed()
    await street.roster()
    for previous, area in ((COMMUNITY, "230103002001"), ("230103002001", "230102001001")):
        moved = PersonMoved(
            aggregate_id=street.person_id,
            occurred_at=HEARD,
            person_id=street.person_id,
            area_code=area,
            previous_area=previous,
            moved_on=date(2010, 2, 10),
        )
        await street.tell("intake", moved)
        async with street.officer(area=area[:9]) as client:
            seen = (await client.get("/scheduling/v1/visits")).json()["items"]
        assert len(seen) == 12
    assert await street.visits() == []
    # The award's end still names the old district, whose handlers see nothing of the new one.
    await street.tell("eligibility", award_ended(street, date(2010, 2, 10), "230103001002"))
    async with street.desk.as_("street_officer", area="230102001") as client:
        ended = (await client.get("/scheduling/v1/plans")).json()["items"]
    assert [(plan["state"], plan["end_reason"]) for plan in ended] == [("ended", "moved_out")]
    assert await street.flaws() == []


async def test_a_repeated_letter_and_the_end_of_an_unknown_award_do_nothing(
    street: Street,
) -> None:
    await street.confirmed()
    await street.tell("intake", died(street), died(street))
    assert len(await street.sent("scheduling.plan.ended.v1")) == 1
    unknown = Street(street.desk, person_id=new_id(), award_id=new_id())
    await street.tell("eligibility", award_ended(unknown, date(2010, 2, 1)))
    assert await street.flaws() == []
