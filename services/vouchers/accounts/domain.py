"""A holder's account: opened by an award, closed by a death, stopped by an award's end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal
from uuid import UUID

from services.vouchers.ledger.domain import EVER, Emptied
from shared.contracts.eligibility import AwardEnded, AwardGranted
from shared.contracts.ids import derived_id
from shared.contracts.months import month_of
from shared.contracts.vouchers import AccountOpened, VouchersRevoked

ACCOUNTS_KEPT = 8192
"""Derived ids that are kept: a batch names the same people again and again."""
EndReason = Literal["died", "moved_out", "withdrawn", "no_longer_eligible"]


@dataclass(frozen=True, slots=True)
class Holder:
    """What the mirror knows of a person: where the books are kept, and the day of death."""

    person_id: UUID
    area_code: str
    died_on: date | None


@dataclass(frozen=True, slots=True)
class VoucherAward:
    """An award of voucher money, with all that issuing needs."""

    award_id: UUID
    person_id: UUID
    application_id: UUID | None
    programme: str
    benefit_class: str
    amount_fen: int
    starts_on: date


@lru_cache(maxsize=ACCOUNTS_KEPT)
def account_id(person_id: UUID, programme: str) -> UUID:
    """The account of a person under a programme; letters about it are numbered under this id."""
    return derived_id("voucher-account", person_id, programme)


def award_of(letter: AwardGranted) -> VoucherAward:
    """Read an award of voucher money.

    Raises:
        ValueError: it lacks the person or the amount, so nothing could ever be issued on it.
    """
    if letter.person_id is None or letter.area_code is None or not letter.monthly_amount_fen:
        raise ValueError("a voucher award needs a person, an area and a monthly amount")
    return VoucherAward(
        letter.award_id,
        letter.person_id,
        letter.application_id,
        letter.programme,
        letter.benefit_class,
        letter.monthly_amount_fen,
        letter.starts_on,
    )


def opened(award: VoucherAward, holder: Holder, now: datetime) -> list[AccountOpened]:
    """Open the account, unless the person is known to be dead (C-43)."""
    if holder.died_on is not None:
        return []
    return [
        AccountOpened(
            aggregate_id=account_id(award.person_id, award.programme),
            occurred_at=now,
            person_id=award.person_id,
            application_id=award.application_id,
            area_code=holder.area_code,
            award_id=award.award_id,
            programme=award.programme,
            opened_on=now.date(),
        )
    ]


def revoked_months_after(letter: AwardEnded) -> date:
    """Months after this one lose what is unspent: all on a death, else those not due (C-44)."""
    return EVER if letter.reason == "died" else month_of(letter.ended_on)


def revoked(emptied: Sequence[Emptied], reason: EndReason, now: datetime) -> list[VouchersRevoked]:
    """One letter for each account from which something was taken back."""
    return [
        VouchersRevoked(
            aggregate_id=account_id(taken.person_id, taken.programme),
            occurred_at=now,
            person_id=taken.person_id,
            application_id=taken.application_id,
            area_code=taken.area_code,
            amount_fen=taken.amount_fen,
            reason=reason,
            revoked_on=now.date(),
        )
        for taken in emptied
    ]
