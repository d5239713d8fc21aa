"""Statements, approvals and payment orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.vouchers.ledger.store import Books
from services.vouchers.settlement.domain import (
    Approval,
    Part,
    Settlement,
    Spent,
    letters,
    settlement_lines,
)
from shared.contracts.ids import new_id
from shared.contracts.months import last_day

MAKE = """
WITH unsettled AS (
    SELECT id, provider_id, amount_fen FROM redemptions
    WHERE settlement_id IS NULL AND redeemed_on <= :last_on
    ORDER BY id FOR UPDATE
), statements AS (
    INSERT INTO settlements (batch_id, provider_id, area_code, month_on, redemptions, amount_fen,
        made_on, made_by)
    SELECT :id, provider_id, :area_code, :month_on, count(*), sum(amount_fen), :today, :sub
    FROM unsettled GROUP BY provider_id
    RETURNING id, provider_id, month_on, redemptions, amount_fen
), tied AS (
    UPDATE redemptions r SET settlement_id = s.id
    FROM unsettled u JOIN statements s USING (provider_id) WHERE r.id = u.id
)
SELECT id AS settlement_id, provider_id, month_on, redemptions, amount_fen FROM statements
ORDER BY provider_id
"""
LOAD = """
SELECT id, provider_id, area_code, month_on, redemptions, amount_fen, first_by, first_body,
    second_by
FROM settlements WHERE id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE
"""
FIRST = """
UPDATE settlements SET first_on = :today, first_by = :sub, first_body = :body WHERE id = :id
"""
SECOND = """
UPDATE settlements SET second_on = :today, second_by = :sub, second_body = :body WHERE id = :id
"""
PARTS = """
SELECT p.fund, p.street_code, p.month_on, p.benefit_class, y.id AS payable_id, t.id AS settled_id,
    CAST(-sum(p.amount_fen) AS bigint) AS amount_fen
FROM redemptions r
    JOIN postings p ON p.cause = r.id AND p.act = 'redeem' AND p.account_kind = 'holder'
    JOIN ledger_accounts y ON y.kind = 'provider_payable' AND y.agency = r.provider_id
    JOIN ledger_accounts t ON t.kind = 'settled' AND t.fund = p.fund
WHERE r.settlement_id = :id
GROUP BY p.fund, p.street_code, p.month_on, p.benefit_class, y.id, t.id
ORDER BY p.month_on, p.street_code, p.fund, p.benefit_class
"""
SPENT = """
SELECT id, person_id, application_id, area_code, amount_fen FROM redemptions
WHERE settlement_id = :id ORDER BY id
"""
PAY = """
INSERT INTO payment_orders (id, settlement_id, provider_id, area_code, amount_fen, ordered_on)
VALUES (:id, :settlement_id, :provider_id, :area_code, :amount_fen, :today)
"""
PAGE = """
SELECT s.id AS settlement_id, s.provider_id, s.month_on, s.redemptions, s.amount_fen, s.made_on,
    s.made_by, s.first_on, s.first_by, s.first_body, s.second_on, s.second_by, s.second_body,
    o.id AS payment_order_id, o.ordered_on
FROM settlements s LEFT JOIN payment_orders o ON o.settlement_id = s.id
WHERE CAST(:after AS uuid) IS NULL OR s.id > :after
ORDER BY s.id LIMIT :most
"""


class Settlements(Books):
    """The providers' side of the books."""

    async def make(self, batch_id: UUID, month_on: date) -> Sequence[Mapping[str, Any]]:
        """One statement a provider, over all that is not in a statement yet."""
        return await self._work.rows(
            MAKE,
            id=batch_id,
            month_on=month_on,
            last_on=last_day(month_on),
            area_code=self.policy.district,
            today=self.today,
            sub=self._work.caller.sub,
        )

    async def load(self, ids: Sequence[UUID]) -> dict[UUID, Settlement]:
        """Statements, locked until the end of the work."""
        found = await self._work.rows(LOAD, ids=list(ids))
        return {row["id"]: Settlement(**row) for row in found}

    async def approve(self, approvals: Sequence[Approval]) -> dict[UUID, UUID]:
        """Keep approvals; each second one books its settlement and orders the payment.

        Returns the payment orders by their settlements.
        """
        caller, ordered = self._work.caller, dict[UUID, UUID]()
        for one in approvals:
            await self._work.run(
                FIRST if one.step == "first" else SECOND,
                id=one.settlement.id,
                today=self.today,
                sub=caller.sub,
                body=caller.body,
            )
            if one.step == "second":
                ordered[one.settlement.id] = await self._order(one.settlement)
        return ordered

    async def _order(self, settlement: Settlement) -> UUID:
        parts = [Part(**row) for row in await self._work.rows(PARTS, id=settlement.id)]
        lines = settlement_lines(settlement, parts)
        await self._ledger.book(settlement.id, "settle", lines, on=self.today, cause=settlement.id)
        order_id = new_id()
        await self._work.run(
            PAY,
            id=order_id,
            settlement_id=settlement.id,
            provider_id=settlement.provider_id,
            area_code=settlement.area_code,
            amount_fen=settlement.amount_fen,
            today=self.today,
        )
        spent = [Spent(**row) for row in await self._work.rows(SPENT, id=settlement.id)]
        programmes = self.policy.programmes
        self._work.send(*letters(settlement, spent, order_id, programmes, self._work.now))
        return order_id

    async def page(self, after: UUID | None, most: int) -> Sequence[Mapping[str, Any]]:
        """Statements within the caller's scope."""
        return await self._work.rows(PAGE, after=after, most=most)
