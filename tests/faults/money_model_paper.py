"""What should become of paper: each voucher is spent once and whole, or lost, or ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from tests.faults.money_model import Model
from tests.faults.money_model_parts import Bought, Purse

LIVE = ("handed_out", "lost")


@dataclass
class Note:
    """One voucher in its holder's hand."""

    serial: str
    amount_fen: int
    state: str = "handed_out"

    @property
    def refusal(self) -> str:
        return "" if self.state == "handed_out" else f"serial_{self.state}"


@dataclass
class Paper:
    """A month on paper, its vouchers in the order in which they were made."""

    purse: Purse
    month: date
    notes: list[Note] = field(default_factory=list)

    def follow(self) -> None:
        """With the month's money its vouchers end: void by a death, or lapsed."""
        live = [note for note in self.notes if note.state in LIVE]
        if live and not self.purse.months[self.month]:
            for note in live:
                note.state = "void" if self.purse.died_on else "expired"

    def pay(self, model: Model, key: str, shown: Sequence[Note], amount_fen: int, day: date) -> str:
        """Different vouchers pay one purchase, and give no change."""
        code = model.untimely(day) or model.suspended(day)
        if code:
            return code
        lapsed = "serial_expired" if day > self.purse.until[self.month] else ""
        for note in self.notes:
            if note in shown and (note.refusal or lapsed):
                return note.refusal or lapsed
        if sum(note.amount_fen for note in shown) != amount_fen:
            return "serials_do_not_make_the_amount"
        for note in shown:
            note.state = "used"
        self.purse.months[self.month] -= amount_fen
        model.bought[key] = Bought(self.purse, day, {self.month: amount_fen}, on_paper=True)
        model.payable_fen += amount_fen
        return ""

    def lose(self, said: Sequence[Note]) -> list[str]:
        """Block lost vouchers; each line's code."""
        codes: list[str] = []
        for nth, note in enumerate(said):
            repeated = note in said[:nth] and not codes[list(said).index(note)]
            codes.append("repeated" if repeated else note.refusal)
        for note, code in zip(said, codes, strict=True):
            note.state = note.state if code else "lost"
        return codes
