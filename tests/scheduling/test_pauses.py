"""Stories of plans that rest while their award is suspended, and go on when it is resumed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from shared.contracts.eligibility import AwardEnded, AwardResumed, AwardSuspended
from shared.contracts.letter import Letter
from shared.contracts.programmes import HOME_CARE
from tests.scheduling.street import COMMUNITY, Street, at, done

pytestmark = pytest.mark.anyio
HEARD = at(date(2010, 2, 12), "09:00")


def about(street: Street) -> dict[str, Any]:
    return {
        "aggregate_id": street.award_id,
        "occurred_at": HEARD,
        "person_id": street.person_id,
        "application_id": street.application_id,
        "area_code": COMMUNITY,
        "award_id": street.award_id,
        "programme": HOME_CARE,
    }


def suspended(street: Street, day: date = date(2010, 2, 10)) -> Letter:
    return AwardSuspended(**about(street), suspended_on=day, reason="abroad")


def resumed(street: Street, day: date) -> Letter:
    return AwardResumed(**about(street), resumed_on=day)


async def by_state(street: Street) -> dict[str, list[str]]:
    """The days of February and March by what became of the visits."""
    found: dict[str, list[str]] = {}
    for visit in await street.visits():
        state = visit["cancel_reason"] or visit["state"]
        found.setdefault(state, []).append(visit["day_on"][5:])
    return found


async def plan_of(street: Street) -> dict[str, Any]:
    async with street.officer() as client:
        [plan] = (await client.get("/scheduling/v1/plans")).json()["items"]
    shown: dict[str, Any] = plan
    return shown


async def test_visits_rest_from_the_day_after_the_suspension_and_cannot_be_reported(
    street: Street,
) -> None:
    await street.confirmed()
    await street.roster()
    visits = await street.visits()
    street.desk.clock.set(date(2010, 2, 12))
    assert (await street.report(done(visits[3])))[0]["ok"]
    await street.tell("eligibility", suspended(street))
    states = await by_state(street)
    assert states["completed"] == ["02-08"]
    assert states["planned"] == ["02-01", "02-03", "02-05", "02-10"], "its own day is still served"
    assert states["paused"] == ["02-12", "02-15", "02-17", "02-19", "02-22", "02-24", "02-26"]
    plan = await plan_of(street)
    assert (plan["state"], plan["suspended_on"], plan["suspend_reason"], plan["resumed_on"]) == (
        "confirmed", "2010-02-10", "abroad", None
    )  # fmt: skip
    [late] = await street.report(done(visits[5]))
    assert late["code"] == "award_suspended"
    async with street.office() as client:
        counts = (await client.get("/scheduling/v1/summary")).json()
    assert (counts["plans"]["paused"], counts["visits"]["paused"]) == (1, 7)
    assert await street.flaws() == []


async def test_after_the_return_visits_go_on_and_those_of_the_pause_stay_cancelled(
    street: Street,
) -> None:
    await street.confirmed()
    await street.roster()
    await street.tell("eligibility", suspended(street))
    made = await street.roster("2010-03-01")
    assert (made["created"], made["clashes"]) == (14, [])
    assert "03-01" in (await by_state(street))["paused"], "a month made meanwhile rests too"
    street.desk.clock.set(date(2010, 3, 15))
    await street.tell("eligibility", resumed(street, date(2010, 3, 15)))
    states = await by_state(street)
    assert states["award_suspended"][0] == "02-12"
    assert states["award_suspended"][-1] == "03-12"
    assert [day for day in states["planned"] if day > "02-10"] == [
        "03-15", "03-17", "03-19", "03-22", "03-24", "03-26", "03-29", "03-31"
    ]  # fmt: skip
    assert "paused" not in states
    assert (await plan_of(street))["resumed_on"] == "2010-03-15"
    assert (await street.roster("2010-03-01"))["created"] == 0
    assert await street.flaws() == []


async def test_an_award_held_for_nothing_is_served_again_but_days_gone_by_stay_lost(
    street: Street,
) -> None:
    await street.confirmed()
    await street.roster()
    street.desk.clock.set(date(2010, 2, 10))
    await street.tell("eligibility", suspended(street))
    street.desk.clock.set(date(2010, 2, 19))
    # An objection was dismissed: the letter gives back every day since the hold.
    await street.tell("eligibility", resumed(street, date(2010, 2, 10)))
    states = await by_state(street)
    assert states["award_suspended"] == ["02-12", "02-15", "02-17"]
    assert states["planned"][-4:] == ["02-19", "02-22", "02-24", "02-26"]
    assert await street.flaws() == []


async def test_nothing_is_planned_for_a_suspended_award_until_it_is_resumed(
    street: Street,
) -> None:
    waiting = street.plan()
    await street.propose(waiting)
    await street.tell("eligibility", suspended(street, date(2010, 1, 3)))
    answer = await street.propose(street.plan(starts_on="2010-03-01"))
    assert (answer.status_code, answer.json()["code"]) == (409, "award_suspended")
    assert (await street.confirm(waiting["id"]))[0]["code"] == "award_suspended"
    await street.tell("eligibility", resumed(street, date(2010, 1, 4)))
    assert (await street.confirm(waiting["id"]))[0]["ok"]
    assert (await street.roster())["created"] == 12
    assert (await by_state(street)).keys() == {"planned"}
    assert await street.flaws() == []


async def test_a_second_suspension_rests_again_and_an_end_leaves_nothing_resting(
    street: Street,
) -> None:
    await street.confirmed()
    await street.roster()
    await street.tell(
        "eligibility",
        suspended(street, date(2010, 2, 3)),
        resumed(street, date(2010, 2, 8)),
        suspended(street, date(2010, 2, 17)),
    )
    states = await by_state(street)
    assert states["award_suspended"] == ["02-05"]
    assert states["planned"] == ["02-01", "02-03", "02-08", "02-10", "02-12", "02-15", "02-17"]
    assert states["paused"] == ["02-19", "02-22", "02-24", "02-26"]
    ended = AwardEnded(**about(street), ended_on=date(2010, 2, 22), reason="no_longer_eligible")
    await street.tell("eligibility", ended)
    states = await by_state(street)
    assert "paused" not in states
    assert [*states["award_suspended"], *states.get("plan_ended", [])] == [
        "02-05", "02-19", "02-22", "02-24", "02-26"
    ]  # fmt: skip
    assert await street.flaws() == []


async def test_a_caregiver_who_stands_in_elsewhere_meanwhile_is_not_sent_to_two_places(
    street: Street,
) -> None:
    await street.confirmed(caregiver_id=str(street.substitute_id))
    other = await street.another_elder()
    elsewhere = await street.confirmed(person_id=str(other))
    await street.roster()
    day = {"plan_id": elsewhere, "day_on": "2010-02-19"}
    [visit] = await street.visits(**day)
    body = {"caregiver_id": str(street.substitute_id), "reason": "illness"}
    answer = await street.act(visit["visit_id"], "substitutions", **body)
    assert answer.json()["code"] == "caregiver_double_booked", "while her own elder is served"
    await street.tell("eligibility", suspended(street))
    answer = await street.act(visit["visit_id"], "substitutions", **body)
    assert (answer.status_code, answer.json()["caregiver_id"]) == (201, str(street.substitute_id))
    await street.tell("eligibility", resumed(street, date(2010, 2, 17)))
    states = await by_state(street)
    assert states["caregiver_elsewhere"] == ["02-19"]
    assert await street.flaws() == []


async def test_a_suspension_of_an_unknown_award_or_told_twice_changes_nothing(
    street: Street,
) -> None:
    await street.confirmed()
    await street.roster()
    stranger = Street(street.desk)
    await street.tell("eligibility", suspended(stranger), resumed(stranger, date(2010, 2, 11)))
    assert (await by_state(street)).keys() == {"planned"}
    await street.tell("eligibility", suspended(street), suspended(street))
    assert len((await by_state(street))["paused"]) == 7
    assert await street.flaws() == []
