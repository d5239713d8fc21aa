"""What the workforce hears: it keeps what plans depend on, in whatever order it comes."""

from __future__ import annotations

from collections.abc import Mapping

from services.scheduling.workforce.store import Workforce
from shared.contracts.eligibility import (
    AwardEnded,
    AwardGranted,
    AwardResumed,
    AwardSuspended,
)
from shared.contracts.evaluation import (
    CaregiverRegistered,
    ProviderAdmitted,
    ProviderExited,
    ProviderReinstated,
    ProviderSuspended,
)
from shared.contracts.intake import PersonDied, PersonMoved, StreetActivated, StreetPaused
from shared.contracts.letter import Letter
from shared.inbox import Handler


async def admit(letter: ProviderAdmitted, workforce: Workforce) -> None:
    await workforce.save_provider(letter.provider_id, "admitted", letter.admitted_on)


async def suspend(letter: ProviderSuspended, workforce: Workforce) -> None:
    await workforce.save_provider(letter.provider_id, "suspended", letter.suspended_on)


async def reinstate(letter: ProviderReinstated, workforce: Workforce) -> None:
    await workforce.save_provider(letter.provider_id, "admitted", letter.reinstated_on)


async def leave(letter: ProviderExited, workforce: Workforce) -> None:
    await workforce.save_provider(letter.provider_id, "exited", letter.exited_on)


async def register(letter: CaregiverRegistered, workforce: Workforce) -> None:
    await workforce.save_caregiver(
        letter.caregiver_id, letter.provider_id, letter.certified_until_on, letter.on_duty
    )


async def award(letter: AwardGranted, workforce: Workforce) -> None:
    if letter.person_id is not None:
        await workforce.save_award(
            letter.award_id,
            letter.person_id,
            letter.application_id,
            letter.programme,
            letter.starts_on,
            letter.area_code,
        )


async def end_award(letter: AwardEnded, workforce: Workforce) -> None:
    await workforce.save_award_end(letter.award_id, letter.ended_on)


async def suspend_award(letter: AwardSuspended, workforce: Workforce) -> None:
    await workforce.save_award_suspension(letter.award_id, letter.suspended_on)


async def resume_award(letter: AwardResumed, workforce: Workforce) -> None:
    await workforce.save_award_resumption(letter.award_id, letter.resumed_on)


async def mourn(letter: PersonDied, workforce: Workforce) -> None:
    if letter.person_id is not None:
        await workforce.save_person(letter.person_id, letter.area_code, letter.died_on)


async def move(letter: PersonMoved, workforce: Workforce) -> None:
    if letter.person_id is not None:
        await workforce.save_person(letter.person_id, letter.area_code)


async def activate(letter: StreetActivated, workforce: Workforce) -> None:
    await workforce.save_street(
        letter.programme, letter.street_code, letter.activated_on, active=True
    )


async def pause(letter: StreetPaused, workforce: Workforce) -> None:
    await workforce.save_street(
        letter.programme, letter.street_code, letter.paused_on, active=False
    )


HANDLERS: Mapping[type[Letter], Handler] = {
    ProviderAdmitted: admit,
    ProviderSuspended: suspend,
    ProviderReinstated: reinstate,
    ProviderExited: leave,
    CaregiverRegistered: register,
    AwardGranted: award,
    AwardEnded: end_award,
    AwardSuspended: suspend_award,
    AwardResumed: resume_award,
    PersonDied: mourn,
    PersonMoved: move,
    StreetActivated: activate,
    StreetPaused: pause,
}
