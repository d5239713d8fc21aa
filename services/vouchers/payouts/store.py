"""Payment orders for claims, devices, rewards and training: made once, paid once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID

from services.vouchers.funds.store import Funds
from shared.errors import Conflict, NotFound
from shared.work import Row

Kind = Literal["claim", "device", "reward", "training"]
ORDER = """
INSERT INTO payouts (id, kind, area_code, person_id, agency, amount_fen, ordered_on, due_from_on)
VALUES (:id, :kind, :area_code, :person_id, :agency, :amount_fen, :today, :due_from_on)
"""
LOCK = "SELECT id, due_from_on, paid_on, void_on FROM payouts WHERE id = :id FOR UPDATE"
PAID = "SELECT 1 FROM payouts WHERE payment_no = :payment_no"
PAY = """
UPDATE payouts SET paid_on = :paid_on, paid_by = :sub, payment_no = :payment_no WHERE id = :id
"""
PAGE = """
SELECT id AS payout_id, kind, area_code, person_id, nullif(agency, '') AS provider_id, amount_fen,
    ordered_on, due_from_on, paid_on, payment_no, void_on
FROM payouts
WHERE (CAST(:after AS uuid) IS NULL OR id > :after)
    AND (CAST(:kind AS text) IS NULL OR kind = :kind)
    AND (NOT :unpaid OR (paid_on IS NULL AND void_on IS NULL))
ORDER BY id LIMIT :most
"""


class Payouts(Funds):
    """What is to be paid out of the books of subsidies and rewards."""

    async def order(
        self,
        payout_id: UUID,
        kind: Kind,
        amount_fen: int,
        *,
        area_code: str,
        person_id: UUID | None = None,
        agency: str = "",
    ) -> None:
        """Order a payment; it has the id of what it is made for."""
        await self._work.run(
            ORDER,
            id=payout_id,
            kind=kind,
            amount_fen=amount_fen,
            area_code=area_code,
            person_id=person_id,
            agency=agency,
            today=self.today,
            due_from_on=self.today,
        )

    async def paid(self, payout_id: UUID, payment_no: str, paid_on: date) -> None:
        """Keep that the bank has paid an order.

        Raises:
            NotFound: no such order.
            Conflict: paid or void already, not due yet, or the payment's number is taken.
        """
        row = await self._work.row(LOCK, id=payout_id)
        if row is None:
            raise NotFound("no_such_payout", "没有此付款单", "there is no such payment order")
        if row["paid_on"] or row["void_on"]:
            raise Conflict(
                "payout_done", "该付款单已付或已作废", "this order has been paid or is void"
            )
        if paid_on < row["due_from_on"]:
            raise Conflict(
                "not_due_yet",
                f"退货期未满，{row['due_from_on']} 起方可付款",
                f"can still be returned; to be paid from {row['due_from_on']} on",
            )
        if await self._work.value(PAID, payment_no=payment_no):
            raise Conflict(
                "payment_taken", "该支付号已登记", "this payment's number is booked already"
            )
        await self._work.run(
            PAY, id=payout_id, paid_on=paid_on, sub=self._work.caller.sub, payment_no=payment_no
        )

    async def payouts(
        self, after: UUID | None, most: int, kind: Kind | None, *, unpaid: bool
    ) -> Sequence[Row]:
        """Payment orders within the caller's scope."""
        return await self._work.rows(PAGE, after=after, most=most, kind=kind, unpaid=unpaid)
