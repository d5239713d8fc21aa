"""What papers, withdrawals, deaths, moves and activated streets do to cases."""

from __future__ import annotations

from collections.abc import Mapping

from services.eligibility.determinations.domain import determine
from services.eligibility.people.handlers import person_of
from services.eligibility.reviews.store import Cases
from shared.caller import district_of
from shared.contracts.intake import (
    ApplicationWithdrawn,
    EvidenceReceived,
    PersonDied,
    PersonMoved,
    PersonUpdated,
    StreetActivated,
)
from shared.contracts.letter import Letter
from shared.inbox import Handler


async def received(letter: EvidenceReceived, cases: Cases) -> None:
    """Determine again with what the papers show; the case goes back to the street (C-59)."""
    store = cases.determinations
    waiting = await cases.awaiting(letter.application_id or letter.aggregate_id)
    revised = [
        (
            case.case_id,
            determine(
                store.programme(case.filing.programme),
                case.filing,
                letter.person,
                case.as_of_on,
                "event",
            ),
        )
        for case in await store.undecided(person_of(letter))
        if case.case_id in waiting
    ]
    made = [one for _, one in revised]
    await store.save(made, [], [one.letter(store.now) for one in made], revised)
    await cases.resume(person_of(letter))


async def updated(letter: PersonUpdated, cases: Cases) -> None:
    """Facts that brought the case back to the street by themselves let its time run again."""
    await cases.resume(person_of(letter))


async def withdrawn(letter: ApplicationWithdrawn, cases: Cases) -> None:
    application_id = letter.application_id or letter.aggregate_id
    await cases.close("withdrawn", application_id=application_id)


async def died(letter: PersonDied, cases: Cases) -> None:
    await cases.close("died", person_id=person_of(letter))


async def moved(letter: PersonMoved, cases: Cases) -> None:
    """Into another district: closed here, to be asked for there. Else the file follows."""
    area_code = letter.area_code or ""
    if district_of(area_code) == district_of(letter.previous_area):
        await cases.follow(person_of(letter), area_code)
    else:
        await cases.close("moved_out", person_id=person_of(letter))


async def activated(letter: StreetActivated, cases: Cases) -> None:
    await cases.release(letter.programme, letter.street_code)


HANDLERS: Mapping[type[Letter], Handler] = {
    EvidenceReceived: received,
    PersonUpdated: updated,
    ApplicationWithdrawn: withdrawn,
    PersonDied: died,
    PersonMoved: moved,
    StreetActivated: activated,
}
