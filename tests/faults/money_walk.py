"""A walk through the money: one town, one step after another, and all books read after each."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator
from datetime import date, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant

from shared.contracts.ids import new_id
from shared.contracts.months import month_of
from tests.faults.money_books import Looked, look
from tests.faults.money_model import Model
from tests.faults.money_model_paper import Paper
from tests.faults.money_model_parts import MONTHLY_FEN, Card, Purse, Sale
from tests.faults.money_model_reclaims import Reclaims
from tests.faults.money_model_signers import CIVIL, Signer
from tests.faults.money_paper import chosen, in_hand
from tests.faults.money_site import Market
from tests.vouchers.town import JANUARY, MARCH, Elder, Shop

T = TypeVar("T")
PEOPLE, MONTHS = 3, 15
STARTS = [JANUARY, JANUARY, MARCH]
"""From when each holder is due money."""
FIRST = date(2010, 1, 12)
DISTRICT = "110105"
OK, CREATED, CONFLICT = 200, 201, 409
KEPT = ("redemptions", "holds", "capture")
"""Doors whose refusals are kept and given again; those of the others leave nothing behind."""
WHO = st.integers(0, PEOPLE - 1)
AMOUNTS = st.integers(1, MONTHLY_FEN) | st.sampled_from([1, MONTHLY_FEN, 2 * MONTHLY_FEN])
AGO = st.sampled_from([0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 6, 7, 8, -1])
RANDOM = st.randoms(use_true_random=False)


class Walk(RuleBasedStateMachine):
    """Three holders and a shop; each step is a request, a letter or a day, and then all is read."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    there: ClassVar[Market]
    steps: ClassVar[Counter[str]]
    lines: ClassVar[Counter[str]]
    areas: ClassVar[Iterator[int]]

    @initialize()
    def begin(self) -> None:
        self.elders = [Elder() for _ in range(PEOPLE)]
        self.shop = Shop()
        purses = [Purse(starts_on=day) for day in STARTS]
        self.model = Model(FIRST, purses, [(JANUARY, "admitted")])
        self.sent: list[tuple[httpx.AsyncClient, str, dict[str, Any], httpx.Response]] = []
        self.sales: list[Sale] = []
        self.reclaims = Reclaims()
        self.do(self._open())

    async def _open(self) -> None:
        town = self.there.town
        town.desk.clock.set(FIRST)
        for elder, purse in zip(self.elders, self.model.purses, strict=True):
            await town.grant(elder, starts_on=purse.starts_on)
        await town.admit(self.shop)
        await town.allocate(PEOPLE * MONTHS * MONTHLY_FEN)
        numbers = await self.there.cards(self.elders)
        for purse, number in zip(self.model.purses, numbers, strict=True):
            purse.cards.append(Card(number))
        self.elders.append(Elder(area_code=f"{DISTRICT}{next(self.areas)}"))
        self.model.purses.append(Purse(ended_on=FIRST))
        await chosen(self.there, self.elders[-1], month_of(FIRST))
        await town.issue(month_of(FIRST))
        self.model.issue()
        notes = await in_hand(self.there, self.elders[-1], month_of(FIRST))
        self.paper = Paper(self.model.purses[-1], month_of(FIRST), notes)
        await town.end(self.elders[-1], FIRST, "withdrawn")
        self.position = (await look(self.there, self.elders, self.shop, 0)).position

    def do(self, act: Coroutine[Any, Any, T]) -> T:
        """Run something in the office's loop."""
        return asyncio.run_coroutine_threadsafe(act, self.loop).result()

    def ask(
        self, path: str, expected: str, who: httpx.AsyncClient | None = None, **body: Any
    ) -> httpx.Response:
        """A till's or an office's request, and whether it was told what the model says."""
        who = who or self.there.town.till(self.shop)
        body = {"id": str(new_id()), **body}
        answer = self.do(post(who, path, body))
        told = answer.json().get("code", "")
        assert told == expected, f"{path} told {told!r}, not {expected!r}: {body} {self.model}"
        assert (answer.status_code in {OK, CREATED}) == (expected == ""), answer.text
        self.sent.append((who, path, body, answer))
        self.steps[f"{door_of(path)}: {expected or 'booked'}"] += 1
        return answer

    def kept(self, path: str, answer: httpx.Response) -> bool:
        """Whether the same request gets the same answer."""
        refused = answer.status_code == CONFLICT and path.endswith(KEPT)
        return answer.status_code in {OK, CREATED} or refused

    def signer(self, who: Signer) -> httpx.AsyncClient:
        """A client of one of the two bodies."""
        town = self.there.town
        return town.civil(who.sub) if who.body == CIVIL.body else town.finance(who.sub)

    def day(self, ago: int) -> date:
        return self.model.today - timedelta(days=ago)

    def sale(self, who: int, amount_fen: int, ago: int = 0, *, old: bool = False) -> Sale:
        """A sale to a holder who shows his newest card, or the one that he had first."""
        purse = self.model.purses[who]
        sale = Sale(str(new_id()), purse, purse.cards[0 if old else -1], amount_fen, self.day(ago))
        self.sales.append(sale)
        return sale

    def body(self, sale: Sale, **more: Any) -> dict[str, Any]:
        """What a till sends for a sale."""
        return {
            "id": sale.key,
            "card_no": sale.card.number,
            "outlet_id": str(self.shop.outlet_id),
            "item_code": "wash",
            "amount_fen": sale.amount_fen,
            **more,
        }

    @invariant()
    def books_are_the_model_s(self) -> None:
        if not hasattr(self, "position"):
            return
        found: Looked = self.do(look(self.there, self.elders, self.shop, self.position))
        purses, model = self.model.purses, self.model
        self.paper.follow()
        assert found.paper == [note.state for note in self.paper.notes], found.paper
        said = [purse.months for purse in purses]
        assert found.balances == said, (found.balances, said)
        assert found.recomputed == said, (found.recomputed, said)
        assert found.payable_fen == model.payable_fen, (found.payable_fen, model)
        paid = (model.settled_fen, model.recovered_fen)
        assert (found.settled_fen, found.recovered_fen) == paid, (found, model)
        lines = self.reclaims.lines.items()
        cases = {k: [x.case, x.amount_fen, x.decision or None] for k, x in lines}
        assert found.reclaims == cases, (found.reclaims, cases)
        assert found.unbalanced == 0, f"{found.unbalanced} sets do not sum to zero"
        assert found.bought == {k: b.left_fen for k, b in model.bought.items()}
        assert found.holds == {k: h.ended for k, h in model.holds.items()}
        cards = [
            [(card.closed_on is not None, card.lost_on) for card in purse.cards] for purse in purses
        ]
        assert found.cards == cards, (found.cards, cards)
        self.position = found.position

    def teardown(self) -> None:
        """Everybody dies, so that the next ones are alone; then nothing is outstanding."""
        if hasattr(self, "position"):
            for elder in self.elders:
                self.do(self.there.town.die(elder, self.model.today))


async def post(who: httpx.AsyncClient, path: str, body: dict[str, Any]) -> httpx.Response:
    return await who.post(f"/vouchers/v1/{path}", json=body)


def door_of(path: str) -> str:
    """A path without the ids in it."""
    return "/".join(part for part in path.split("/") if not _is_id(part))


def _is_id(part: str) -> bool:
    try:
        UUID(part)
    except ValueError:
        return False
    return True
