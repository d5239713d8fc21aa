"""Appeals follow their person to another community of the same district."""

from __future__ import annotations

from collections.abc import Mapping

from services.eligibility.appeals.store import Appeals
from services.eligibility.people.handlers import person_of
from shared.caller import district_of
from shared.contracts.intake import PersonMoved
from shared.contracts.letter import Letter
from shared.inbox import Handler


async def moved(letter: PersonMoved, appeals: Appeals) -> None:
    area_code = letter.area_code or ""
    if district_of(area_code) == district_of(letter.previous_area):
        await appeals.follow(person_of(letter), area_code)


HANDLERS: Mapping[type[Letter], Handler] = {PersonMoved: moved}
