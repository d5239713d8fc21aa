"""What this service remembers of persons' and streets' letters."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from services.eligibility.people.store import People
from shared.contracts.intake import (
    PersonDied,
    PersonMoved,
    PersonRegistered,
    PersonUpdated,
    StreetActivated,
    StreetPaused,
)
from shared.contracts.letter import Letter
from shared.inbox import Handler


def person_of(letter: Letter) -> UUID:
    """The person a letter is about: of a letter about persons, the aggregate itself."""
    return letter.person_id or letter.aggregate_id


async def registered(letter: PersonRegistered | PersonUpdated, people: People) -> None:
    facts = letter.person
    await people.keep(person_of(letter), letter.area_code, facts, died_on=facts.died_on)


async def died(letter: PersonDied, people: People) -> None:
    await people.keep(person_of(letter), letter.area_code, died_on=letter.died_on)


async def moved(letter: PersonMoved, people: People) -> None:
    await people.keep(person_of(letter), letter.area_code, moved_on=letter.moved_on)


async def activated(letter: StreetActivated, people: People) -> None:
    await people.activate(letter.programme, letter.street_code, letter.activated_on)


async def paused(letter: StreetPaused, people: People) -> None:
    await people.pause(letter.programme, letter.street_code, letter.paused_on)


HANDLERS: Mapping[type[Letter], Handler] = {
    PersonRegistered: registered,
    PersonUpdated: registered,
    PersonDied: died,
    PersonMoved: moved,
    StreetActivated: activated,
    StreetPaused: paused,
}
