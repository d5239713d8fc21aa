"""What should become of money that was not due: cases, two people's decisions, and receipts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from tests.faults.money_model import Model
from tests.faults.money_model_parts import Bought, Purse
from tests.faults.money_model_signers import Signer, second


@dataclass
class Line:
    """A redemption in a case; only its months after a day are the case's."""

    case: str
    bought: Bought
    after: date
    amount_fen: int
    decision: str = ""

    def parts(self) -> dict[date, int]:
        """What of each month the provider still has."""
        bought = self.bought
        net = {m: left - bought.deducted.get(m, 0) for m, left in bought.left.items()}
        return {month: left for month, left in net.items() if left and month > self.after}


@dataclass
class Decision:
    """Who is to pay how much back, by redemption and month."""

    way: str
    made: Signer
    parts: dict[str, dict[date, int]]
    outcome: str = ""
    received_fen: int = 0

    @property
    def total_fen(self) -> int:
        return sum(sum(parts.values()) for parts in self.parts.values())

    @property
    def owed_fen(self) -> int:
        return self.total_fen - self.received_fen


@dataclass
class Reclaims:
    """Every redemption that is in a case, and every decision."""

    lines: dict[str, Line] = field(default_factory=dict)
    decisions: dict[str, Decision] = field(default_factory=dict)
    receipts: set[str] = field(default_factory=set)

    def open(
        self, model: Model, purse: Purse, case: str, spent: date = date.min, after: date = date.min
    ) -> None:
        """What was spent later than a day, or of later months.

        What is in a case already stays there, unless nobody has decided on it and this is more.
        """
        for key, bought in model.bought.items():
            line = Line(case, bought, after, 0)
            line.amount_fen = sum(line.parts().values())
            before = self.lines.get(key)
            more = before is None or (not before.decision and before.after > after)
            if bought.purse is purse and bought.on > spent and line.amount_fen and more:
                self.lines[key] = line
                if after > date.min:
                    bought.due_until = after

    def of(self, case: str) -> list[str]:
        return [key for key, line in self.lines.items() if line.case == case]

    def meant(self, case: str, wanted: Sequence[str]) -> list[str]:
        """The redemptions named, or those without a decision."""
        return list(wanted) or [key for key in self.of(case) if not self.lines[key].decision]

    def total_fen(self, keys: Sequence[str]) -> int:
        """What a proposal on some redemptions comes to."""
        known = [self.lines[key] for key in keys if key in self.lines]
        return sum(sum(line.parts().values()) for line in known)

    def refusal(self, case: str, wanted: Sequence[str], way: str, plan_fen: int) -> str:
        """Why something cannot be proposed."""
        if not set(wanted) <= set(self.of(case)):
            return "not_in_case"
        meant = [self.lines[key] for key in self.meant(case, wanted)]
        if not meant or any(line.decision for line in meant):
            return "nothing_undecided"
        if way == "family" and not all(line.bought.paid for line in meant):
            return "not_settled_yet"
        total = self.total_fen(self.meant(case, wanted))
        if not total:
            return "nothing_left"
        return "plan_does_not_add_up" if way == "family" and plan_fen != total else ""

    def propose(self, key: str, way: str, made: Signer, keys: Sequence[str]) -> None:
        """Keep a proposal; what is all given back stays undecided."""
        parts = {one: self.lines[one].parts() for one in keys if self.lines[one].parts()}
        self.decisions[key] = Decision(way, made, parts)
        for one in parts:
            self.lines[one].decision = key

    def sign(self, model: Model, key: str, who: Signer, outcome: str) -> str:
        """The other body's word; nothing of it may have been given back since."""
        found = self.decisions[key]
        if found.outcome:
            return "already_decided"
        code = second(found.made, who)
        if code:
            return code
        approved = outcome == "approved"
        if approved and any(self.lines[k].parts() != p for k, p in found.parts.items()):
            return "changed_since"
        found.outcome = outcome
        for one, parts in found.parts.items():
            if not approved:
                self.lines[one].decision = ""
            elif found.way != "waive":
                model.reclaim(self.lines[one].bought, parts, deducted=found.way == "provider")
        return ""

    def receive(self, model: Model, key: str, receipt_no: str, amount_fen: int) -> str:
        """What a family pays back."""
        found = self.decisions[key]
        if found.way != "family" or found.outcome != "approved":
            return "no_debt"
        if amount_fen > found.owed_fen:
            return "more_than_owed"
        if receipt_no in self.receipts:
            return "receipt_taken"
        self.receipts.add(receipt_no)
        found.received_fen += amount_fen
        model.recovered_fen += amount_fen
        model.settled_fen -= amount_fen
        return ""
