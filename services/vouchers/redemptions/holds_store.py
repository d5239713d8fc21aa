"""Holds in the database: no postings, but under the same lock as every till."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.vouchers.redemptions.domain import Accepted, Purchase
from services.vouchers.redemptions.holds import Hold
from services.vouchers.redemptions.store import Redemptions
from shared.work import Row

HOLD = """
SELECT book_hold(:id, :card_id, :person_id, :area_code, :provider_id, :outlet_id, :item_code,
    CAST(:amount_fen AS bigint), :expires_on, :today, :sub)
"""
LOAD = "SELECT * FROM hold_of(:id, :provider_id)"
END = "SELECT end_hold(:id, :provider_id, :ended, CAST(:redemption_id AS uuid), :today, :sub)"
PAGE = """
SELECT h.id AS hold_id, h.provider_id, h.outlet_id, h.item_code, h.amount_fen, h.held_on,
    h.expires_on, h.redemption_id,
    CASE WHEN h.ended IS NULL AND h.expires_on < :today THEN 'expired'
        ELSE coalesce(h.ended, 'open') END AS state
FROM holds h
WHERE CAST(:after AS uuid) IS NULL OR h.id > :after
ORDER BY h.id LIMIT :most
"""


class Holds(Redemptions):
    """The tills' side of the books, for money that is held first."""

    async def hold(self, purchase: Purchase, accepted: Accepted, expires_on: date) -> None:
        """Keep a hold; the holder is locked."""
        payer = accepted.payer
        await self._work.row(
            HOLD,
            **self._stamp(purchase),
            card_id=payer.card_id,
            person_id=payer.person_id,
            area_code=payer.area_code,
            expires_on=expires_on,
        )

    async def load(self, hold_id: UUID, provider_id: UUID) -> Hold | None:
        """A provider's hold, with its holder locked until the end of the work."""
        row = await self._work.row(LOAD, id=hold_id, provider_id=str(provider_id))
        return Hold(**row) if row else None

    async def capture(self, hold: Hold, purchase: Purchase, accepted: Accepted) -> None:
        """Book the redemption, end the hold, and tell it."""
        await self.accept(purchase, accepted)
        await self._end(hold, purchase.provider_id, "captured", purchase.id)

    async def void(self, hold: Hold, provider_id: UUID) -> None:
        """End a hold; what was held can be spent again."""
        await self._end(hold, provider_id, "voided", None)

    async def held(self, after: UUID | None, most: int) -> Sequence[Row]:
        """Holds within the caller's scope."""
        return await self._work.rows(PAGE, after=after, most=most, today=self.today)

    async def _end(
        self, hold: Hold, provider_id: UUID, ended: str, redemption_id: UUID | None
    ) -> None:
        values: dict[str, Any] = {"ended": ended, "redemption_id": redemption_id}
        await self._work.row(
            END,
            id=hold.id,
            provider_id=str(provider_id),
            today=self.today,
            sub=self._work.caller.sub,
            **values,
        )
