"""Steps of a provider's standing: suspended from a day on and reinstated, told late or ahead."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shared.contracts.evaluation import ProviderReinstated, ProviderSuspended
from tests.faults.money_walk import Walk
from tests.vouchers.town import day

TOLD_AGO = st.sampled_from([0, 0, 0, 1, 2, 4, 9, -1, -3])


class Standings(Walk):
    """What evaluation tells of the shop; what was sold on a good day is honoured."""

    @rule(ago=TOLD_AGO, lasts=st.sampled_from([1, 2, 3, 5, None]), sure=st.integers(0, 2))
    def suspend(self, ago: int, lasts: int | None, sure: int) -> None:
        """Stopped for some days, or until further notice."""
        if sure == 0:
            self._note("suspended", self.day(ago))
            if lasts:
                self._note("admitted", self.day(ago) + timedelta(days=lasts))
            self.steps["suspended"] += 1

    @precondition(lambda self: self.model.standings[-1][1] == "suspended")
    @rule(ago=TOLD_AGO)
    def reinstate(self, ago: int) -> None:
        self._note("admitted", self.day(ago))
        self.steps["reinstated"] += 1

    def _note(self, standing: str, on: date) -> None:
        about = {
            "aggregate_id": self.shop.provider_id,
            "provider_id": self.shop.provider_id,
            "occurred_at": day(on) + timedelta(seconds=len(self.model.standings)),
        }
        if standing == "suspended":
            letter = ProviderSuspended(**about, suspended_on=on, reason="quality")
        else:
            letter = ProviderReinstated(**about, reinstated_on=on)
        self.do(self.there.town.tell("evaluation", letter))
        self.model.standings.append((on, standing))
