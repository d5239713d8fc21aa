"""Steps of the office and of time: issues, lapses and statements."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shared.contracts.months import month_of
from tests.faults.money_model_signers import SIGNER, Signer
from tests.faults.money_walk import RANDOM, Walk

VOID = date(2011, 1, 31)
LAST = date(2011, 3, 20)
DAYS = [1, 1, 1, 2, 2, 3, 4, 5, 6, 6, 8, 15, 25, 31, 60, 0]
"""How long a wait is; 0 stands for the last day of the first year's money."""


class Offices(Walk):
    """What happens around the tills."""

    @precondition(lambda self: any(p.is_due(month_of(self.model.today)) for p in self.model.purses))
    @rule()
    def issue(self) -> None:
        made = self.do(self.there.town.issue(month_of(self.model.today)))
        assert made["people"] == self.model.issue(), made
        self.steps["issue"] += 1

    @rule(days=st.sampled_from(DAYS))
    def wait(self, days: int) -> None:
        """Some days, or up to the last day of the money."""
        today = self.model.today
        later = today + timedelta(days=days) if days else max(VOID, today)
        self.model.today = min(later, LAST)
        self.there.desk.clock.set(self.model.today)
        self.steps["days pass"] += 1

    @precondition(lambda self: self.model.today >= VOID)
    @rule()
    def expire(self) -> None:
        """From the last day of money on; on that day nothing may lapse yet."""
        self.steps["expire"] += 1
        town = self.there.town
        said = self.do(town.post(town.finance(), "expiries")).json()
        lapsed = self.model.lapse()
        assert (said["people"], said["amount_fen"]) == lapsed, said
        self.steps["lapsed people"] += lapsed[0]

    @precondition(lambda self: self.model.bought)
    @rule(content=st.booleans(), signers=st.lists(SIGNER, max_size=3))
    def state(self, content: bool, signers: list[Signer]) -> None:
        """A statement of what is in none; a content provider confirms it at once."""
        self.settle(signers, content=content)

    def settle(self, signers: list[Signer], *, content: bool) -> None:
        """Make a statement and sign it as far as it goes."""
        order = {
            "month_on": str(month_of(self.model.today)),
            "provider_id": str(self.shop.provider_id),
        }
        told = self.ask("settlements", "", self.there.town.civil(), **order).json()
        made = self.model.state()
        assert told["total_fen"] == (made.amount_fen if made else 0), (told, made)
        if made:
            (one,) = told["statements"]
            self.model.statements[one["settlement_id"]] = made
            if content:
                self.ask(f"settlements/{one['settlement_id']}/confirmation", "")
                made.heard_after = date.min
            self._approve(one["settlement_id"], signers)

    @precondition(lambda self: self.model.statements)
    @rule(pick=RANDOM, signers=st.lists(SIGNER, min_size=1, max_size=3))
    def sign(self, pick: Any, signers: list[Signer]) -> None:
        """Both bodies sign; a statement may have to wait for the provider first."""
        self._approve(pick.choice(list(self.model.statements)[-3:]), signers)

    def _approve(self, key: str, signers: list[Signer]) -> None:
        for signer in signers:
            code = self.model.sign(self.model.statements[key], signer)
            self.ask(f"settlements/{key}/approvals", code, self.signer(signer))
