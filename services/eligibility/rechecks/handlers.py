"""What changed facts, deaths, moves and wishes do to running awards and their re-checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from services.eligibility.people.handlers import person_of
from services.eligibility.rechecks.domain import look_at_facts
from services.eligibility.rechecks.store import Rechecks
from shared.caller import district_of
from shared.contracts.intake import (
    ApplicationWithdrawn,
    PersonDied,
    PersonMoved,
    PersonUpdated,
)
from shared.contracts.letter import Letter
from shared.inbox import Handler


async def updated(letter: PersonUpdated, store: Rechecks) -> None:
    """Look at the person's running awards with the facts as they are now (N-51, C-45)."""
    standings = await store.of_person(person_of(letter))
    looked = [
        look_at_facts(
            store.programme(one.filing.programme), replace(one, facts=letter.person), store.today
        )
        for one in standings
    ]
    if looked:
        await store.save(looked)


async def died(letter: PersonDied, store: Rechecks) -> None:
    await store.close(person_id=person_of(letter))


async def withdrawn(letter: ApplicationWithdrawn, store: Rechecks) -> None:
    await store.close(application_id=letter.application_id or letter.aggregate_id)


async def moved(letter: PersonMoved, store: Rechecks) -> None:
    """Within the district the re-check follows; beyond it, the award has ended (C-44)."""
    area_code = letter.area_code or ""
    if district_of(area_code) == district_of(letter.previous_area):
        await store.follow(person_of(letter), area_code)
    else:
        await store.close(person_id=person_of(letter))


HANDLERS: Mapping[type[Letter], Handler] = {
    PersonUpdated: updated,
    PersonDied: died,
    ApplicationWithdrawn: withdrawn,
    PersonMoved: moved,
}
