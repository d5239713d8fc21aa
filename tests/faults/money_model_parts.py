"""What the model holds: purses, cards, sales, holds, redemptions and statements."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from shared.contracts.months import last_day
from tests.faults.money_model_signers import Signer

MONTHLY_FEN = 10000


def void_after(month: date) -> date:
    """The last day of a month's money: 31 January of the next year (C-39)."""
    return date(month.year + 1, 1, 31)


@dataclass
class Card:
    """A card by its number; a lost or replaced one is stopped from a day on."""

    number: str
    lost_on: date | None = None
    closed_on: date | None = None

    def refusal(self, day: date) -> str:
        if self.closed_on is not None and self.closed_on <= day:
            return "card_closed"
        return "card_lost" if self.lost_on is not None and self.lost_on <= day else ""


@dataclass
class Purse:
    """A holder's months and their last days, his cards, and whether more months come."""

    months: dict[date, int] = field(default_factory=dict)
    until: dict[date, date] = field(default_factory=dict)
    cards: list[Card] = field(default_factory=list)
    died_on: date | None = None
    ended_on: date | None = None
    starts_on: date = date(2010, 1, 1)

    def is_due(self, month: date) -> bool:
        """Whether an issue run of a month has something for him."""
        return not self.undue(month)

    def undue(self, month: date) -> str:
        """Why nothing is to be paid for a month."""
        if month in self.months:
            return "already_issued"
        if self.died_on:
            return "holder_died"
        if last_day(month) < self.starts_on:
            return "before_application"
        return "after_award" if self.ended_on and self.ended_on < month else ""

    def pay(self, month: date, today: date) -> None:
        """A month's money; paid late, it is good as long as that of this month."""
        self.months[month] = MONTHLY_FEN
        self.until[month] = max(void_after(month), void_after(today))

    def valid(self, day: date) -> list[date]:
        """The months that can pay on a day."""
        return [m for m, left in self.months.items() if left and m <= day <= self.until[m]]

    def void(self, day: date) -> list[date]:
        """The months whose money has lapsed by a day."""
        return [m for m, left in self.months.items() if left and self.until[m] < day]


@dataclass(frozen=True)
class Sale:
    """What a till asks for: with which card, how much, and on which day."""

    key: str
    purse: Purse
    card: Card
    amount_fen: int
    day: date


@dataclass(frozen=True)
class Known:
    """What an id was used for: a refusal is of no day, and a hold is nobody's sale."""

    sale: Sale
    code: str
    held: bool = False

    def is_of(self, sale: Sale) -> bool:
        """Whether the same was asked then, with whichever of the holder's cards."""
        same = self.sale.purse is sale.purse and self.sale.amount_fen == sale.amount_fen
        return same and not self.held and (bool(self.code) or self.sale.day == sale.day)


@dataclass
class Held:
    """Money held for a visit."""

    purse: Purse
    card: Card
    amount_fen: int
    until: date
    ended: str = ""


@dataclass
class Statement:
    """What a provider is to be paid, once both bodies signed and it cannot object any more."""

    amount_fen: int
    heard_after: date
    first: Signer | None = None
    signed: bool = False


@dataclass
class Bought:
    """A redemption, and what of each month has not been given back."""

    purse: Purse
    on: date
    left: dict[date, int]
    deducted: dict[date, int] = field(default_factory=dict)
    reclaimed: dict[date, int] = field(default_factory=dict)
    due_until: date = date.max
    statement: Statement | None = None
    on_paper: bool = False

    @property
    def left_fen(self) -> int:
        return sum(self.left.values())

    @property
    def paid(self) -> bool:
        """Whether the provider was paid for it."""
        return self.statement is not None and self.statement.signed
