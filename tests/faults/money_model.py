"""What the books should say: a small model of holders' money, made apart from the service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from shared.contracts.months import month_of
from tests.faults.money_model_parts import Bought, Held, Known, Purse, Sale, Statement
from tests.faults.money_model_signers import Signer, second

LATE_DAYS, HOLD_DAYS, REFUND_DAYS, OBJECTION_DAYS = 7, 7, 30, 5


@dataclass
class Model:
    """One town: its holders, and one shop's claim on the office."""

    today: date
    purses: list[Purse]
    standings: list[tuple[date, str]] = field(default_factory=list)
    holds: dict[str, Held] = field(default_factory=dict)
    bought: dict[str, Bought] = field(default_factory=dict)
    statements: dict[str, Statement] = field(default_factory=dict)
    known: dict[str, Known] = field(default_factory=dict)
    payable_fen: int = 0
    unstated_fen: int = 0
    undeducted_fen: int = 0
    settled_fen: int = 0
    recovered_fen: int = 0

    def issue(self) -> int:
        """This month's money to everybody who is due it; returns how many."""
        month = month_of(self.today)
        due = [purse for purse in self.purses if purse.is_due(month)]
        for purse in due:
            purse.pay(month, self.today)
        return len(due)

    def redeem(self, sale: Sale) -> str:
        """The code of the refusal; empty when it is booked."""
        code = self.untimely(sale.day)
        if code:
            return code
        code = self._stopped(sale) or self._refusal(sale, self._held_fen(sale.purse))
        if not code:
            self._take(sale)
        return self._keep(sale, code)

    def hold(self, sale: Sale) -> str:
        code = self._stopped(sale) or self._refusal(sale, self._held_fen(sale.purse))
        if not code:
            last = self.today + timedelta(days=HOLD_DAYS)
            until = min(last, *map(sale.purse.until.__getitem__, self._charges(sale)))
            self.holds[sale.key] = Held(sale.purse, sale.card, sale.amount_fen, until)
        return self._keep(sale, code, held=not code)

    def capture(self, sale: Sale, hold: Held) -> str:
        """The card was shown before: one that is lost by now does not matter."""
        code = self.untimely(sale.day)
        if code:
            return code
        code = self._hold_refusal(hold)
        if not code and sale.amount_fen > hold.amount_fen:
            code = "more_than_held"
        if not code:
            others = self._held_fen(hold.purse) - hold.amount_fen
            code = self.suspended(sale.day) or self._refusal(sale, others)
        if not code:
            self._take(sale)
            hold.ended = "captured"
        return self._keep(sale, code)

    def suspended(self, day: date) -> str:
        """Whether the shop may not sell on a day: the latest note for it counts."""
        notes = [(on, nth) for nth, (on, _) in enumerate(self.standings) if on <= day]
        stands = self.standings[max(notes)[1]][1]
        return "provider_suspended" if stands == "suspended" else ""

    def untimely(self, day: date) -> str:
        """Whether a till tells of a day that it cannot tell of."""
        if day > self.today:
            return "till_clock_ahead"
        return "reported_too_late" if day < self.today - timedelta(days=LATE_DAYS) else ""

    def free_fen(self, purse: Purse, day: date, held_fen: int | None = None) -> int:
        """What may be spent: what is valid on the day, unless so much of all is held."""
        held = self._held_fen(purse) if held_fen is None else held_fen
        valid = sum(purse.months[month] for month in purse.valid(day))
        unlapsed = sum(left for m, left in purse.months.items() if day <= purse.until[m])
        return min(valid, unlapsed - held)

    def void(self, hold: Held) -> str:
        code = self._hold_refusal(hold)
        if not code:
            hold.ended = "voided"
        return code

    def refund(self, bought: Bought, amount_fen: int | None, *, by_office: bool) -> str:
        if bought.on_paper:
            return "paper_not_refunded"
        free_fen = bought.left_fen - sum(bought.reclaimed.values())
        if free_fen == 0:
            return "reclaimed_already" if bought.reclaimed else "already_refunded"
        if not by_office and bought.on < self.today - timedelta(days=REFUND_DAYS):
            return "refund_too_late"
        due = free_fen if amount_fen is None else amount_fen
        if due > free_fen:
            return "more_than_spent"
        self.payable_fen -= due
        self.undeducted_fen += due
        for month in sorted(bought.left, reverse=True):
            part = min(due, bought.left[month] - bought.reclaimed.get(month, 0))
            bought.left[month] -= part
            due -= part
            owed = month <= bought.due_until and not bought.purse.died_on
            if owed and bought.purse.until[month] >= self.today:
                bought.purse.months[month] += part
        return ""

    def lapse(self) -> tuple[int, int]:
        """How many people lose what is void, and how much."""
        people = total = 0
        for purse in self.purses:
            void = purse.void(self.today)
            people += bool(void)
            total += sum(purse.months[month] for month in void)
            purse.months.update(dict.fromkeys(void, 0))
        return people, total

    def die(self, purse: Purse, died_on: date) -> None:
        """The first day that was told of stays."""
        purse.died_on = purse.died_on or died_on
        purse.months.update(dict.fromkeys(purse.months, 0))

    def stop(self, purse: Purse, ended_on: date) -> None:
        """An award ends: the unspent of later months was not due."""
        purse.ended_on = ended_on
        later = [month for month in purse.months if month > ended_on]
        purse.months.update(dict.fromkeys(later, 0))

    def reclaim(self, bought: Bought, parts: Mapping[date, int], *, deducted: bool) -> None:
        """Take something back: at once from what the provider is to have, or from a family."""
        bought.reclaimed.update(parts)
        if deducted:
            amount = sum(parts.values())
            bought.deducted.update(parts)
            self.payable_fen -= amount
            self.undeducted_fen += amount
            self.recovered_fen += amount

    def state(self) -> Statement | None:
        """Make a statement of all that is in none, unless more was given back."""
        amount = self.unstated_fen - self.undeducted_fen
        if amount <= 0:
            return None
        self.unstated_fen = self.undeducted_fen = 0
        made = Statement(amount, self.today + timedelta(days=OBJECTION_DAYS))
        for bought in self.bought.values():
            # Paper waits until it was counted back in.
            if not bought.on_paper:
                bought.statement = bought.statement or made
        return made

    def sign(self, statement: Statement, who: Signer) -> str:
        """The provider is paid when both bodies have signed and it has been heard."""
        if statement.signed:
            return "already_approved"
        if statement.first is None:
            statement.first = who
            return ""
        code = second(statement.first, who)
        if code or self.today <= statement.heard_after:
            return code or "objections_still_open"
        statement.signed = True
        self.payable_fen -= statement.amount_fen
        self.settled_fen += statement.amount_fen
        return ""

    def _keep(self, sale: Sale, code: str, *, held: bool = False) -> str:
        self.known[sale.key] = Known(sale, code, held)
        return code

    def _take(self, sale: Sale) -> None:
        charged = self._charges(sale)
        for month, part in charged.items():
            sale.purse.months[month] -= part
        self.bought[sale.key] = Bought(sale.purse, sale.day, charged)
        self.payable_fen += sale.amount_fen
        self.unstated_fen += sale.amount_fen

    def _charges(self, sale: Sale) -> dict[date, int]:
        charged: dict[date, int] = {}
        for month in sorted(sale.purse.valid(sale.day)):
            part = min(sale.amount_fen - sum(charged.values()), sale.purse.months[month])
            if part:
                charged[month] = part
        return charged

    def _stopped(self, sale: Sale) -> str:
        return self.suspended(sale.day) or sale.card.refusal(sale.day)

    def _refusal(self, sale: Sale, held_fen: int) -> str:
        purse, day = sale.purse, sale.day
        if purse.died_on:
            return "account_closed"
        if self.free_fen(purse, day, held_fen) >= sale.amount_fen:
            return ""
        if purse.valid(day):
            return "insufficient_balance"
        # Of money that is left the lapsed counts; of an empty purse its last month does.
        empty = not any(purse.months.values())
        gone = max(purse.until.values(), default=day) < day if empty else bool(purse.void(day))
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
