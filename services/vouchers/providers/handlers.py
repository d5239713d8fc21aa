"""Letters about providers, their outlets and the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from services.vouchers.providers.domain import StandingNote
from services.vouchers.providers.store import Providers
from shared.contracts.evaluation import (
    OutletOpened,
    ProviderAdmitted,
    ProviderExited,
    ProviderReinstated,
    ProviderSuspended,
)
from shared.contracts.letter import Letter
from shared.contracts.scheduling import CatalogueItemPublished
from shared.inbox import Handler


async def admit(letter: ProviderAdmitted, providers: Providers) -> None:
    await providers.note(
        StandingNote(str(letter.provider_id), "admitted", letter.admitted_on, letter.occurred_at)
    )


async def suspend(letter: ProviderSuspended, providers: Providers) -> None:
    await providers.note(
        StandingNote(str(letter.provider_id), "suspended", letter.suspended_on, letter.occurred_at)
    )


async def reinstate(letter: ProviderReinstated, providers: Providers) -> None:
    await providers.note(
        StandingNote(str(letter.provider_id), "admitted", letter.reinstated_on, letter.occurred_at)
    )


async def leave(letter: ProviderExited, providers: Providers) -> None:
    await providers.note(
        StandingNote(str(letter.provider_id), "exited", letter.exited_on, letter.occurred_at)
    )


async def open_outlet(letter: OutletOpened, providers: Providers) -> None:
    await providers.open_outlet(letter)


async def publish(letter: CatalogueItemPublished, providers: Providers) -> None:
    await providers.publish(letter)


HANDLERS: Mapping[type[Letter], Handler] = {
    ProviderAdmitted: admit,
    ProviderSuspended: suspend,
    ProviderReinstated: reinstate,
    ProviderExited: leave,
    OutletOpened: open_outlet,
    CatalogueItemPublished: publish,
}
