"""Steps of paper: vouchers that pay at a till, are shown twice, lost, or mixed up."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from shared.contracts.ids import new_id
from tests.faults.money_walk import AGO, RANDOM, Walk
from tests.vouchers.paper import worker

OFF = {0: 1, 1: -1}
FEW = st.lists(st.integers(0, 13), min_size=1, max_size=4)


class OnPaper(Walk):
    """What becomes of the vouchers of a fourth holder, who has one month on paper."""

    @rule(places=FEW, off=st.integers(0, 9), ago=AGO)
    def pay_on_paper(self, places: list[int], off: int, ago: int) -> None:
        """With a few vouchers, now and then not the right amount."""
        notes = [self.paper.notes[place] for place in sorted(set(places))]
        key, day = str(new_id()), self.day(ago)
        amount_fen = sum(note.amount_fen for note in notes) + OFF.get(off, 0)
        code = self.paper.pay(self.model, key, notes, amount_fen, day)
        serials = [note.serial for note in notes]
        if len(places) > len(notes):
            serials.reverse()
        order = {
            "id": key,
            "holder": {"paper_serials": serials},
            "outlet_id": str(self.shop.outlet_id),
            "item_code": "wash",
            "amount_fen": amount_fen,
            "occurred_on": str(day),
        }
        self.ask("redemptions", code, **order)

    @rule(places=FEW, sure=st.integers(0, 4), pick=RANDOM)
    def lose_paper(self, places: list[int], sure: int, pick: Any) -> None:
        """Some serials are reported; each line has an answer of its own."""
        if sure == 0:
            notes = [self.paper.notes[place] for place in places]
            codes = self.paper.lose(notes)
            who = worker(self.there.town, self.elders[-1].area_code)
            serials = [note.serial for note in notes]
            told = self.ask("paper/losses", "", who, serials=serials).json()
            assert [one["code"] for one in told["results"]] == codes, (told, codes)
