"""What ends a benefit: death, a move out of the district, the holder's own wish."""

from __future__ import annotations

from collections.abc import Mapping

from services.eligibility.awards.store import Awards
from services.eligibility.people.handlers import person_of
from shared.caller import district_of
from shared.contracts.intake import ApplicationWithdrawn, PersonDied, PersonMoved
from shared.contracts.letter import Letter
from shared.inbox import Handler


async def withdrawn(letter: ApplicationWithdrawn, awards: Awards) -> None:
    application_id = letter.application_id or letter.aggregate_id
    await awards.end("withdrawn", letter.withdrawn_on, application_id=application_id)


async def died(letter: PersonDied, awards: Awards) -> None:
    await awards.end("died", letter.died_on, person_id=person_of(letter))


async def moved(letter: PersonMoved, awards: Awards) -> None:
    """The month of the move is still due here (C-44); within the district the award follows."""
    area_code = letter.area_code or ""
    if district_of(area_code) == district_of(letter.previous_area):
        await awards.follow(person_of(letter), area_code)
    else:
        await awards.end("moved_out", letter.moved_on, person_id=person_of(letter))


HANDLERS: Mapping[type[Letter], Handler] = {
    ApplicationWithdrawn: withdrawn,
    PersonDied: died,
    PersonMoved: moved,
}
