"""Claims on providers that left owing money, and what was received on them.

The final statement's set has booked them: what was paid out too much is no longer settled. As with
a payment order, what the bank took in is kept beside the books.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from services.vouchers.ledger.store import Books
from services.vouchers.settlement.debts import Debt, receipt_taken
from shared.work import Row

LOAD = """
SELECT id, provider_id, area_code, amount_fen, received_fen FROM provider_debts
WHERE id = :id FOR UPDATE
"""
RECEIVE = """
WITH kept AS (
    INSERT INTO debt_receipts (id, debt_id, provider_id, area_code, receipt_no, amount_fen,
        received_on, booked_on, booked_by)
    VALUES (:id, :debt_id, :provider_id, :area_code, :receipt_no, :amount_fen, :received_on,
        :today, :sub)
    ON CONFLICT DO NOTHING RETURNING debt_id, amount_fen
)
UPDATE provider_debts d SET received_fen = d.received_fen + kept.amount_fen
FROM kept WHERE d.id = kept.debt_id
"""
PAGE = """
SELECT id AS debt_id, settlement_id, provider_id, amount_fen, received_fen,
    amount_fen - received_fen AS owed_fen, claimed_on
FROM provider_debts
WHERE (CAST(:after AS uuid) IS NULL OR id > :after) AND (NOT :open OR received_fen < amount_fen)
ORDER BY id LIMIT :most
"""


class Debts(Books):
    """What is claimed back from providers."""

    async def load(self, debt_id: UUID) -> Debt | None:
        """A claim, locked until the end of the work."""
        row = await self._work.row(LOAD, id=debt_id)
        return Debt(**row) if row else None

    async def receive(self, debt: Debt, receipt: Mapping[str, Any]) -> None:
        """Keep a receipt.

        Raises:
            Conflict: the receipt's number or id is booked already.
        """
        kept = await self._work.run(
            RECEIVE,
            **receipt,
            debt_id=debt.id,
            provider_id=debt.provider_id,
            area_code=debt.area_code,
            today=self.today,
            sub=self._work.caller.sub,
        )
        if not kept:
            raise receipt_taken()

    async def page(self, after: UUID | None, most: int, *, only_open: bool) -> Sequence[Row]:
        """Claims within the caller's scope."""
        return await self._work.rows(PAGE, after=after, most=most, open=only_open)
