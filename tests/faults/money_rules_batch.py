"""Steps of tills that were offline: lists of new, known, doubled, altered and unreadable lines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from shared.contracts.ids import new_id
from tests.faults.money_model_batch import Line, batch
from tests.faults.money_model_parts import Sale
from tests.faults.money_walk import AGO, AMOUNTS, WHO, Walk

KINDS = ["new", "new", "new", "known", "known", "doubled", "altered", "other_day", "other_card"]
LINE = st.tuples(st.sampled_from(KINDS), WHO, AMOUNTS, AGO, st.integers(0, 999))
UNREADABLE = [0, -1, 0.5, "100", None]
BAD = Line("invalid_fields")


class Offline(Walk):
    """What a till sends when it has a line again."""

    @rule(drawn=st.lists(LINE, min_size=1, max_size=6), bad=st.integers(-20, 4))
    def send(self, drawn: list[tuple[str, int, int, int, int]], bad: int) -> None:
        """A batch; each line has the answer of its own that the model says, in its place."""
        sales: list[Sale] = []
        for line in drawn:
            sales.append(self._meant(line, sales))
        expected = batch(self.model, sales)
        lines = [self.body(sale, occurred_on=str(sale.day)) for sale in sales]
        if bad >= 0:
            lines.append(self.body(sales[0], id=str(new_id()), amount_fen=UNREADABLE[bad]))
            expected.append(BAD)
        told = self.ask("redemptions/batch", "", lines=lines).json()
        assert [_told(one) for one in told["results"]] == expected, (told, expected, lines)
        assert told["accepted"] == sum(line.code == "" for line in expected), told
        self.sales += sales
        for line in expected:
            self.lines[f"line: {line.code or 'booked'}{' again' if line.again else ''}"] += 1

    def _meant(self, line: tuple[str, int, int, int, int], before: list[Sale]) -> Sale:
        """A new sale, or one that was sent before, perhaps in this batch, perhaps changed."""
        kind, who, amount_fen, ago, nth = line
        known = before if kind == "doubled" else self.sales[-RECENT:]
        if kind == "new" or not known:
            purse = self.model.purses[who]
            card = purse.cards[0 if nth == 0 else -1]
            return Sale(str(new_id()), purse, card, amount_fen, self.day(ago))
        sale = known[nth % len(known)]
        if kind == "altered":
            return replace(sale, amount_fen=sale.amount_fen + 1)
        if kind == "other_day":
            return replace(sale, day=self.day(ago))
        purse = self.model.purses[who]
        other = replace(sale, purse=purse, card=purse.cards[-1])
        return other if kind == "other_card" else sale


RECENT = 20
"""Of so many sales one is sent again: the newest, with cards that are in use."""


def _told(one: dict[str, Any]) -> Line:
    assert one["ok"] == (one["state"] == "booked") == (one["code"] == ""), one
    return Line(one["code"], one["again"], one["balance_fen"])
