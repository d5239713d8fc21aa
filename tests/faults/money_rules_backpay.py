"""Steps of back-pay: a past month is ordered for one holder, and signed once by the other body."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shared.contracts.months import month_of
from shared.contracts.programmes import VOUCHER
from tests.faults.money_model_backpay import Backpay
from tests.faults.money_model_backpay import ordered as orderable
from tests.faults.money_model_backpay import signed as signable
from tests.faults.money_model_signers import SIGNER, Signer
from tests.faults.money_walk import RANDOM, WHO, Walk
from tests.vouchers.town import FEBRUARY

MONTHS_OF_YEAR = 12
SIGNERS_NEXT = st.lists(SIGNER, max_size=2)


class Backpays(Walk):
    """What the two bodies pay for months that no run has issued."""

    def __init__(self) -> None:
        super().__init__()
        self.backpays: dict[str, Backpay] = {}

    @precondition(lambda self: self.model.today >= FEBRUARY)
    @rule(who=WHO, past=st.integers(0, 99), by=SIGNER, odd=st.integers(0, 19), then=SIGNERS_NEXT)
    def order(self, who: int, past: int, by: Signer, odd: int, then: list[Signer]) -> None:
        """Any month from before the first to this one; now and then a day that is no first."""
        today = self.model.today
        so_far = (today.year - FEBRUARY.year) * MONTHS_OF_YEAR + today.month
        month = months_before(today, past % (so_far + 1)).replace(day=2 if odd == 0 else 1)
        purse = self.model.purses[who]
        code = orderable(self.model, purse, month)
        order = {
            "person_id": str(self.elders[who].person_id),
            "programme": VOUCHER,
            "month_on": str(month),
            "reason": "correction",
            "note": "经核实补发",
        }
        told = self.ask("backpays", code, self.signer(by), **order)
        if not code:
            key = told.json()["backpay_id"]
            self.backpays[key] = Backpay(purse, month, by)
            for signer in then:
                self._second(key, signer)

    @precondition(lambda self: self.backpays)
    @rule(pick=RANDOM, by=SIGNER)
    def sign_backpay(self, pick: Any, by: Signer) -> None:
        waiting = [key for key, one in self.backpays.items() if not one.signed]
        self._second(pick.choice(waiting[-1:] + list(self.backpays)), by)

    def _second(self, key: str, by: Signer) -> None:
        code = signable(self.model, self.backpays[key], by)
        told = self.ask(f"backpays/{key}/signatures", code, self.signer(by))
        assert code or told.json()["paid"], told.text


def months_before(today: date, count: int) -> date:
    """The first day of the month so many months before a day's."""
    month = month_of(today)
    year, nth = divmod(month.year * MONTHS_OF_YEAR + month.month - 1 - count, MONTHS_OF_YEAR)
    return date(year, nth + 1, 1)
