"""Stories of five-fixed plans: who may propose and confirm what."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from shared.contracts.evaluation import ProviderSuspended
from shared.contracts.ids import new_id
from shared.contracts.intake import StreetPaused
from shared.contracts.programmes import HOME_CARE
from tests.desk import OfficeDesk
from tests.scheduling.street import STREET, Street, at

pytestmark = pytest.mark.anyio


async def test_a_plan_is_proposed_by_the_street_and_confirmed_by_the_district_office(
    street: Street,
) -> None:
    plan = street.plan()
    answer = await street.propose(plan)
    assert (answer.status_code, answer.json()["state"]) == (201, "proposed")
    assert await street.confirm(plan["id"]) == [
        {"line": 0, "id": plan["id"], "ok": True, "state": "confirmed", "code": "", "zh": "",
         "en": "", "errors": []}
    ]  # fmt: skip
    [letter] = await street.sent("scheduling.plan.confirmed.v1")
    assert letter["application_id"] == street.application_id
    assert letter["facts"]["weekdays"] == [1, 3, 5]
    assert letter["facts"]["starts_at_minute"] == 540
    assert await street.flaws() == []


async def test_another_person_and_of_the_district_office_confirms(street: Street) -> None:
    plan = street.plan()
    await street.propose(plan, sub="li")
    [result] = await street.confirm(plan["id"], sub="li")
    assert (result["ok"], result["code"]) == (False, "same_person")
    body = {"id": str(new_id()), "plan_ids": [str(new_id())]}
    async with street.desk.as_("district_officer", area="230103", body="财政") as client:
        answer = await client.post("/scheduling/v1/plan-confirmations", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "district_office_only")
    assert await street.sent("scheduling.plan.confirmed.v1") == []


async def test_a_plan_without_one_of_the_five_is_refused_and_the_part_is_named(
    street: Street,
) -> None:
    for part in ("caregiver_id", "person_id", "weekdays", "starts_at", "place", "item_code"):
        plan = street.plan()
        del plan[part]
        answer = await street.propose(plan)
        assert answer.status_code == 422
        assert [flaw["field"] for flaw in answer.json()["errors"]] == [f"body.{part}"]


REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"weekdays": [1, 1]}, "weekday_twice"),
    ({"minutes": 10}, "minutes_out_of_bounds"),
    ({"starts_at": "23:00"}, "past_midnight"),
    ({"ends_on": "2010-01-31"}, "ends_before_start"),
    ({"starts_on": "2009-12-27"}, "starts_too_early"),
    ({"item_code": "unheard-of"}, "item_not_published"),
    ({"programme": "nangang-2008/other"}, "award_not_active"),
    ({"person_id": str(new_id())}, "award_not_active"),
    ({"provider_id": str(new_id())}, "provider_not_admitted"),
    ({"caregiver_id": str(new_id())}, "caregiver_not_registered"),
    ({"starts_on": "2011-01-03"}, "caregiver_not_certified"),
    ({"minutes": 480, "weekdays": [1, 2, 3, 4, 5, 6]}, "caregiver_week_full"),
)


async def test_a_plan_that_cannot_stand_is_refused_with_the_reason(street: Street) -> None:
    for changes, code in REFUSED:
        answer = await street.propose(street.plan(**changes))
        assert (answer.status_code in (409, 422), answer.json()["code"]) == (True, code)


async def test_nothing_is_planned_in_a_street_that_is_not_activated(desk: OfficeDesk) -> None:
    street = Street(desk)
    await street.people()
    await street.publish_item()
    answer = await street.propose(street.plan())
    assert (answer.status_code, answer.json()["code"]) == (409, "street_not_activated")
    await street.activate()
    await street.desk.settle()
    assert (await street.propose(street.plan())).status_code == 201


async def test_a_plan_proposed_before_its_street_was_paused_is_not_confirmed(
    street: Street,
) -> None:
    plan = street.plan()
    await street.propose(plan)
    paused = StreetPaused(
        aggregate_id=new_id(),
        occurred_at=at(date(2010, 1, 4), "08:00"),
        area_code=STREET,
        programme=HOME_CARE,
        street_code=STREET,
        paused_on=date(2010, 1, 4),
    )
    await street.tell("intake", paused)
    [result] = await street.confirm(plan["id"])
    assert result["code"] == "street_not_activated"


async def test_a_suspended_provider_takes_no_new_plans(street: Street) -> None:
    suspended = ProviderSuspended(
        aggregate_id=street.provider_id,
        occurred_at=at(date(2010, 1, 4), "08:00"),
        provider_id=street.provider_id,
        suspended_on=date(2010, 1, 4),
        reason="quality",
    )
    await street.tell("evaluation", suspended)
    answer = await street.propose(street.plan())
    assert (answer.status_code, answer.json()["code"]) == (409, "provider_not_admitted")


async def test_an_officer_of_another_street_cannot_plan_for_the_elder(street: Street) -> None:
    async with street.officer(area="230103002") as client:
        answer = await client.post("/scheduling/v1/plans", json=street.plan())
        seen = await client.get("/scheduling/v1/plans")
    assert (answer.status_code, answer.json()["code"]) == (409, "award_not_active")
    assert seen.json()["items"] == []


async def test_a_caregiver_is_not_booked_twice_for_the_same_time(street: Street) -> None:
    await street.confirmed()
    other = await street.another_elder()
    clash = street.plan(person_id=str(other), starts_at="10:30", weekdays=[5])
    answer = await street.propose(clash)
    assert (answer.status_code, answer.json()["code"]) == (409, "caregiver_double_booked")
    after = street.plan(person_id=str(other), starts_at="11:00", weekdays=[5])
    assert (await street.propose(after)).status_code == 201


async def test_of_two_overlapping_plans_confirmed_at_once_one_wins(street: Street) -> None:
    other = await street.another_elder()
    plans = [street.plan(), street.plan(person_id=str(other), starts_at="10:00")]
    for plan in plans:
        assert (await street.propose(plan)).status_code == 201
    lines = await asyncio.gather(
        street.confirm(plans[0]["id"], sub="wang"), street.confirm(plans[1]["id"], sub="zhao")
    )
    assert sorted(line["code"] or "won" for [line] in lines) == ["caregiver_double_booked", "won"]
    assert len(await street.sent("scheduling.plan.confirmed.v1")) == 1


async def test_of_two_overlapping_plans_in_one_list_the_first_wins(street: Street) -> None:
    other = await street.another_elder()
    plans = [street.plan(), street.plan(person_id=str(other), starts_at="10:00")]
    for plan in plans:
        await street.propose(plan)
    results = await street.confirm(plans[1]["id"], str(new_id()), plans[0]["id"])
    codes = [result["code"] for result in results]
    assert codes == ["", "no_such_plan", "caregiver_double_booked"]


async def test_a_bad_line_stops_no_other_and_an_id_stands_for_one_plan(
    street: Street,
) -> None:
    good, nobody, broken = street.plan(), street.plan(person_id=str(new_id())), street.plan()
    del broken["minutes"]
    body = {"id": str(new_id()), "plans": [nobody, broken, good, good, 7]}
    async with street.officer() as client:
        answer = await client.post("/scheduling/v1/plans/batch", json=body)
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result["ok"] for result in results] == [False, False, True, True, False]
    assert results[0]["code"] == "award_not_active"
    assert [flaw["field"] for flaw in results[1]["errors"]] == ["plans.1.minutes"]
    assert [result["id"] for result in results] == [
        nobody["id"], broken["id"], good["id"], good["id"], None
    ]  # fmt: skip
    async with street.officer("chen") as client:
        other = await client.post("/scheduling/v1/plans", json={**good, "minutes": 60})
    assert (other.status_code, other.json()["code"]) == (409, "id_taken")
    assert len(await street.sent("scheduling.plan.proposed.v1")) == 1


async def test_the_street_ends_a_plan_on_the_elders_wish_and_a_new_one_takes_its_time(
    street: Street,
) -> None:
    old = await street.confirmed()
    async with street.officer() as client:
        body = {"id": str(new_id()), "last_on": "2010-02-14"}
        answer = await client.post(f"/scheduling/v1/plans/{old}/endings", json=body)
    assert (answer.status_code, answer.json()["state"]) == (201, "ended")
    await street.desk.settle()
    new = await street.confirmed(starts_on="2010-02-15", starts_at="10:00")
    assert (await street.roster())["created"] == 12
    assert len(await street.visits(plan_id=new)) == 6
    assert await street.flaws() == []


async def test_the_worklist_pages_by_cursor(street: Street) -> None:
    for clock in ("09:00", "11:00", "13:00"):
        assert (await street.propose(street.plan(starts_at=clock))).status_code == 201
    async with street.office() as client:
        query = {"state": "proposed", "within": STREET, "limit": 2}
        first = (await client.get("/scheduling/v1/plans", params=query)).json()
        rest = await client.get("/scheduling/v1/plans", params={**query, "cursor": first["next"]})
        bad = await client.get("/scheduling/v1/plans", params={"cursor": "WyJ4Il0"})
    assert (len(first["items"]), len(rest.json()["items"]), rest.json()["next"]) == (2, 1, None)
    assert (bad.status_code, bad.json()["code"]) == (422, "bad_cursor")
