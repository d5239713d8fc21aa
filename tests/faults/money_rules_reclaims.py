"""Steps of what was not due: deaths and ends told late, decisions by two bodies, receipts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeAlias

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from services.vouchers.reclaims.domain import case_of
from shared.contracts.ids import new_id
from shared.contracts.months import month_of
from tests.faults.money_model_signers import CIVIL, FINANCE, SIGNER, Signer
from tests.faults.money_rules_office import Offices
from tests.faults.money_walk import AMOUNTS, PEOPLE, RANDOM, WHO

ANYBODY = st.integers(0, PEOPLE)
WAYS = st.sampled_from(["provider", "provider", "family", "family", "waive"])
OUTCOMES = st.sampled_from(["approved", "approved", "approved", "refused"])
DAYS_TO_PAY = 30
GIVEN_BACK = (1, 2)
ABOUT = st.integers(0, 9)
SOLD = st.lists(AMOUNTS, max_size=3)
Word: TypeAlias = tuple[Signer, str]
WORDS: st.SearchStrategy[list[Word]] = st.lists(st.tuples(SIGNER, OUTCOMES), max_size=3)


class Cases(Offices):
    """Cases, from the letter that opens them to the last receipt."""

    @rule(who=ANYBODY, ago=st.integers(0, 40), sure=st.integers(0, 3), sold=SOLD)
    def die(self, who: int, ago: int, sure: int, sold: list[int]) -> None:
        """A death, known late perhaps, or told twice; what was spent after it is a case."""
        if sure == 0:
            purse, elder = self.model.purses[who], self.elders[who]
            self.sell(who, sold if purse.cards else [])
            self.do(self.there.town.die(elder, self.day(ago)))
            self.model.die(purse, self.day(ago))
            case = str(case_of(elder.person_id, "spent_after_death"))
            assert purse.died_on is not None
            self.reclaims.open(self.model, purse, case, spent=purse.died_on)
            self.steps["die"] += 1

    @rule(who=WHO, ago=st.sampled_from([0, 5, 20, 40]), sure=st.integers(0, 3), sold=SOLD)
    def stop(self, who: int, ago: int, sure: int, sold: list[int]) -> None:
        """An award ends; what was due stays, and what was spent of later months is a case."""
        purse, elder = self.model.purses[who], self.elders[who]
        if sure == 0 and purse.ended_on is None:
            on = self.day(ago)
            self.sell(who, sold)
            self.do(self.there.town.end(elder, on, "withdrawn"))
            self.model.stop(purse, on)
            case = str(case_of(elder.person_id, "not_due"))
            self.reclaims.open(self.model, purse, case, after=month_of(on))
            self.steps["award ends"] += 1

    def sell(self, who: int, sold: list[int]) -> None:
        """What the holder's card paid for before anybody told; for several the shop is paid."""
        for amount_fen in sold:
            sale = self.sale(who, amount_fen)
            self.ask("redemptions", self.model.redeem(sale), **self.body(sale))
        if len(sold) > 1:
            self.settle([CIVIL, FINANCE], content=True)

    @precondition(lambda self: self.reclaims.lines)
    @rule(pick=RANDOM, way=WAYS, by=SIGNER, about=ABOUT, odd=st.integers(0, 9), then=WORDS)
    def propose(
        self, pick: Any, way: str, by: Signer, about: int, odd: int, then: list[Word]
    ) -> None:
        """On all that is undecided, on some redemptions of the case, or on one of no case.

        Who signs next does it at once, and a family pays a first part of what it owes; now and
        then something of it is given back before.
        """
        lines = self.reclaims.lines
        undecided = [key for key, line in lines.items() if not line.decision]
        case = lines[pick.choice(undecided if odd and undecided else list(lines))].case
        ours = self.reclaims.of(case)
        wanted = pick.sample(ours, 1 + about % len(ours)) if about > 4 else []
        if about == 4:
            wanted = [pick.choice(list(self.model.bought))]
        meant = self.reclaims.meant(case, wanted)
        plan_fen = max(1, self.reclaims.total_fen(meant) - (odd == 0))
        code = self.reclaims.refusal(case, wanted, way, plan_fen)
        key, due_on = str(new_id()), self.model.today + timedelta(days=DAYS_TO_PAY)
        plan = [{"due_on": str(due_on), "amount_fen": plan_fen}]
        order = {
            "id": key,
            "way": way,
            "reason": "核实",
            "redemption_ids": wanted,
            "instalments": plan if way == "family" else [],
        }
        told = self.ask(f"reclaims/{case}/decisions", code, self.signer(by), **order)
        if not code:
            self.reclaims.propose(key, way, by, meant)
            assert told.json()["amount_fen"] == self.reclaims.decisions[key].total_fen, told.text
            if odd in GIVEN_BACK:
                self._give_back(meant[0])
            for signer, outcome in then:
                self._decide(key, signer, outcome)
                self._receive(key, 1 + odd, f"收-{new_id().hex}")

    def _give_back(self, key: str) -> None:
        code = self.model.refund(self.model.bought[key], 1, by_office=True)
        path, finance = f"redemptions/{key}/refunds", self.there.town.finance()
        self.ask(path, code, finance, amount_fen=1, reason="未完成")

    @precondition(lambda self: self.reclaims.decisions)
    @rule(pick=RANDOM, by=SIGNER, outcome=OUTCOMES)
    def decide(self, pick: Any, by: Signer, outcome: str) -> None:
        decisions = self.reclaims.decisions
        waiting = [key for key, one in decisions.items() if not one.outcome]
        self._decide(pick.choice(waiting[-3:] + list(decisions)[-1:]), by, outcome)

    def _decide(self, key: str, by: Signer, outcome: str) -> None:
        code = self.reclaims.sign(self.model, key, by, outcome)
        order = {"outcome": outcome, "reason": "同意"}
        self.ask(f"reclaims/decisions/{key}/signatures", code, self.signer(by), **order)

    @precondition(lambda self: any(x.way == "family" for x in self.reclaims.decisions.values()))
    @rule(pick=RANDOM, amount_fen=AMOUNTS | st.none(), odd=st.integers(0, 4))
    def receive(self, pick: Any, amount_fen: int | None, odd: int) -> None:
        """A part or all of what is owed, now and then by a receipt that is booked already."""
        decisions, receipts = self.reclaims.decisions, sorted(self.reclaims.receipts)
        debts = [key for key, one in decisions.items() if one.way == "family" and one.outcome]
        key = pick.choice(debts or list(decisions))
        amount = max(1, decisions[key].owed_fen) if amount_fen is None else amount_fen
        number = pick.choice(receipts) if receipts and odd == 0 else f"收-{new_id().hex}"
        self._receive(key, amount, number)

    def _receive(self, key: str, amount: int, number: str) -> None:
        code = self.reclaims.receive(self.model, key, number, amount)
        order = {
            "receipt_no": number,
            "amount_fen": amount,
            "received_on": str(self.model.today),
        }
        finance = self.there.town.finance()
        self.ask(f"reclaims/decisions/{key}/receipts", code, finance, **order)
