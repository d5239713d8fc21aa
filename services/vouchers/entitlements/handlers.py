"""Letters about awards that are no voucher money."""

from __future__ import annotations

from collections.abc import Mapping

from services.vouchers.entitlements.store import Entitlements
from shared.contracts.eligibility import AwardEnded, AwardGranted
from shared.contracts.intake import PersonMoved
from shared.contracts.letter import Letter
from shared.inbox import Handler


async def entitle(letter: AwardGranted, entitlements: Entitlements) -> None:
    if letter.programme in entitlements.policy.entitling and letter.person_id is not None:
        await entitlements.entitle(letter)


async def disentitle(letter: AwardEnded, entitlements: Entitlements) -> None:
    if letter.programme in entitlements.policy.entitling and letter.person_id is not None:
        await entitlements.disentitle(letter)


async def follow(letter: PersonMoved, entitlements: Entitlements) -> None:
    if letter.person_id is not None:
        await entitlements.follow(letter.person_id, letter.area_code, letter.occurred_at)


HANDLERS: Mapping[type[Letter], Handler] = {
    AwardGranted: entitle,
    AwardEnded: disentitle,
    PersonMoved: follow,
}
