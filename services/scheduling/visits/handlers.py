"""What cancels, pauses or moves visits: their plan's end, their award's rest, a person's move."""

from __future__ import annotations

from collections.abc import Mapping

from services.scheduling.visits.store import Visits
from shared.contracts.eligibility import AwardEnded, AwardResumed, AwardSuspended
from shared.contracts.intake import PersonMoved
from shared.contracts.letter import Letter
from shared.contracts.scheduling import PlanEnded
from shared.inbox import Handler


async def cancel_open(letter: PlanEnded, visits: Visits) -> None:
    await visits.cancel(letter.plan_id, letter.ended_on)


async def pause(letter: AwardSuspended, visits: Visits) -> None:
    await visits.pause(letter.award_id)


async def resume(letter: AwardResumed, visits: Visits) -> None:
    await visits.resume(letter.award_id, letter.resumed_on)


async def give_up(letter: AwardEnded, visits: Visits) -> None:
    await visits.give_up(letter.award_id)


async def follow(letter: PersonMoved, visits: Visits) -> None:
    if letter.person_id is not None and letter.area_code is not None:
        await visits.move(letter.person_id, letter.area_code)


HANDLERS: Mapping[type[Letter], Handler] = {
    PlanEnded: cancel_open,
    AwardSuspended: pause,
    AwardResumed: resume,
    AwardEnded: give_up,
    PersonMoved: follow,
}
