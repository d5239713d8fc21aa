"""Steps of the office and of time: issues, lapses, deaths, ends of awards, statements."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shared.contracts.months import month_of
from tests.faults.money_model_parts import Statement
from tests.faults.money_walk import CREATED, RANDOM, WHO, Walk

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

    @rule(who=WHO, ago=st.integers(0, 20), sure=st.integers(0, 3))
    def die(self, who: int, ago: int, sure: int) -> None:
        """A death, known late perhaps, or told twice."""
        if sure == 0:
            on = self.day(ago)
            self.model.die(self.model.purses[who], on)
            self.do(self.there.town.die(self.elders[who], on))
            self.steps["die"] += 1

    @rule(who=WHO, sure=st.integers(0, 3))
    def stop(self, who: int, sure: int) -> None:
        """An award ends; what was due stays."""
        purse = self.model.purses[who]
        if sure == 0 and purse.ended_on is None:
            purse.ended_on = self.model.today
            self.do(self.there.town.end(self.elders[who], purse.ended_on, "withdrawn"))
            self.steps["award ends"] += 1

    @precondition(lambda self: self.model.bought)
    @rule()
    def state(self) -> None:
        town = self.there.town
        order = {"month_on": str(month_of(self.model.today))}
        made = self.do(
            town.post(town.civil(), "settlements", **order, provider_id=str(self.shop.provider_id))
        ).json()
        amount = self.model.state()
        assert made["total_fen"] == amount, made
        for one in made["statements"]:
            self.model.statements[one["settlement_id"]] = Statement(one["amount_fen"])
        self.steps["statement"] += 1

    @precondition(lambda self: self.model.statements)
    @rule(pick=RANDOM)
    def sign(self, pick: Any) -> None:
        """Both bodies sign; a statement may have to wait for the provider first."""
        key = pick.choice(list(self.model.statements))
        statement, town = self.model.statements[key], self.there.town
        for who in (town.civil(), town.finance()):
            told = self.do(town.post(who, f"settlements/{key}/approvals"))
            if told.status_code == CREATED and told.json()["state"] == "approved":
                assert not statement.signed
                self.model.signed(statement)
            self.steps[f"sign: {told.json().get('code', 'signed')}"] += 1
