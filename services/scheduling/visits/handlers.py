"""What cancels or moves visits: the end of their plan, and a person's move."""

from __future__ import annotations

from collections.abc import Mapping

from services.scheduling.visits.store import Visits
from shared.contracts.intake import PersonMoved
from shared.contracts.letter import Letter
from shared.contracts.scheduling import PlanEnded
from shared.inbox import Handler


async def cancel_open(letter: PlanEnded, visits: Visits) -> None:
    await visits.cancel(letter.plan_id, letter.ended_on)


async def follow(letter: PersonMoved, visits: Visits) -> None:
    if letter.person_id is not None and letter.area_code is not None:
        await visits.move(letter.person_id, letter.area_code)


HANDLERS: Mapping[type[Letter], Handler] = {PlanEnded: cancel_open, PersonMoved: follow}
