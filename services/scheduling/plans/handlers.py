"""What ends, pauses or moves plans: deaths, moves, an award's fate and a provider's exit."""

from __future__ import annotations

from collections.abc import Mapping

from services.scheduling.plans.domain import END_OF_AWARD
from services.scheduling.plans.store import Plans
from shared.contracts.eligibility import AwardEnded, AwardResumed, AwardSuspended
from shared.contracts.evaluation import ProviderExited
from shared.contracts.intake import PersonDied, PersonMoved
from shared.contracts.letter import Letter
from shared.inbox import Handler


async def end_with_person(letter: PersonDied, plans: Plans) -> None:
    if letter.person_id is not None:
        await plans.end(letter.died_on, "died", person_id=letter.person_id)


async def end_with_award(letter: AwardEnded, plans: Plans) -> None:
    await plans.end(letter.ended_on, END_OF_AWARD[letter.reason], award_id=letter.award_id)


async def pause_with_award(letter: AwardSuspended, plans: Plans) -> None:
    await plans.pause(letter.award_id, letter.suspended_on, letter.reason)


async def resume_with_award(letter: AwardResumed, plans: Plans) -> None:
    await plans.resume(letter.award_id, letter.resumed_on)


async def end_with_provider(letter: ProviderExited, plans: Plans) -> None:
    await plans.end(letter.exited_on, "provider_exited", provider_id=letter.provider_id)


async def follow(letter: PersonMoved, plans: Plans) -> None:
    if letter.person_id is not None and letter.area_code is not None:
        await plans.move(letter.person_id, letter.area_code)


HANDLERS: Mapping[type[Letter], Handler] = {
    PersonDied: end_with_person,
    AwardEnded: end_with_award,
    AwardSuspended: pause_with_award,
    AwardResumed: resume_with_award,
    ProviderExited: end_with_provider,
    PersonMoved: follow,
}
