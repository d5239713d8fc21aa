"""Double entry: the lines of a posting set, and what the books must say for every fen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

Act = Literal[
    "allocate",
    "issue",
    "redeem",
    "refund",
    "settle",
    "unsettle",
    "expire",
    "revoke",
    "recover",
    "backpay",
    "transfer_fund",
    "claim",
    "subsidy",
    "reward",
    "training",
    "expense",
]
AccountKind = Literal[
    "fund",
    "allocation",
    "holder",
    "provider_payable",
    "settled",
    "expired",
    "revoked",
    "recovered",
    "claims",
    "subsidies",
    "rewards",
    "expenses",
    "training",
]

EVER, NEVER = date.min, date.max


@dataclass(frozen=True, slots=True)
class Line:
    """One side of a posting set; plus is money in, minus is money out. Amounts are whole fen."""

    account_id: UUID
    account_kind: AccountKind
    amount_fen: int
    fund: str
    street_code: str
    month_on: date | None = None
    benefit_class: str | None = None
    agency: str = ""


class UnbalancedError(Exception):
    """A posting set whose lines do not sum to zero; a flaw of the program, never of a request."""


def balanced(lines: Iterable[Line]) -> tuple[Line, ...]:
    """A posting set, ready to be booked.

    Raises:
        UnbalancedError: the lines do not sum to zero, are none, or one moves nothing.
    """
    made = tuple(lines)
    if not made or sum(line.amount_fen for line in made) != 0:
        raise UnbalancedError("a posting set must sum to zero")
    if any(line.amount_fen == 0 for line in made):
        raise UnbalancedError("a line must move something")
    return made


@dataclass(frozen=True, slots=True)
class Emptied:
    """What one person's vouchers still held when they were expired or revoked."""

    person_id: UUID
    programme: str
    application_id: UUID | None
    area_code: str
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Where the issued money went, for one cut of the books (all, a month, a street, a fund)."""

    issued_fen: int = 0
    redeemed_fen: int = 0
    expired_fen: int = 0
    revoked_fen: int = 0
    outstanding_fen: int = 0

    @property
    def conserved(self) -> bool:
        """issued = redeemed + expired + revoked + outstanding."""
        gone = self.redeemed_fen + self.expired_fen + self.revoked_fen
        return self.issued_fen == gone + self.outstanding_fen and self.outstanding_fen >= 0


def not_conserved(cuts: Sequence[tuple[str, Totals]]) -> list[str]:
    """The names of the cuts in which a fen is missing or too many."""
    return [name for name, totals in cuts if not totals.conserved]
