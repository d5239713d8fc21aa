"""What this service remembers of scheduling's plans and of evaluation's caregivers."""

from __future__ import annotations

from collections.abc import Mapping

from services.eligibility.capacity.store import Capacity
from shared.contracts.evaluation import (
    CaregiverRegistered,
    ProviderAdmitted,
    ProviderExited,
    ProviderReinstated,
    ProviderSuspended,
)
from shared.contracts.letter import Letter
from shared.contracts.scheduling import PlanConfirmed, PlanEnded
from shared.inbox import Handler


async def confirmed(letter: PlanConfirmed, capacity: Capacity) -> None:
    await capacity.keep_plan(
        letter.plan_id,
        letter.area_code,
        person_id=letter.person_id,
        caregiver_id=letter.caregiver_id,
        weekly_minutes=len(letter.weekdays) * letter.minutes,
        starts_on=letter.starts_on,
    )


async def ended(letter: PlanEnded, capacity: Capacity) -> None:
    await capacity.keep_plan(letter.plan_id, letter.area_code, ended_on=letter.ended_on)


async def registered(letter: CaregiverRegistered, capacity: Capacity) -> None:
    await capacity.keep_caregiver(
        letter.caregiver_id,
        letter.provider_id,
        letter.area_code,
        letter.on_duty,
        letter.certified_until_on,
    )


async def may_take(letter: ProviderAdmitted | ProviderReinstated, capacity: Capacity) -> None:
    await capacity.keep_provider(letter.provider_id, taking=True)


async def may_not_take(letter: ProviderSuspended | ProviderExited, capacity: Capacity) -> None:
    await capacity.keep_provider(letter.provider_id, taking=False)


HANDLERS: Mapping[type[Letter], Handler] = {
    PlanConfirmed: confirmed,
    PlanEnded: ended,
    CaregiverRegistered: registered,
    ProviderAdmitted: may_take,
    ProviderReinstated: may_take,
    ProviderSuspended: may_not_take,
    ProviderExited: may_not_take,
}
