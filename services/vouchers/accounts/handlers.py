"""Letters that open, move, stop and close holders' accounts; any order between topics."""

from __future__ import annotations

from collections.abc import Mapping

from services.vouchers.accounts.domain import award_of, opened, revoked, revoked_months_after
from services.vouchers.accounts.store import Accounts
from shared.contracts.eligibility import (
    AwardEnded,
    AwardGranted,
    AwardReclassified,
    AwardResumed,
    AwardSuspended,
)
from shared.contracts.intake import PersonDied, PersonMoved
from shared.contracts.letter import Letter
from shared.inbox import Handler


async def open_account(letter: AwardGranted, accounts: Accounts) -> None:
    if letter.programme not in accounts.policy.programmes:
        return
    award = award_of(letter)
    holder = await accounts.note(award.person_id, letter.area_code, award=True)
    await accounts.grant(award, holder, opened(award, holder, accounts.now))


async def stop_issue(letter: AwardEnded, accounts: Accounts) -> None:
    if letter.programme not in accounts.policy.programmes or letter.person_id is None:
        return
    holder = await accounts.note(letter.person_id, letter.area_code)
    await accounts.end(letter, holder)
    taken = await accounts.revoke(
        letter.person_id, [letter.programme], revoked_months_after(letter)
    )
    accounts.send(revoked(taken, letter.reason, accounts.now))


async def pause_issue(letter: AwardSuspended, accounts: Accounts) -> None:
    if letter.programme not in accounts.policy.programmes or letter.person_id is None:
        return
    holder = await accounts.note(letter.person_id, letter.area_code)
    await accounts.suspend(letter, holder)


async def resume_issue(letter: AwardResumed, accounts: Accounts) -> None:
    if letter.programme not in accounts.policy.programmes or letter.person_id is None:
        return
    await accounts.note(letter.person_id, letter.area_code)
    await accounts.resume(letter)


async def change_class(letter: AwardReclassified, accounts: Accounts) -> None:
    if letter.programme not in accounts.policy.programmes or letter.person_id is None:
        return
    holder = await accounts.note(letter.person_id, letter.area_code)
    await accounts.reclassify(letter, holder)


async def close_account(letter: PersonDied, accounts: Accounts) -> None:
    if letter.person_id is None:
        return
    await accounts.note(letter.person_id, letter.area_code, died_on=letter.died_on)
    taken = await accounts.revoke(letter.person_id, accounts.policy.programmes)
    accounts.send(revoked(taken, "died", accounts.now))


async def change_street(letter: PersonMoved, accounts: Accounts) -> None:
    if letter.person_id is None:
        return
    holder = await accounts.note(letter.person_id, letter.area_code, moved_at=letter.occurred_at)
    await accounts.move(holder)


HANDLERS: Mapping[type[Letter], Handler] = {
    AwardGranted: open_account,
    AwardEnded: stop_issue,
    AwardSuspended: pause_issue,
    AwardResumed: resume_issue,
    AwardReclassified: change_class,
    PersonDied: close_account,
    PersonMoved: change_street,
}
