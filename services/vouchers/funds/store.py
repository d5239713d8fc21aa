"""Allocation orders and what is left of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from services.vouchers.funds.domain import (
    Allocation,
    Draw,
    Source,
    allocation_lines,
    paid_lines,
    split,
)
from services.vouchers.ledger.domain import AccountKind, Act, Line
from services.vouchers.ledger.store import Books
from services.vouchers.policy.model import Purpose
from shared.contracts.ids import new_id
from shared.errors import Conflict, NotFound

MAKE = """
INSERT INTO allocations (id, fund, purpose, amount_fen, order_no, area_code, made_on, made_by,
    made_body)
VALUES (:id, :fund, :purpose, :amount_fen, :order_no, :area_code, :today, :made_by, :made_body)
ON CONFLICT DO NOTHING
"""
LOAD = """
SELECT id, fund, purpose, amount_fen, order_no, area_code, made_by, made_body, signed_on
FROM allocations WHERE id = :id FOR UPDATE
"""
SIGN = """
WITH signed AS (
    UPDATE allocations SET signed_on = :today, signed_by = :sub, signed_body = :body
    WHERE id = :id RETURNING fund, amount_fen, area_code
), opened AS (
    INSERT INTO ledger_accounts (kind, area_code, fund, allocation_id, balance_fen)
    SELECT 'allocation', area_code, fund, :id, amount_fen FROM signed RETURNING id, fund
)
SELECT o.id AS account_id, f.id AS fund_id
FROM opened o JOIN ledger_accounts f ON f.kind = 'fund' AND f.fund = o.fund
"""
LIST = """
SELECT a.id AS allocation_id, a.fund, a.purpose, a.book, a.amount_fen, a.order_no, a.made_on,
    a.made_by, a.made_body, a.signed_on, a.signed_by, a.signed_body, l.balance_fen
FROM allocations a LEFT JOIN ledger_accounts l ON l.kind = 'allocation' AND l.allocation_id = a.id
WHERE CAST(:after AS uuid) IS NULL OR a.id > :after
ORDER BY a.id LIMIT :most
"""
SOURCES = """
SELECT l.allocation_id, l.id AS account_id, l.fund, l.balance_fen
FROM ledger_accounts l JOIN allocations a ON a.id = l.allocation_id
WHERE l.kind = 'allocation' AND a.purpose = :purpose AND l.balance_fen > 0
ORDER BY a.signed_on, l.id
"""
DRAW = """
UPDATE ledger_accounts a SET balance_fen = a.balance_fen - d.amount_fen
FROM unnest(CAST(:accounts AS uuid[]), CAST(:amounts AS bigint[])) AS d(account_id, amount_fen)
WHERE a.id = d.account_id AND a.kind = 'allocation' AND a.balance_fen >= d.amount_fen
"""
ACCOUNTS = "SELECT fund, id FROM ledger_accounts WHERE kind = :kind"
# Whatever an act booked for a cause and is not given back yet, by account.
BOOKED = """
SELECT account_id, account_kind, CAST(-sum(amount_fen) AS bigint) AS amount_fen, fund, street_code,
    month_on, benefit_class, agency
FROM postings WHERE act = :act AND cause = :cause
GROUP BY account_id, account_kind, fund, street_code, month_on, benefit_class, agency
HAVING sum(amount_fen) <> 0
"""


class Funds(Books):
    """The funds' side of the books."""

    async def make(self, allocation: Allocation) -> None:
        """Keep an order that waits for its second signature.

        Raises:
            Conflict: its id or its number is taken.
        """
        values = {k: v for k, v in asdict(allocation).items() if k != "signed_on"}
        if not await self._work.run(MAKE, today=self.today, **values):
            raise Conflict(
                "order_taken",
                "该拨款单编号或文号已存在；请核对，勿重复拨款",
                "an order with this id or number exists; check it, do not allocate twice",
            )

    async def load(self, allocation_id: UUID) -> Allocation:
        """An order, locked until the end of the work.

        Raises:
            NotFound: there is none.
        """
        row = await self._work.row(LOAD, id=allocation_id)
        if row is None:
            raise NotFound(
                "no_such_allocation", "没有此拨款单", "there is no such allocation order"
            )
        return Allocation(**row)

    async def sign(self, allocation: Allocation) -> None:
        """Make the order effective and move the money from the fund to the allocation."""
        caller = self._work.caller
        made = await self._work.row(
            SIGN, id=allocation.id, today=self.today, sub=caller.sub, body=caller.body
        )
        assert made is not None
        lines = allocation_lines(allocation, made["fund_id"], made["account_id"])
        await self._ledger.book(new_id(), "allocate", lines, on=self.today, cause=allocation.id)

    async def page(self, after: UUID | None, most: int) -> Sequence[Mapping[str, Any]]:
        """Orders with what is left of each."""
        return await self._work.rows(LIST, after=after, most=most)

    async def sources(self, purpose: str, *, lock: bool) -> list[Source]:
        """Effective allocations with money left, oldest first; locked for an issue."""
        found = await self._work.rows(
            SOURCES + (" FOR UPDATE OF l" if lock else ""), purpose=purpose
        )
        return [Source(**row) for row in found]

    async def pay(
        self,
        purpose: Purpose,
        act: Act,
        kind: AccountKind,
        amount_fen: int,
        *,
        area_code: str,
        cause: UUID,
        set_id: UUID | None = None,
    ) -> tuple[Draw, ...]:
        """Pay from the allocations of a purpose, split to the fen, into its book's accounts.

        Raises:
            Conflict: they do not cover it.
        """
        sources = await self.sources(purpose, lock=True)
        draws = split(amount_fen, sources, self.policy.waterfall.on(self.today), purpose)
        await self.draw(
            {draw.source.account_id: draw.amount_fen for draw in draws}, "overdrawn under its lock"
        )
        accounts = {r["fund"]: r["id"] for r in await self._work.rows(ACCOUNTS, kind=kind)}
        lines = paid_lines(draws, kind, accounts, area_code)
        await self._ledger.book(set_id or new_id(), act, lines, on=self.today, cause=cause)
        return draws

    async def give_back(self, act: Act, *, cause: UUID, set_id: UUID | None = None) -> int:
        """Reverse what an act booked for a cause: each part goes back to where it came from."""
        lines = [Line(**row) for row in await self._work.rows(BOOKED, act=act, cause=cause)]
        drawn = {x.account_id: -x.amount_fen for x in lines if x.account_kind == "allocation"}
        if lines:
            await self.draw(drawn, "an allocation of a booking is not there")
            await self._ledger.book(set_id or new_id(), act, lines, on=self.today, cause=cause)
        return -sum(drawn.values())

    async def draw(self, drawn: Mapping[UUID, int], flaw: str) -> None:
        """Take from allocations that are locked, or give back; a shortage is a flaw here."""
        done = await self._work.run(DRAW, accounts=list(drawn), amounts=list(drawn.values()))
        assert done == len(drawn), flaw
