"""Refunds in the database: a reversal of the redemption's postings, never a change of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from services.vouchers.ledger.store import Books
from services.vouchers.redemptions.refunds import Booked, Part, Returned
from shared.work import Row

LOAD = "SELECT * FROM refund_of(:id, :redemption_id)"
BOOK = """
SELECT book_refund(:id, :redemption_id, CAST(:amount_fen AS bigint), :reason, :today, :sub,
    CAST(:accounts AS uuid[]), CAST(:amounts AS bigint[]), CAST(:ends AS text[]))
"""
PAGE = """
SELECT r.id AS refund_id, r.redemption_id, r.provider_id, r.amount_fen, r.reason, r.refunded_on,
    r.refunded_by
FROM refunds r
WHERE CAST(:after AS uuid) IS NULL OR r.id > :after
ORDER BY r.id LIMIT :most
"""


class Refunds(Books):
    """Gives money back."""

    async def load(self, refund_id: UUID, redemption_id: UUID) -> Booked | None:
        """A redemption within the caller's scope; its holder is locked until the end."""
        row = await self._work.row(LOAD, id=refund_id, redemption_id=redemption_id)
        if row is None:
            return None
        parts = tuple(_part(part) for part in orjson.loads(row["parts"] or "[]"))
        said: dict[str, Any] = {**row, "parts": parts}
        return Booked(**said)

    async def save(
        self, refund_id: UUID, redemption_id: UUID, reason: str, back: Sequence[Returned]
    ) -> None:
        """Book the reversal."""
        await self._work.row(
            BOOK,
            id=refund_id,
            redemption_id=redemption_id,
            amount_fen=sum(one.amount_fen for one in back),
            reason=reason,
            today=self.today,
            sub=self._work.caller.sub,
            accounts=[one.part.account_id for one in back],
            amounts=[one.amount_fen for one in back],
            ends=[one.ends for one in back],
        )

    async def page(self, after: UUID | None, most: int) -> Sequence[Row]:
        """Refunds within the caller's scope."""
        return await self._work.rows(PAGE, after=after, most=most)


def _part(part: Row) -> Part:
    return Part(
        UUID(part["account_id"]),
        date.fromisoformat(part["month_on"]),
        date.fromisoformat(part["valid_until_on"]),
        int(part["left_fen"]),
        bool(part["not_due"]),
    )
