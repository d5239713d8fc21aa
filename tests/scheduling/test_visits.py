"""Stories of visits: a month's roster and what becomes of each visit."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from shared.contracts.ids import new_id
from tests.scheduling.street import Street, at, done

pytestmark = pytest.mark.anyio
FIRST = date(2010, 2, 1)


@pytest.fixture
async def visits(street: Street) -> list[dict[str, Any]]:
    """February's twelve visits of one plan; the office has come to 2 February."""
    await street.confirmed()
    await street.roster()
    street.desk.clock.set(date(2010, 2, 2))
    return await street.visits()


async def test_february_2010_has_twelve_mondays_wednesdays_and_fridays(street: Street) -> None:
    plan_id = await street.confirmed()
    assert await street.roster() == {
        "month_on": "2010-02-01", "created": 12, "kept": 0, "clashes": []
    }  # fmt: skip
    assert (await street.roster())["kept"] == 12
    visits = await street.visits(plan_id=plan_id)
    assert [visit["day_on"][-2:] for visit in visits] == [
        "01", "03", "05", "08", "10", "12", "15", "17", "19", "22", "24", "26"
    ]  # fmt: skip
    assert visits[0]["planned_at"] == "2010-02-01T01:00:00Z"
    assert [visit["day_on"] for visit in await street.visits(day_on="2010-02-26")] == ["2010-02-26"]
    for month_on, code in (("2010-02-02", "not_a_month"), ("9999-12-01", "month_too_far")):
        async with street.officer() as client:
            body = {"id": str(new_id()), "month_on": month_on}
            answer = await client.post("/scheduling/v1/visit-rosters", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_plan_confirmed_within_the_month_has_visits_from_that_day_on(
    street: Street,
) -> None:
    street.desk.clock.set(date(2010, 2, 10))
    await street.confirmed(weekdays=[3, 5, 7], starts_on="2010-02-08", ends_on="2010-02-19")
    await street.roster()
    days = [visit["day_on"] for visit in await street.visits()]
    assert days == ["2010-02-10", "2010-02-12", "2010-02-14", "2010-02-17", "2010-02-19"]


async def test_a_visit_is_checked_in_and_out_and_told_once(
    street: Street, visits: list[dict[str, Any]]
) -> None:
    visit_id = visits[0]["visit_id"]
    came, left = at(FIRST, "09:10").isoformat(), at(FIRST, "11:05").isoformat()
    early = await street.act(visit_id, "checkouts", checked_out_at=left)
    assert (early.status_code, early.json()["code"]) == (409, "not_checked_in")
    assert (await street.act(visit_id, "checkins", checked_in_at=came)).status_code == 201
    answer = await street.act(visit_id, "checkouts", checked_out_at=left)
    assert (answer.status_code, answer.json()["state"]) == (201, "completed")
    [letter] = await street.sent("scheduling.visit.completed.v1")
    assert letter["facts"]["deviation"] is None
    assert letter["application_id"] == street.application_id
    again = await street.act(visit_id, "checkouts", checked_out_at=left)
    missed = await street.act(visit_id, "misses", reason="other")
    assert [again.json()["code"], missed.json()["code"]] == ["visit_closed", "visit_closed"]
    assert await street.flaws() == []


async def test_differences_from_the_fixed_time_are_recorded(
    street: Street, visits: list[dict[str, Any]]
) -> None:
    times = (("09:15", "11:00"), ("09:16", "11:20"), ("08:44", "11:00"), ("09:00", "10:44"))
    for visit, pair in zip(visits, times, strict=False):
        street.desk.clock.set(date.fromisoformat(visit["day_on"]) + timedelta(days=1))
        [result] = await street.report(done(visit, *pair))
        assert result["ok"], result
    found = [visit["deviation"] for visit in await street.visits(state="completed")]
    assert found == [None, "late", "early", "shortened"]


async def test_instants_of_devices_are_bounded_by_the_office_clock(
    street: Street, visits: list[dict[str, Any]]
) -> None:
    bounds = (
        ("2010-02-01T07:59:00+08:00", "too_early"),
        ("0001-01-01T00:00:00+14:00", "too_early"),
        ("2010-02-02T00:10:00+08:00", "not_on_planned_day"),
        ("2010-02-03T09:00:00+08:00", "instant_in_future"),
    )
    for instant, code in bounds:
        answer = await street.act(visits[0]["visit_id"], "checkins", checked_in_at=instant)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    naive = await street.act(visits[0]["visit_id"], "checkins", checked_in_at="2010-02-01T09:00:00")
    assert naive.status_code == 422
    assert naive.json()["errors"][0]["field"] == "body.checked_in_at"


async def test_a_report_after_the_late_bound_is_refused_with_its_code(
    street: Street, visits: list[dict[str, Any]]
) -> None:
    street.desk.clock.set(date(2010, 2, 9))
    [late] = await street.report(done(visits[0]))
    assert (late["ok"], late["code"]) == (False, "report_too_late")
    [last] = await street.report({"visit_id": visits[1]["visit_id"], "outcome": "missed",
                                  "reason": "weather"})  # fmt: skip
    assert last["state"] == "missed"


async def test_a_missed_visit_has_its_reason_and_is_not_missed_before_its_time(
    street: Street, visits: list[dict[str, Any]]
) -> None:
    answer = await street.act(visits[0]["visit_id"], "misses", reason="elder_absent")
    assert (answer.status_code, answer.json()["state"]) == (201, "missed")
    [letter] = await street.sent("scheduling.visit.missed.v1")
    assert letter["facts"]["reason"] == "elder_absent"
    soon = await street.act(visits[5]["visit_id"], "misses", reason="elder_absent")
    assert (soon.status_code, soon.json()["code"]) == (409, "visit_not_due")
    assert await street.flaws() == []


async def test_a_substitute_comes_with_a_reason_and_is_told_as_a_deviation(
    street: Street, visits: list[dict[str, Any]]
) -> None:
    visit_id, substitute = visits[0]["visit_id"], str(street.substitute_id)
    bare = await street.act(visit_id, "substitutions", caregiver_id=substitute)
    assert (bare.status_code, bare.json()["errors"][0]["field"]) == (422, "body.reason")
    answer = await street.act(visit_id, "substitutions", caregiver_id=substitute, reason="illness")
    assert (answer.status_code, answer.json()["caregiver_id"]) == (201, substitute)
    [result] = await street.report(done(visits[0]))
    assert result["state"] == "completed"
    [letter] = await street.sent("scheduling.visit.completed.v1")
    assert letter["facts"]["deviation"] == "substitute"
    assert letter["facts"]["caregiver_id"] == substitute
    assert await street.flaws() == []


async def test_a_substitute_is_certified_registered_and_free(
    street: Street, visits: list[dict[str, Any]]
) -> None:
    uncertified = new_id()
    await street.tell("evaluation", street.registered(uncertified, until=date(2010, 1, 31)))
    other = await street.another_elder()
    await street.confirmed(
        person_id=str(other), caregiver_id=str(street.substitute_id), starts_at="10:00"
    )
    for caregiver, code in (
        (uncertified, "caregiver_not_certified"),
        (new_id(), "caregiver_not_registered"),
        (street.caregiver_id, "not_a_substitute"),
        (street.substitute_id, "caregiver_double_booked"),
    ):
        answer = await street.act(
            visits[1]["visit_id"], "substitutions", caregiver_id=str(caregiver), reason="leave"
        )
        assert (answer.status_code in (409, 422), answer.json()["code"]) == (True, code)


async def test_one_substitute_is_not_in_two_places_within_one_report(street: Street) -> None:
    third = new_id()
    await street.tell("evaluation", street.registered(third))
    other = await street.another_elder()
    await street.confirmed()
    await street.confirmed(person_id=str(other), caregiver_id=str(third), starts_at="10:00")
    await street.roster()
    street.desk.clock.set(date(2010, 2, 2))
    by = {"substitute_caregiver_id": str(street.substitute_id), "substitute_reason": "training"}
    first, second = await street.visits(day_on="2010-02-01")
    results = await street.report({**done(first), **by}, {**done(second, "10:00", "12:00"), **by})
    assert [result["code"] for result in results] == ["", "caregiver_double_booked"]
    assert await street.flaws() == []


async def test_a_roster_names_the_day_on_which_the_caregiver_stands_in_elsewhere(
    street: Street, visits: list[dict[str, Any]]
) -> None:
    substitute = str(street.substitute_id)
    stand_in = {"caregiver_id": substitute, "reason": "leave"}
    answer = await street.act(visits[1]["visit_id"], "substitutions", **stand_in)
    assert answer.status_code == 201
    other = await street.another_elder()
    plan_id = await street.confirmed(person_id=str(other), caregiver_id=substitute)
    made = await street.roster()
    assert made["clashes"] == [{"plan_id": plan_id, "day_on": "2010-02-03"}]
    assert (made["created"], made["kept"]) == (10, 12)


async def test_a_visit_reported_twice_gets_the_same_answer(
    street: Street, visits: list[dict[str, Any]]
) -> None:
    body = {"id": str(new_id()), "reports": [done(visits[0])]}
    async with street.provider() as client:
        first = await client.post("/scheduling/v1/visit-reports", json=body)
        again = await client.post("/scheduling/v1/visit-reports", json=body)
    assert first.content == again.content
    assert again.headers["Idempotency-Replayed"] == "true"
    [same] = await street.report(done(visits[0]))
    [other] = await street.report(done(visits[0], left="10:30"))
    assert (same["ok"], same["state"], other["code"]) == (True, "completed", "visit_closed")
    assert len(await street.sent("scheduling.visit.completed.v1")) == 1


async def test_every_line_of_a_report_is_decided_by_itself(
    street: Street, visits: list[dict[str, Any]]
) -> None:
    visit_id = visits[0]["visit_id"]
    lines: list[Any] = [
        {"visit_id": visit_id, "outcome": "completed", "checked_in_at": "2010-02-01T09:00+08:00"},
        {"visit_id": visit_id, "outcome": "missed"},
        {"visit_id": visit_id, "outcome": "done"},
        {"visit_id": str(new_id()), "outcome": "missed", "reason": "other"},
        done(visits[0], "11:00", "09:00"),
        done(visits[0]),
        {"visit_id": visit_id, "outcome": "missed", "reason": "other"},
    ]
    results = await street.report(*lines)
    fields = [[flaw["field"] for flaw in result["errors"]] for result in results]
    assert fields[:3] == [
        ["reports.0.checked_out_at"], ["reports.1.reason"], ["reports.2.outcome"]
    ]  # fmt: skip
    assert [result["code"] for result in results[3:]] == [
        "no_such_visit", "out_before_in", "", "visit_closed"
    ]  # fmt: skip


async def test_another_provider_or_street_sees_nothing_and_the_summary_counts_the_area(
    street: Street, visits: list[dict[str, Any]]
) -> None:
    stranger = street.desk.as_("provider", agency=str(new_id()))
    async with stranger as client:
        for path in ("visits", "plans", "caregivers"):
            assert (await client.get(f"/scheduling/v1/{path}")).json()["items"] == []
        body = {"id": str(new_id()), "reason": "other"}
        act = f"/scheduling/v1/visits/{visits[0]['visit_id']}/misses"
        answer = await client.post(act, json=body)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_visit")
    async with street.provider() as client:
        assert len((await client.get("/scheduling/v1/visits")).json()["items"]) == 12
    await street.report(done(visits[0]))
    async with street.officer() as client:
        counts = (await client.get("/scheduling/v1/summary")).json()
    assert counts["plans"] == {"proposed": 0, "confirmed": 1, "ended": 0, "paused": 0}
    assert counts["visits"] == {
        "planned": 11, "completed": 1, "missed": 0, "substituted": 0, "cancelled": 0,
        "paused": 0,
    }  # fmt: skip
    async with street.officer(area="230103002") as client:
        assert (await client.get("/scheduling/v1/summary")).json()["visits"]["planned"] == 0


async def test_the_database_itself_refuses_what_the_doors_refuse(
    street: Street, visits: list[dict[str, Any]]
) -> None:
    other = await street.another_elder()
    await street.confirmed(person_id=str(other), starts_at="14:00")
    await street.roster()
    await street.report(done(visits[0]))
    for statement, cause in (
        ("UPDATE plans SET confirmed_by = proposed_by", "two_parties"),
        ("UPDATE bookings SET weekly = '{[540,600)}'", "one_place_at_a_time"),
        (
            "UPDATE visits SET planned_at = day_on + time '03:00', "
            "planned_until = day_on + time '04:00' WHERE state = 'planned'",
            "one_visit_at_a_time",
        ),
        ("UPDATE visits SET state = 'planned' WHERE state = 'completed'", "one outcome"),
    ):
        work = street.desk.work("scheduling")
        with pytest.raises(IntegrityError, match=cause):
            await work.run(statement)
        await work.abandon()
