"""Objections follow their person to another community of the same district."""

from __future__ import annotations

from collections.abc import Mapping

from services.eligibility.people.handlers import person_of
from services.eligibility.publicity.store import Notices
from shared.caller import district_of
from shared.contracts.intake import PersonMoved
from shared.contracts.letter import Letter
from shared.inbox import Handler


async def moved(letter: PersonMoved, notices: Notices) -> None:
    area_code = letter.area_code or ""
    if district_of(area_code) == district_of(letter.previous_area):
        await notices.follow(person_of(letter), area_code)


HANDLERS: Mapping[type[Letter], Handler] = {PersonMoved: moved}
