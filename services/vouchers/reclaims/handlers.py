"""Letters that open reclaim cases; heard after the accounts have taken back the unspent."""

from __future__ import annotations

from collections.abc import Mapping

from services.vouchers.accounts.domain import revoked_months_after
from services.vouchers.reclaims.store import Reclaims
from shared.contracts.eligibility import AwardEnded
from shared.contracts.intake import PersonDied
from shared.contracts.letter import Letter
from shared.inbox import Handler


async def reclaim_after_death(letter: PersonDied, reclaims: Reclaims) -> None:
    if letter.person_id is None:
        return
    holder = await reclaims.note(letter.person_id, letter.area_code, died_on=letter.died_on)
    died_on = holder.died_on or letter.died_on
    await reclaims.open(holder.person_id, holder.area_code, "spent_after_death", died_on)


async def reclaim_what_was_not_due(letter: AwardEnded, reclaims: Reclaims) -> None:
    """What was spent of months after the award's last one; a death has a letter of its own."""
    ours = letter.programme in reclaims.policy.programmes
    if not ours or letter.person_id is None or letter.reason == "died":
        return
    holder = await reclaims.note(letter.person_id, letter.area_code)
    after = revoked_months_after(letter)
    await reclaims.open(holder.person_id, holder.area_code, "not_due", letter.ended_on, after)


HANDLERS: Mapping[type[Letter], Handler] = {
    PersonDied: reclaim_after_death,
    AwardEnded: reclaim_what_was_not_due,
}
