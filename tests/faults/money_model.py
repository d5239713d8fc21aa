"""What the books should say: a small model of holders' money, made apart from the service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta

from shared.contracts.months import month_of

MONTHLY_FEN = 10000
LATE_DAYS, HOLD_DAYS, REFUND_DAYS = 7, 7, 30


def void_after(month: date) -> date:
    """The last day of a month's money: 31 January of the next year (C-39)."""
    return date(month.year + 1, 1, 31)


@dataclass
class Purse:
    """A holder's months, and whether more come."""

    months: dict[date, int] = field(default_factory=dict)
    died: bool = False
    ended_on: date | None = None

    def is_due(self, month: date) -> bool:
        """Whether an issue run of a month has something for him."""
        ended = self.ended_on is not None and self.ended_on < month
        return not (self.died or ended or month in self.months)


@dataclass
class Held:
    """Money held for a visit."""

    purse: Purse
    amount_fen: int
    until: date
    ended: str = ""


@dataclass
class Bought:
    """A redemption, and what of each month has not been given back."""

    purse: Purse
    on: date
    left: dict[date, int]
    in_statement: bool = False

    @property
    def left_fen(self) -> int:
        return sum(self.left.values())


@dataclass
class Statement:
    """What a provider is to be paid."""

    amount_fen: int
    signed: bool = False


@dataclass
class Model:
    """One town: its holders, and one shop's claim on the office."""

    today: date
    purses: list[Purse]
    holds: dict[str, Held] = field(default_factory=dict)
    bought: dict[str, Bought] = field(default_factory=dict)
    statements: dict[str, Statement] = field(default_factory=dict)
    payable_fen: int = 0
    unstated_fen: int = 0
    undeducted_fen: int = 0

    def issue(self) -> int:
        """This month's money to everybody who is due it; returns how many."""
        month = month_of(self.today)
        due = [purse for purse in self.purses if purse.is_due(month)]
        for purse in due:
            purse.months[month] = MONTHLY_FEN
        return len(due)

    def redeem(self, key: str, purse: Purse, amount_fen: int, day: date) -> str:
        """The code of the refusal; empty when it is booked."""
        if day < self.today - timedelta(days=LATE_DAYS):
            return "reported_too_late"
        code = self._refusal(purse, amount_fen, day, self._held_fen(purse))
        if not code:
            self._take(key, purse, amount_fen, day)
        return code

    def hold(self, key: str, purse: Purse, amount_fen: int) -> str:
        code = self._refusal(purse, amount_fen, self.today, self._held_fen(purse))
        if not code:
            charged = self._charges(purse, amount_fen, self.today)
            last = self.today + timedelta(days=HOLD_DAYS)
            self.holds[key] = Held(purse, amount_fen, min(last, *map(void_after, charged)))
        return code

    def capture(self, key: str, hold: Held, amount_fen: int) -> str:
        code = self._hold_refusal(hold)
        if not code and amount_fen > hold.amount_fen:
            code = "more_than_held"
        if not code:
            others = self._held_fen(hold.purse) - hold.amount_fen
            code = self._refusal(hold.purse, amount_fen, self.today, others)
        if not code:
            self._take(key, hold.purse, amount_fen, self.today)
            hold.ended = "captured"
        return code

    def void(self, hold: Held) -> str:
        code = self._hold_refusal(hold)
        if not code:
            hold.ended = "voided"
        return code

    def refund(self, bought: Bought, amount_fen: int | None) -> str:
        if bought.left_fen == 0:
            return "already_refunded"
        if bought.on < self.today - timedelta(days=REFUND_DAYS):
            return "refund_too_late"
        due = bought.left_fen if amount_fen is None else amount_fen
        if due > bought.left_fen:
            return "more_than_spent"
        self.payable_fen -= due
        self.undeducted_fen += due
        for month in sorted(bought.left, reverse=True):
            part = min(due, bought.left[month])
            bought.left[month] -= part
            due -= part
            if not bought.purse.died and void_after(month) >= self.today:
                bought.purse.months[month] += part
        return ""

    def lapse(self) -> tuple[int, int]:
        """How many people lose what is void, and how much."""
        people = total = 0
        for purse in self.purses:
            void = [m for m, left in purse.months.items() if left and void_after(m) < self.today]
            people += bool(void)
            total += sum(purse.months[month] for month in void)
            purse.months.update(dict.fromkeys(void, 0))
        return people, total

    def die(self, purse: Purse) -> None:
        purse.died = True
        purse.months.update(dict.fromkeys(purse.months, 0))

    def state(self) -> int:
        """Make a statement of all that is in none; what it comes to, or nothing."""
        amount = self.unstated_fen - self.undeducted_fen
        if amount <= 0:
            return 0
        self.unstated_fen = self.undeducted_fen = 0
        return amount

    def signed(self, statement: Statement) -> None:
        """Both have signed: the provider is paid."""
        statement.signed = True
        self.payable_fen -= statement.amount_fen

    def _take(self, key: str, purse: Purse, amount_fen: int, day: date) -> None:
        charged = self._charges(purse, amount_fen, day)
        for month, part in charged.items():
            purse.months[month] -= part
        self.bought[key] = Bought(purse, day, charged)
        self.payable_fen += amount_fen
        self.unstated_fen += amount_fen

    def _charges(self, purse: Purse, amount_fen: int, day: date) -> dict[date, int]:
        charged: dict[date, int] = {}
        for month in sorted(_valid(purse, day)):
            part = min(amount_fen - sum(charged.values()), purse.months[month])
            if part:
                charged[month] = part
        return charged

    def _refusal(self, purse: Purse, amount_fen: int, day: date, held_fen: int) -> str:
        if purse.died:
            return "account_closed"
        valid = sum(purse.months[month] for month in _valid(purse, day))
        unlapsed = sum(left for m, left in purse.months.items() if day <= void_after(m))
        if min(valid, unlapsed - held_fen) >= amount_fen:
            return ""
        if valid:
            return "insufficient_balance"
        full = [month for month, left in purse.months.items() if left]
        # Of money that is left the lapsed counts; of an empty purse its last month does.
        lapsed = [m for m in full if void_after(m) < day] if full else list(purse.months)
        gone = bool(lapsed) and max(map(void_after, lapsed)) < day
        return "voucher_expired" if gone else "insufficient_balance"

    def _held_fen(self, purse: Purse) -> int:
        return sum(hold.amount_fen for hold in self._open(purse))

    def _open(self, purse: Purse) -> Iterable[Held]:
        return (
            hold
            for hold in self.holds.values()
            if hold.purse is purse and not hold.ended and hold.until >= self.today
        )

    def _hold_refusal(self, hold: Held) -> str:
        if hold.ended:
            return f"hold_{hold.ended}"
        return "hold_expired" if hold.until < self.today else ""


def _valid(purse: Purse, day: date) -> list[date]:
    return [m for m, left in purse.months.items() if left and m <= day <= void_after(m)]
