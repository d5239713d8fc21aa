"""Stories of a what-if's run: who sees it, who stops it, and what becomes of one cut off."""

from __future__ import annotations

from datetime import date

import pytest

from shared.contracts.ids import new_id
from shared.contracts.programmes import NANGANG
from tests.desk import OfficeDesk
from tests.eligibility.stories import COMMUNITY, DISTRICT
from tests.eligibility.whatif import (
    AGES,
    SIMULATIONS,
    advanced,
    ask,
    cancel,
    ended,
    held,
    registered,
    result,
    taken,
)

pytestmark = pytest.mark.anyio
SEVENTY_SIX = date(1933, 6, 1)


async def test_a_waiting_run_is_cancelled_by_its_asker_and_by_nobody_else(
    desk: OfficeDesk,
) -> None:
    async with held(desk):
        simulation_id = (await ask(desk, changes=AGES)).json()["simulation_id"]
        assert (await cancel(desk, simulation_id, sub="li")).status_code == 403
        again = await ask(desk, changes=AGES)
        assert (again.status_code, again.json()["code"]) == (409, "simulation_running")
        cancelled = await cancel(desk, simulation_id)
        assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
        assert (await cancel(desk, simulation_id)).status_code == 409
        async with desk.as_("district_officer", area=DISTRICT) as client:
            none = await client.get(f"{SIMULATIONS}/{simulation_id}/result")
        assert (none.status_code, none.json()["code"]) == (409, "no_result")
    await registered(desk, SEVENTY_SIX, {COMMUNITY: 1})
    assert (await result(desk, changes=AGES))["people"] == 1


async def test_a_running_one_stops_with_the_next_chunk_once_cancelled(desk: OfficeDesk) -> None:
    async with held(desk):
        simulation_id = (await ask(desk, changes=AGES)).json()["simulation_id"]
        await taken(desk)
        assert await advanced(desk, simulation_id)
        assert (await cancel(desk, simulation_id)).status_code == 200
        assert not await advanced(desk, simulation_id)


async def test_a_run_that_was_cut_off_is_run_again_and_given_up_after_three_times(
    desk: OfficeDesk,
) -> None:
    await registered(desk, SEVENTY_SIX, {COMMUNITY: 2})
    async with held(desk):
        once = (await ask(desk, changes=AGES)).json()["simulation_id"]
        await taken(desk)
    assert (await ended(desk, once))["state"] == "done"
    async with held(desk):
        often = (await ask(desk, changes=AGES)).json()["simulation_id"]
        for _ in range(3):
            await taken(desk)
    view = await ended(desk, often)
    assert (view["state"], view["trouble"]) == ("failed", "interrupted")


async def test_the_same_question_again_is_the_same_run(desk: OfficeDesk) -> None:
    body = {"id": str(new_id()), "changes": AGES}
    async with desk.as_("district_officer", sub="zhang", area=DISTRICT) as client:
        first, second = [await client.post(SIMULATIONS, json=body) for _ in range(2)]
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["simulation_id"] == second.json()["simulation_id"] == body["id"]
    assert first.headers["location"] == f"{SIMULATIONS}/{body['id']}"
    await ended(desk, body["id"])


async def test_only_a_whole_district_of_ones_own_is_counted_and_others_do_not_see_it(
    desk: OfficeDesk,
) -> None:
    async with desk.as_("district_officer", sub="wang", area="110105001") as client:
        street = await client.post(SIMULATIONS, json={"id": str(new_id()), "changes": AGES})
    assert (street.status_code, street.json()["code"]) == (403, "whole_district_only")
    other = await ask(desk, changes=AGES, area_code=NANGANG)
    assert other.status_code == 403
    mine = (await ask(desk, changes=AGES)).json()["simulation_id"]
    await ended(desk, mine)
    async with desk.as_("district_officer", sub="he", area=NANGANG) as client:
        assert (await client.get(f"{SIMULATIONS}/{mine}")).status_code == 404
    async with desk.as_("street_officer", area="110105001") as client:
        assert (await client.get(f"{SIMULATIONS}/{mine}")).status_code == 403
