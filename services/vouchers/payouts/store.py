"""What is to be paid for claims, devices, rewards, training: ordered once, paid by the bank."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from services.vouchers.funds.store import Funds
from shared.work import Row

Kind = Literal["claim", "device", "reward", "training"]
ORDER = """
INSERT INTO payouts (id, kind, area_code, person_id, agency, amount_fen, ordered_on, due_from_on)
VALUES (:id, :kind, :area_code, :person_id, :agency, :amount_fen, :today, :due_from_on)
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
        """Order a payment; it has the id of what it is made for and goes with the next batch."""
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

    async def payouts(
        self, after: UUID | None, most: int, kind: Kind | None, *, unpaid: bool
    ) -> Sequence[Row]:
        """Payouts within the caller's scope."""
        return await self._work.rows(PAGE, after=after, most=most, kind=kind, unpaid=unpaid)
