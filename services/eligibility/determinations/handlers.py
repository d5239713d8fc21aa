"""What applications and better known facts do here: a determination, and a case for people."""

from __future__ import annotations

from collections.abc import Mapping

from services.eligibility.determinations.domain import (
    Filing,
    apply,
    closing_letters,
    determine,
)
from services.eligibility.determinations.store import Determinations, answer_of
from services.eligibility.people.handlers import person_of
from shared.contracts.intake import ApplicationSubmitted, PersonUpdated
from shared.contracts.letter import Letter
from shared.inbox import Handler


async def submitted(letter: ApplicationSubmitted, store: Determinations) -> None:
    """Determine the application on its day; its case goes to the street."""
    filing = Filing(
        letter.application_id or letter.aggregate_id,
        person_of(letter),
        letter.programme,
        letter.area_code or "",
        letter.agency,
    )
    known = await store.known(filing)
    if known.seen:
        return
    programme = store.programme(letter.programme)
    case = apply(programme, filing, letter.person, letter.applied_on, known, store.today)
    made = case.determination
    events = [made.letter(store.now), *closing_letters(case, store.now)]
    await store.save([made], [case], events)


async def updated(letter: PersonUpdated, store: Determinations) -> None:
    """Determine the person's open cases again, as of the same day with the facts better known."""
    revised = []
    for case in await store.undecided(person_of(letter)):
        programme = store.programme(case.filing.programme)
        made = determine(programme, case.filing, letter.person, case.as_of_on, "event")
        if answer_of(made) != case.answer:
            revised.append((case.case_id, made))
    if revised:
        made_again = [made for _, made in revised]
        events = [made.letter(store.now) for made in made_again]
        await store.save(made_again, [], events, revised)


HANDLERS: Mapping[type[Letter], Handler] = {ApplicationSubmitted: submitted, PersonUpdated: updated}
