"""A Hypothesis state machine over the money: after every step the books are what the model says."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine
from datetime import date, timedelta
from itertools import count
from typing import Any, ClassVar, TypeVar

import httpx
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from services.vouchers.ledger.jobs import seal_all
from shared.contracts.ids import new_id
from shared.contracts.months import month_of
from tests.faults.money_books import Looked, look
from tests.faults.money_model import MONTHLY_FEN, Model, Purse, Statement
from tests.faults.money_site import Market, load, market
from tests.faults.site import Verdict
from tests.faults.sizes import Size
from tests.vouchers.town import Elder, Shop

T = TypeVar("T")
PEOPLE, MONTHS, EXAMPLES, STEPS = 3, 15, 20, 60
VOID = date(2011, 1, 31)
FIRST, LAST = date(2010, 1, 12), date(2011, 3, 20)
OTHER_WORDS = [0, -1, 0.5, 10**18, "100", None, True]
CREATED, CONFLICT = 201, 409
RAISED = ("refunds", "void")
"""Doors whose refusals leave nothing behind; the others keep them and give them again."""
AMOUNTS = st.integers(1, 2 * MONTHLY_FEN) | st.sampled_from([1, MONTHLY_FEN, MONTHLY_FEN + 1])


class Machine(RuleBasedStateMachine):
    """Three holders and a shop; each step is a request, a letter or a day, and then all is read."""

    loop: ClassVar[asyncio.AbstractEventLoop]
    there: ClassVar[Market]
    steps: ClassVar[Counter[str]]

    @initialize()
    def begin(self) -> None:
        self.elders = [Elder() for _ in range(PEOPLE)]
        self.shop = Shop()
        self.model = Model(FIRST, [Purse() for _ in self.elders])
        self.sent: list[tuple[str, dict[str, Any], httpx.Response]] = []
        self.do(self._open())

    async def _open(self) -> None:
        town = self.there.town
        town.desk.clock.set(FIRST)
        await town.grant(*self.elders)
        await town.admit(self.shop)
        await town.allocate(PEOPLE * MONTHS * MONTHLY_FEN)
        self.cards = list(await self.there.cards(self.elders))
        await town.issue(month_of(FIRST))
        self.model.issue()
        self.position = (await look(self.there, self.elders, self.shop, 0)).position

    def do(self, act: Coroutine[Any, Any, T]) -> T:
        """Run something in the office's loop."""
        return asyncio.run_coroutine_threadsafe(act, self.loop).result()

    def ask(self, path: str, expected: str, **body: Any) -> httpx.Response:
        """A till's request, and whether it was told what the model says."""
        body = {"id": str(new_id()), **body}
        answer = self.do(self._post(path, body))
        told = answer.json().get("code", "")
        assert told == expected, f"{path} told {told!r}, not {expected!r}: {body} {self.model}"
        assert (answer.status_code == CREATED) == (expected == ""), answer.text
        self.sent.append((path, body, answer))
        self.steps[f"{path.partition('/')[0]}: {expected or 'booked'}"] += 1
        return answer

    async def _post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        client = self.there.town.till(self.shop)
        return await client.post(f"/vouchers/v1/{path}", json=body)

    def sale(self, who: int, amount_fen: Any) -> dict[str, Any]:
        return {
            "id": str(new_id()),
            "card_no": self.cards[who],
            "outlet_id": str(self.shop.outlet_id),
            "item_code": "wash",
            "amount_fen": amount_fen,
        }

    @rule(who=st.integers(0, PEOPLE - 1), amount_fen=AMOUNTS, ago=st.integers(0, 9))
    def redeem(self, who: int, amount_fen: int, ago: int) -> None:
        sale, day = self.sale(who, amount_fen), self.model.today - timedelta(days=ago % 10 // 2)
        if ago == 9:
            day = self.model.today - timedelta(days=ago)
        code = self.model.redeem(sale["id"], self.model.purses[who], amount_fen, day)
        self.ask("redemptions", code, **sale, occurred_on=str(day))

    @rule(who=st.integers(0, PEOPLE - 1), amount_fen=AMOUNTS)
    def hold(self, who: int, amount_fen: int) -> None:
        sale = self.sale(who, amount_fen)
        code = self.model.hold(sale["id"], self.model.purses[who], amount_fen)
        self.ask("holds", code, **sale)

    @precondition(lambda self: self.model.holds)
    @rule(pick=st.randoms(use_true_random=False), amount_fen=AMOUNTS)
    def capture(self, pick: Any, amount_fen: int) -> None:
        hold_id, key = pick.choice(list(self.model.holds)), str(new_id())
        code = self.model.capture(key, self.model.holds[hold_id], amount_fen)
        self.ask(f"holds/{hold_id}/capture", code, id=key, amount_fen=amount_fen)

    @precondition(lambda self: self.model.holds)
    @rule(pick=st.randoms(use_true_random=False))
    def void(self, pick: Any) -> None:
        hold_id = pick.choice(list(self.model.holds))
        self.ask(f"holds/{hold_id}/void", self.model.void(self.model.holds[hold_id]))

    @precondition(lambda self: self.model.bought)
    @rule(pick=st.randoms(use_true_random=False), amount_fen=AMOUNTS | st.none())
    def refund(self, pick: Any, amount_fen: int | None) -> None:
        key = pick.choice(list(self.model.bought))
        code = self.model.refund(self.model.bought[key], amount_fen)
        self.ask(f"redemptions/{key}/refunds", code, amount_fen=amount_fen, reason="未完成")

    @rule(who=st.integers(0, PEOPLE - 1), amount_fen=st.sampled_from(OTHER_WORDS))
    def ask_nonsense(self, who: int, amount_fen: Any) -> None:
        """What is no amount is refused, and nothing changes."""
        answer = self.do(self._post("redemptions", self.sale(who, amount_fen)))
        assert answer.status_code == 422, answer.text
        self.steps["redemptions: nonsense"] += 1

    @precondition(lambda self: self.sent)
    @rule(pick=st.randoms(use_true_random=False))
    def repeat(self, pick: Any) -> None:
        """A kept answer is given again, byte by byte; what was never kept is refused again."""
        path, body, first = pick.choice(self.sent)
        raised = path.endswith(RAISED)
        if first.status_code == CREATED or (first.status_code == CONFLICT and not raised):
            again = self.do(self._post(path, body))
            assert again.content == first.content, (first.text, again.text)
            self.steps["repeated"] += 1

    @precondition(lambda self: any(p.is_due(month_of(self.model.today)) for p in self.model.purses))
    @rule()
    def issue(self) -> None:
        made = self.do(self.there.town.issue(month_of(self.model.today)))
        assert made["people"] == self.model.issue(), made
        self.steps["issue"] += 1

    @rule(days=st.integers(1, 9) | st.integers(20, 60) | st.none())
    def wait(self, days: int | None) -> None:
        """Some days, or up to the last day of the money."""
        today = self.model.today
        later = max(VOID, today) if days is None else today + timedelta(days=days)
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

    @rule(who=st.integers(0, PEOPLE - 1), ago=st.integers(0, 20), sure=st.integers(0, 3))
    def die(self, who: int, ago: int, sure: int) -> None:
        """A death, known late perhaps, or told twice."""
        if sure == 0:
            self.model.die(self.model.purses[who])
            on = self.model.today - timedelta(days=ago)
            self.do(self.there.town.die(self.elders[who], on))
            self.steps["die"] += 1

    @rule(who=st.integers(0, PEOPLE - 1), sure=st.integers(0, 3))
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
    @rule(pick=st.randoms(use_true_random=False))
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

    @invariant()
    def books_are_the_model_s(self) -> None:
        if not hasattr(self, "position"):
            return
        found: Looked = self.do(look(self.there, self.elders, self.shop, self.position))
        said = [
            {month: left for month, left in purse.months.items()} for purse in self.model.purses
        ]
        assert found.balances == said, (found.balances, said)
        assert found.recomputed == said, (found.recomputed, said)
        assert found.payable_fen == self.model.payable_fen, (found.payable_fen, self.model)
        assert found.unbalanced == 0, f"{found.unbalanced} sets do not sum to zero"
        assert found.bought == {k: b.left_fen for k, b in self.model.bought.items()}
        assert found.holds == {k: h.ended for k, h in self.model.holds.items()}
        self.position = found.position

    def teardown(self) -> None:
        """Everybody dies, so that the next ones are alone; then nothing is outstanding."""
        if hasattr(self, "position"):
            for elder in self.elders:
                self.do(self.there.town.die(elder, self.model.today))


async def machine(seed: int, size: Size) -> Verdict:
    """Examples of up to so many steps until there were enough."""
    verdict = Verdict("state machine of the money", f"{size.steps} steps against PostgreSQL")
    began = time.monotonic()
    async with market(seed, "machine", servers=0) as there:
        steps = Counter[str]()
        loop = asyncio.get_running_loop()
        bound = {"there": there, "loop": loop, "steps": steps}
        for nth in count():
            if steps.total() >= size.steps:
                break
            some = seeded(f"{seed} {nth}")(type("Machine", (Machine,), dict(bound)))
            try:
                await asyncio.to_thread(_run, some)
            except AssertionError as found:
                verdict.expect(False, f"round {nth}: {str(found)[:600]}")
                break
        await seal_all(there.desk.office.runtimes["vouchers"])
        await there.check(verdict)
    verdict.figures.append(f"{steps.total()} steps, {time.monotonic() - began:.0f} s, {load()}")
    verdict.figures.append(", ".join(f"{n} {name}" for name, n in sorted(steps.items())))
    return verdict


def _run(some: type[Machine]) -> None:
    run_state_machine_as_test(
        some,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        ),
    )
