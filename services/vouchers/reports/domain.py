"""What the books must say for every cell, fund and book, and which of them do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Cell:
    """Where the issued money of one month, street, class and fund is; `held` is kept balances."""

    month_on: date
    street_code: str
    benefit_class: str
    fund: str
    issue_fen: int
    redeem_fen: int
    expire_fen: int
    revoke_fen: int
    outstanding_fen: int
    held_fen: int

    @property
    def name(self) -> str:
        return f"{self.month_on} {self.street_code} {self.benefit_class} {self.fund}"

    @property
    def conserved(self) -> bool:
        """issued = redeemed + expired + revoked + outstanding, and outstanding is what is held."""
        gone = self.redeem_fen + self.expire_fen + self.revoke_fen
        return (
            self.issue_fen == gone + self.outstanding_fen
            and self.outstanding_fen == self.held_fen
            and self.outstanding_fen >= 0
        )


@dataclass(frozen=True, slots=True)
class FundMoney:
    """A fund's benefit money: reserved is issued, released is expired and revoked, paid settled."""

    fund: str
    allocated_fen: int
    reserved_fen: int
    issued_fen: int
    released_fen: int
    expired_fen: int
    revoked_fen: int
    redeemed_fen: int
    earned_fen: int
    recovered_fen: int
    paid_fen: int
    settled_fen: int
    payable_fen: int

    @property
    def name(self) -> str:
        return self.fund

    @property
    def conserved(self) -> bool:
        """Both ends of every step say the same."""
        return (
            self.reserved_fen == self.issued_fen
            and self.released_fen == self.expired_fen + self.revoked_fen
            and self.paid_fen == self.settled_fen
            and self.redeemed_fen == self.earned_fen
            and self.earned_fen == self.settled_fen + self.recovered_fen + self.payable_fen
        )


@dataclass(frozen=True, slots=True)
class BookMoney:
    """One book's money of one fund: what was allocated, spent, and is left."""

    book: str
    fund: str
    allocated_fen: int
    spent_fen: int
    left_fen: int

    @property
    def name(self) -> str:
        return f"{self.book} {self.fund}"

    @property
    def conserved(self) -> bool:
        """allocated = spent + left."""
        return self.allocated_fen == self.spent_fen + self.left_fen and self.left_fen >= 0


@dataclass(frozen=True, slots=True)
class ProviderMoney:
    """A provider's redemptions net of reversals, and how much of them is settled."""

    provider_id: str
    redeemed_fen: int
    earned_fen: int
    recovered_fen: int
    settled_fen: int
    payable_fen: int

    @property
    def name(self) -> str:
        return self.provider_id

    @property
    def conserved(self) -> bool:
        """Redemptions net of reversals are what was earned: settled, deducted or payable."""
        return (
            self.redeemed_fen == self.earned_fen
            and self.earned_fen == self.settled_fen + self.recovered_fen + self.payable_fen
        )


def wrong(lines: Iterable[Cell | FundMoney | BookMoney | ProviderMoney]) -> list[str]:
    """The names of the lines in which a fen is missing or too many."""
    return [line.name for line in lines if not line.conserved]
