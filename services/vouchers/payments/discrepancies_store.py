"""The worklist of differences, and what their resolution books."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.vouchers.ledger.store import Books
from services.vouchers.payments.discrepancies import Discrepancy, Resolution
from services.vouchers.payments.payouts_store import PaidOut
from services.vouchers.payments.returns_store import Returns
from shared.work import Row

# The payment is locked before the difference, as an import does.
LOCK = """
SELECT o.order_id FROM payments o JOIN discrepancies d ON d.order_id = o.order_id
WHERE d.id = :id FOR UPDATE OF o
"""
LOAD = """
SELECT d.id, d.order_id, d.code, l.answered_on, d.resolution, d.reason, d.first_by, d.second_by,
    d.answered_by, o.paid_on, o.returned_on
FROM discrepancies d LEFT JOIN payments o ON o.order_id = d.order_id
    LEFT JOIN bank_answer_lines l ON l.answer_id = d.answer_id AND l.line = d.line
WHERE d.id = :id FOR UPDATE OF d
"""
FIRST = """
UPDATE discrepancies SET resolution = :resolution, reason = :reason, first_on = :today,
    first_by = :sub
WHERE id = :id
"""
SECOND = "UPDATE discrepancies SET second_on = :today, second_by = :sub WHERE id = :id"
PAID = "UPDATE payments SET paid_on = :paid_on WHERE order_id = :id"
PAGE = """
SELECT d.id AS discrepancy_id, d.batch_id, d.answer_id, d.line, d.order_id, d.code,
    nullif(o.provider_id, '') AS provider_id, o.person_id, o.amount_fen AS ordered_fen,
    l.amount_fen AS answered_fen, l.order_ref,
    d.resolution, d.reason, d.first_on, d.first_by, d.second_on, d.second_by, d.answered_by
FROM discrepancies d LEFT JOIN payments o ON o.order_id = d.order_id
    LEFT JOIN bank_answer_lines l ON l.answer_id = d.answer_id AND l.line = d.line
WHERE (CAST(:after AS uuid) IS NULL OR d.id > :after)
    AND (:all OR (d.second_on IS NULL AND d.answered_by IS NULL))
ORDER BY d.id LIMIT :most
"""


class Discrepancies(Books):
    """What two people have to look at."""

    async def load(self, discrepancy_id: UUID) -> Discrepancy | None:
        """The difference, locked with its order until the end of the work."""
        await self._work.rows(LOCK, id=discrepancy_id)
        row = await self._work.row(LOAD, id=discrepancy_id)
        return Discrepancy(**row) if row else None

    async def resolve(self, one: Discrepancy, resolution: Resolution, reason: str) -> None:
        await self._work.run(
            FIRST,
            id=one.id,
            resolution=resolution,
            reason=reason,
            today=self.today,
            sub=self._work.caller.sub,
        )

    async def confirm(self, one: Discrepancy) -> None:
        """Keep the second word, and end the order as both said."""
        await self._work.run(SECOND, id=one.id, today=self.today, sub=self._work.caller.sub)
        if one.order_id is None or one.resolution == "noted":
            return
        day = one.answered_on or self.today
        if one.resolution == "paid":
            await self._work.run(PAID, id=one.order_id, paid_on=day)
            await PaidOut(self._work).resolved(one.order_id, day)
        else:
            await Returns(self._work).book([(one.order_id, day, one.reason or "")])

    async def page(self, after: UUID | None, most: int, *, resolved: bool) -> Sequence[Row]:
        return await self._work.rows(PAGE, after=after, most=most, all=resolved)
