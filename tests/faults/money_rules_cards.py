"""Steps of lost cards: the report, the writing, the card found again, and the new one."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from shared.contracts.ids import new_id
from tests.faults.money_model_cards import Loss, confirmed, found, replaced, reported
from tests.faults.money_model_parts import Card
from tests.faults.money_walk import RANDOM, WHO, Walk


class Cards(Walk):
    """What the hotline and a street do about cards."""

    def __init__(self) -> None:
        super().__init__()
        self.losses: dict[str, Loss] = {}

    @rule(who=WHO, written=st.booleans())
    def lose(self, who: int, written: bool) -> None:
        """A word on the telephone, or already in writing."""
        made = reported(self.model.purses[who], self.model.today, written=written)
        order = {
            "person_id": str(self.elders[who].person_id),
            "reported_by": "holder",
            "in_writing": written,
        }
        hotline = self.there.desk.as_("hotline", sub="jie")
        refused = made if isinstance(made, str) else ""
        told = self.ask("card-losses", refused, hotline, **order)
        if isinstance(made, Loss):
            self.losses[told.json()["loss_id"]] = made

    @precondition(lambda self: self.losses)
    @rule(pick=RANDOM)
    def confirm(self, pick: Any) -> None:
        key = pick.choice(list(self.losses))
        self._act(key, "confirmation", confirmed(self.losses[key]))

    @precondition(lambda self: self.losses)
    @rule(pick=RANDOM)
    def find(self, pick: Any) -> None:
        key = pick.choice(list(self.losses))
        self._act(key, "reinstatement", found(self.losses[key]))

    @precondition(lambda self: self.losses)
    @rule(pick=RANDOM)
    def replace(self, pick: Any) -> None:
        """The new card's number is shown to the street, and pays from now on."""
        key, card_id = pick.choice(list(self.losses)), str(new_id())
        loss = self.losses[key]
        code = replaced(loss, self.model.today)
        self._act(key, "replacement", code, id=card_id)
        if not code:
            shown = self.do(
                self.there.town.street().post(f"/vouchers/v1/cards/{card_id}/disclosures")
            )
            loss.purse.cards.append(Card(shown.json()["card_no"]))

    def _act(self, key: str, name: str, code: str, **body: Any) -> None:
        self.ask(f"card-losses/{key}/{name}", code, self.there.town.street(), **body)
