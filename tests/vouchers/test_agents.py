"""Collecting for a holder: on a written authority, in its days, and not after a death (C-47)."""

from __future__ import annotations

from datetime import date

import pytest

from services.vouchers.accounts.agents_store import Agents
from shared.contracts.ids import new_id
from tests.vouchers.town import OTHER_STREET, Elder, Town

pytestmark = pytest.mark.anyio
PAPER = {
    "relation": "child",
    "authority_no": "委-2010-1",
    "from_on": "2010-01-04",
    "until_on": "2010-06-30",
}


async def test_a_child_collects_in_the_days_of_the_paper_alone(town: Town) -> None:
    elder, neighbour = Elder(), Elder()
    await town.grant(elder, neighbour)
    made = await town.post(town.street(), "agents", person_id=str(elder.person_id), **PAPER)
    assert made.status_code == 201, made.text
    twice = await town.post(town.street(), "agents", person_id=str(elder.person_id), **PAPER)
    assert (twice.status_code, twice.json()["code"]) == (409, "authority_taken")
    work = town.desk.work("vouchers")
    store, agent = Agents(work), made.json()["agent_id"]
    assert await store.may_collect(agent, elder.person_id, date(2010, 6, 30))
    assert not await store.may_collect(agent, elder.person_id, date(2010, 7, 1))
    assert not await store.may_collect(agent, elder.person_id, date(2010, 1, 3))
    assert not await store.may_collect(agent, neighbour.person_id, date(2010, 6, 30))
    await work.abandon()


async def test_an_authority_ends_by_withdrawal_and_by_death(town: Town) -> None:
    elder = Elder()
    await town.grant(elder)
    officer, who = town.street(), {"person_id": str(elder.person_id)}
    one = (await town.post(officer, "agents", **who, **PAPER)).json()["agent_id"]
    two = await town.post(officer, "agents", **who, **{**PAPER, "authority_no": "委-2010-2"})
    assert two.status_code == 201
    assert (await town.post(officer, f"agents/{one}/withdrawals")).status_code == 201
    again = await town.post(officer, f"agents/{one}/withdrawals")
    assert (again.status_code, again.json()["code"]) == (404, "no_such_authority")
    seen = (await officer.get("/vouchers/v1/agents", params=who)).json()
    assert [agent["may_collect"] for agent in seen] == [False, True]
    await town.die(elder, date(2010, 1, 4))
    seen = (await officer.get("/vouchers/v1/agents", params=who)).json()
    assert [agent["may_collect"] for agent in seen] == [False, False]
    late = await town.post(officer, "agents", **who, **{**PAPER, "authority_no": "委-2010-3"})
    assert (late.status_code, late.json()["code"]) == (409, "holder_died")


async def test_a_paper_that_is_over_or_of_another_street_is_refused(town: Town) -> None:
    elder = Elder()
    await town.grant(elder)
    who = {"person_id": str(elder.person_id)}
    for days in ({"until_on": "2010-01-03"}, {"from_on": "2010-07-01"}):
        over = await town.post(town.street(), "agents", **who, **{**PAPER, **days})
        assert (over.status_code, over.json()["code"]) == (422, "authority_over")
    foreign = await town.post(town.street(OTHER_STREET), "agents", **who, **PAPER)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "no_such_holder")
    unknown = await town.post(town.street(), "agents", person_id=str(new_id()), **PAPER)
    assert unknown.status_code == 404
