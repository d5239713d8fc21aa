"""Steps of tills: sales, holds, captures and refunds, what is no sale, and all of it again."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shared.contracts.ids import new_id
from tests.faults.money_model_parts import Sale
from tests.faults.money_walk import AGO, AMOUNTS, RANDOM, WHO, Walk, post

OTHER_WORDS = [0, -1, 0.5, 10**18, "100", None, True]


class Tills(Walk):
    """What a shop's tills do."""

    @rule(who=WHO, amount_fen=AMOUNTS, ago=AGO, old=st.integers(0, 3), word=st.integers(0, 49))
    def redeem(self, who: int, amount_fen: int, ago: int, old: int, word: int) -> None:
        """A sale; now and then of what is no amount, which is refused and changes nothing."""
        if word < len(OTHER_WORDS):
            body = self.body(self.sale(who, 1), amount_fen=OTHER_WORDS[word])
            self.ask("redemptions", "invalid_fields", **body)
            return
        sale = self.sale(who, amount_fen, ago, old=old == 0)
        code = self.model.redeem(sale)
        told = self.ask("redemptions", code, **self.body(sale, occurred_on=str(sale.day)))
        if not code:
            left = self.model.free_fen(sale.purse, sale.day)
            assert told.json()["balance_fen"] == left, (told.text, left)

    @rule(who=WHO, amount_fen=AMOUNTS, old=st.integers(0, 3))
    def hold(self, who: int, amount_fen: int, old: int) -> None:
        sale = self.sale(who, amount_fen, old=old == 0)
        self.ask("holds", self.model.hold(sale), **self.body(sale))

    @precondition(lambda self: self.model.holds)
    @rule(pick=RANDOM, amount_fen=AMOUNTS, ago=AGO)
    def capture(self, pick: Any, amount_fen: int, ago: int) -> None:
        hold_id = pick.choice(list(self.model.holds))
        held = self.model.holds[hold_id]
        sale = Sale(str(new_id()), held.purse, held.card, amount_fen, self.day(ago))
        self.sales.append(sale)
        about = {"id": sale.key, "amount_fen": amount_fen, "occurred_on": str(sale.day)}
        self.ask(f"holds/{hold_id}/capture", self.model.capture(sale, held), **about)

    @precondition(lambda self: self.model.holds)
    @rule(pick=RANDOM)
    def void(self, pick: Any) -> None:
        hold_id = pick.choice(list(self.model.holds))
        self.ask(f"holds/{hold_id}/void", self.model.void(self.model.holds[hold_id]))

    @precondition(lambda self: self.model.bought)
    @rule(pick=RANDOM, amount_fen=AMOUNTS | st.none(), office=st.integers(0, 4))
    def refund(self, pick: Any, amount_fen: int | None, office: int) -> None:
        """By the till, or later than it may by finance."""
        key, by_office = pick.choice(list(self.model.bought)), office == 0
        code = self.model.refund(self.model.bought[key], amount_fen, by_office=by_office)
        who = self.there.town.finance() if by_office else None
        self.ask(f"redemptions/{key}/refunds", code, who, amount_fen=amount_fen, reason="未完成")

    @precondition(lambda self: self.sent)
    @rule(pick=RANDOM)
    def repeat(self, pick: Any) -> None:
        """A kept answer is given again, byte by byte; what was never kept is refused again."""
        who, path, body, first = pick.choice(self.sent)
        if self.kept(path, first):
            again = self.do(post(who, path, body))
            assert again.content == first.content, (first.text, again.text)
            self.steps["repeated"] += 1
