"""Questions of what if, their runs, and the plans of care that they look at, for the stories."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx

from services.eligibility.simulations.store import HOLD, Simulations
from shared.contracts.evaluation import CaregiverRegistered, ProviderExited
from shared.contracts.ids import new_id
from shared.contracts.programmes import NANGANG, VOUCHER
from shared.contracts.scheduling import PlanConfirmed, PlanEnded
from tests.desk import OfficeDesk
from tests.eligibility.stories import DISTRICT, NANGANG_COMMUNITY, Elder, tell

SIMULATIONS = "/eligibility/v1/simulations"
PATIENCE_S = 30
LOOK_EVERY_S = 0.02


def change(name: str, value: Any, programme: str = VOUCHER) -> dict[str, Any]:
    """Another value of a programme from the policy's first day on."""
    return {"programme": programme, "name": name, "value": value, "from_on": "2010-01-01"}


AGES = [change("age_class_a", 75), change("age_class_b", [60, 74])]


async def registered(desk: OfficeDesk, birth_on: date, places: dict[str, int]) -> None:
    """So many people of one age in each community."""
    elders = [Elder(birth_on, area=place) for place, many in places.items() for _ in range(many)]
    await tell(desk, *(elder.registers() for elder in elders))


async def ask(
    desk: OfficeDesk, sub: str = "zhang", district: str = DISTRICT, **body: Any
) -> httpx.Response:
    """A district officer's question."""
    async with desk.as_("district_officer", sub=sub, area=district) as client:
        return await client.post(SIMULATIONS, json={"id": str(new_id()), **body})


async def cancel(desk: OfficeDesk, simulation_id: str, sub: str = "zhang") -> httpx.Response:
    """Somebody stops a run."""
    async with desk.as_("district_officer", sub=sub, area=DISTRICT) as client:
        place = f"{SIMULATIONS}/{simulation_id}/cancellation"
        return await client.post(place, json={"id": str(new_id())})


async def ended(desk: OfficeDesk, simulation_id: str, district: str = DISTRICT) -> dict[str, Any]:
    """The run once it has ended; the office is told that there is something to run."""
    desk.office.runtimes["eligibility"].state["simulations"].set()
    async with asyncio.timeout(PATIENCE_S), desk.as_("district_officer", area=district) as client:
        while True:
            view: dict[str, Any] = (await client.get(f"{SIMULATIONS}/{simulation_id}")).json()
            if view["state"] not in ("waiting", "running"):
                return view
            await asyncio.sleep(LOOK_EVERY_S)


async def result(desk: OfficeDesk, district: str = DISTRICT, **body: Any) -> dict[str, Any]:
    """The result of a question."""
    asked = await ask(desk, district=district, **body)
    assert asked.status_code == 202, asked.text
    view = await ended(desk, asked.json()["simulation_id"], district)
    assert (view["state"], view["percent"]) == ("done", 100), view
    async with desk.as_("district_officer", area=district) as client:
        answer = await client.get(f"{SIMULATIONS}/{view['simulation_id']}/result")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@asynccontextmanager
async def held(desk: OfficeDesk) -> AsyncIterator[None]:
    """Meanwhile another process is the one that runs, and gets no further."""
    work = desk.work("eligibility")
    try:
        await work.run(HOLD.replace("pg_try_", "pg_"))
        yield
    finally:
        await work.abandon()


async def taken(desk: OfficeDesk) -> None:
    """That other process takes a run, and is cut off."""
    work = desk.work("eligibility")
    assert await Simulations(work).take() is not None
    await work.commit()


async def advanced(desk: OfficeDesk, simulation_id: str) -> bool:
    """Whether that other process may go on with a run."""
    work = desk.work("eligibility")
    going = await Simulations(work).advance(UUID(simulation_id), 1, 2)
    await work.commit()
    return going


async def plans(desk: OfficeDesk, elders: Sequence[Elder], caregivers: int) -> None:
    """Each elder has 2 hours on four days a week; so many caregivers are on duty."""
    provider, now = new_id(), datetime(2010, 1, 4, 1, tzinfo=UTC)
    people = [new_id() for _ in range(caregivers)]
    hired = [
        CaregiverRegistered(
            aggregate_id=one, occurred_at=now, area_code=NANGANG, caregiver_id=one,
            provider_id=provider,
        )
        for one in people
    ]  # fmt: skip
    confirmed = [
        PlanConfirmed(
            aggregate_id=elder.application_id, occurred_at=now, person_id=elder.person_id,
            area_code=NANGANG_COMMUNITY, plan_id=elder.application_id, provider_id=provider,
            caregiver_id=people[0], item_code="clean", weekdays=(1, 2, 3, 4), starts_at_minute=540,
            minutes=120, starts_on=date(2010, 1, 1),
        )
        for elder in elders
    ]  # fmt: skip
    await _told(desk, "evaluation", hired)
    await _told(desk, "scheduling", confirmed)


async def provider_leaves(desk: OfficeDesk) -> None:
    """The provider of the registered caregivers exits."""
    work = desk.work("eligibility")
    provider = await work.value("SELECT provider_id FROM caregivers LIMIT 1")
    await work.abandon()
    exited = ProviderExited(
        aggregate_id=provider, occurred_at=datetime(2010, 1, 4, 2, tzinfo=UTC), area_code=NANGANG,
        provider_id=provider, exited_on=date(2010, 1, 4), reason="own_wish",
    )  # fmt: skip
    await _told(desk, "evaluation", [exited])


async def end_plans(desk: OfficeDesk) -> None:
    """Every plan ended a day ago."""
    work = desk.work("eligibility")
    rows = await work.rows("SELECT plan_id, person_id FROM care_plans")
    await work.abandon()
    ended_plans = [
        PlanEnded(
            aggregate_id=row["plan_id"], occurred_at=datetime(2010, 1, 4, 2, tzinfo=UTC),
            person_id=row["person_id"], area_code=NANGANG_COMMUNITY, plan_id=row["plan_id"],
            ended_on=date(2010, 1, 3), reason="withdrawn",
        )
        for row in rows
    ]  # fmt: skip
    await _told(desk, "scheduling", ended_plans)


async def _told(desk: OfficeDesk, service: str, letters: Sequence[Any]) -> None:
    work = desk.work(service)
    work.send(*letters)
    await work.commit()
    await desk.settle()
