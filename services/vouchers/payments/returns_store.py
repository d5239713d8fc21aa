"""Payments that came back: what was settled is payable again, in sets that mirror the first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.vouchers.ledger.store import Books
from services.vouchers.payments.payouts_store import PaidOut

# The set of an approved statement carries the statement's id.
BOOK = """
WITH came AS MATERIALIZED (
    SELECT o.id, o.settlement_id, r.returned_on, r.reason, uuidv7() AS set_id
    FROM unnest(CAST(:orders AS uuid[]), CAST(:days AS date[]), CAST(:reasons AS text[]))
            AS r(order_id, returned_on, reason)
        JOIN payments y ON y.order_id = r.order_id AND y.returned_on IS NULL
        JOIN payment_orders o ON o.id = y.order_id
), marked AS (
    UPDATE payments y SET returned_on = c.returned_on, return_reason = c.reason, paid_on = NULL
    FROM came c WHERE y.order_id = c.id
)
INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
    month_on, benefit_class, agency, occurred_on, cause)
SELECT c.set_id, 'unsettle', p.account_id, p.account_kind, -p.amount_fen, p.fund, p.street_code,
    p.month_on, p.benefit_class, p.agency, :today, c.settlement_id
FROM came c JOIN postings p ON p.set_id = c.settlement_id
"""


class Returns(Books):
    """Unsettles statements whose payment the bank gave back."""

    async def book(self, returned: Sequence[tuple[UUID, date, str]]) -> None:
        """Mark orders (order, day, reason) as returned and book each of them back.

        A statement is payable again; a payout waits to be paid again.
        """
        if returned:
            await PaidOut(self._work).came_back([order for order, _, _ in returned])
            await self._work.run(
                BOOK,
                orders=[order for order, _, _ in returned],
                days=[day for _, day, _ in returned],
                reasons=[reason for _, _, reason in returned],
                today=self.today,
            )
