"""An open-loop load over the API: it starts on time whatever the answers do, and remembers them."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from deploy.demo.cast import ITEMS, SHOPS, Cast
from deploy.desk import Desk, Person
from services.intake.persons.identity import check_character
from shared.contracts.ids import new_id
from shared.contracts.programmes import VOUCHER

COMMUNITY = "110105015033"
STREET = COMMUNITY[:9]
AGAIN_S = 0.1
GIVE_UP_S = 90.0
DONE = frozenset({200, 201})
REGISTER, APPLY = 0.35, 0.3
FIRST_DAY, LAST_DAY, DAYS_IN_MONTH, MONTHS = 1920, 1929, 28, 12
IN_A_DAY = 999
PRICE_FEN = 10


def number(nth: int) -> str:
    """The nth invented identity number of people over 80, in a county that does not exist."""
    years = LAST_DAY - FIRST_DAY + 1
    rest, order = divmod(nth, IN_A_DAY)
    rest, day = divmod(rest, DAYS_IN_MONTH)
    rest, month = divmod(rest, MONTHS)
    county = 230190 if rest < years else 110190
    year = FIRST_DAY + rest % years
    body = f"{county}{year}{month + 1:02d}{day + 1:02d}{order + 1:03d}"
    return body + check_character(body)


@dataclass
class Order:
    """One write that must have its effect once: sent again with its id until it is acknowledged."""

    path: str
    body: dict[str, Any]
    who: Person
    answers: list[str] = field(default_factory=list)
    code: int = 0


@dataclass
class Load:
    """Registrations, applications and redemptions at a rate, by a seed."""

    desk: Desk
    cards: dict[str, str]
    chance: random.Random
    nth: int = 0
    acknowledged: list[Order] = field(default_factory=list)
    refused: list[Order] = field(default_factory=list)
    lost: list[Order] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    slowest_s: float = 0.0
    _persons: list[str] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._cast = Cast(self.desk)
        self._worker = self.desk.person("street_officer", "load", STREET)

    @asynccontextmanager
    async def running(self, rate: float) -> AsyncIterator[None]:
        """So many writes a second while the block runs; then waits for every answer."""
        ticking = asyncio.create_task(self._tick(rate))
        try:
            yield
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)
            await asyncio.gather(*self._tasks)

    async def _tick(self, rate: float) -> None:
        began, count = time.monotonic(), 0
        while True:
            task = asyncio.create_task(self._through(self._order()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            count += 1
            await asyncio.sleep(max(0.0, began + count / rate - time.monotonic()))

    def _order(self) -> Order:
        draw = self.chance.random()
        if self._persons and draw < APPLY:
            person = self._persons.pop()
            asked = {"person_id": person, "programme": VOUCHER, "channel": "street_office"}
            return self._of("/intake/v1/applications", asked, self._worker)
        if draw < APPLY + REGISTER or not self.cards:
            self.nth += 1
            who = {
                "name": "王芳",
                "id_number": number(self.nth),
                "area_code": COMMUNITY,
                "facts": {"hukou_area": "110105"},
            }
            return self._of("/intake/v1/persons", who, self._worker)
        shop = self.chance.choice(SHOPS)
        bought = {
            "card_no": self.chance.choice(list(self.cards.values())),
            "outlet_id": shop.outlet_id,
            "item_code": self.chance.choice(ITEMS)["item_code"],
            "amount_fen": PRICE_FEN,
        }
        return self._of("/vouchers/v1/redemptions", bought, self._cast.shop(shop))

    def _of(self, path: str, body: dict[str, Any], who: Person) -> Order:
        return Order(path, {"id": str(new_id()), **body}, who)

    async def _through(self, order: Order) -> None:
        began = time.monotonic()
        while time.monotonic() - began < GIVE_UP_S:
            try:
                answer = await order.who.attempt(order.path, order.body)
            except httpx.TransportError as away:
                self.errors[type(away).__name__] += 1
            else:
                order.code = answer.status_code
                if answer.status_code in DONE:
                    self._keep(order, time.monotonic() - began)
                    return
                if answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                    order.answers.append(answer.text)
                    self.refused.append(order)
                    return
                self.errors[f"{answer.status_code} {answer.json().get('code', '')}"] += 1
            await asyncio.sleep(AGAIN_S)
        self.lost.append(order)

    def _keep(self, order: Order, took_s: float) -> None:
        self.acknowledged.append(order)
        self.slowest_s = max(self.slowest_s, took_s)
        if order.path.endswith("persons"):
            self._persons.append(order.body["id"])
