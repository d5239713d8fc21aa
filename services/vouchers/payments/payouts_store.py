"""What the bank said of payouts: a claim, device, reward or training is paid when it says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.vouchers.ledger.store import Books

# The order's id is the payment's number; a bank that pays early pays on the day it was due.
SET = """
UPDATE payouts p SET paid_on = greatest({day}, p.due_from_on), paid_by = :sub,
    payment_no = CAST(o.id AS text)
"""
ANSWERED = (
    SET.format(day="l.answered_on")
    + """
FROM bank_answer_lines l JOIN payment_orders o ON o.id = l.order_id
WHERE l.answer_id = :answer_id AND l.result IN ('matched', 'late') AND p.id = o.payout_id
"""
)
RESOLVED = (
    SET.format(day="CAST(:paid_on AS date)")
    + """
FROM payment_orders o WHERE o.id = :order_id AND p.id = o.payout_id
"""
)
CAME_BACK = """
UPDATE payouts p SET paid_on = NULL, paid_by = NULL, payment_no = NULL
FROM payment_orders o
WHERE o.id = ANY(CAST(:orders AS uuid[])) AND p.id = o.payout_id
    AND p.payment_no = CAST(o.id AS text)
"""


class PaidOut(Books):
    """Payouts as the bank leaves them; their money was charged to its book when approved."""

    async def answered(self, answer_id: UUID) -> None:
        """Mark what an answer says was paid."""
        await self._work.run(ANSWERED, answer_id=answer_id, sub=self._sub)

    async def resolved(self, order_id: UUID, paid_on: date) -> None:
        """Mark what two people say was paid."""
        await self._work.run(RESOLVED, order_id=order_id, paid_on=paid_on, sub=self._sub)

    async def came_back(self, orders: Sequence[UUID]) -> None:
        """What came back is to be paid again."""
        await self._work.run(CAME_BACK, orders=list(orders))

    @property
    def _sub(self) -> str:
        return self._work.caller.sub
