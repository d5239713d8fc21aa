"""A statement's head, sums and lines, read for the provider, the finance office and the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.vouchers.ledger.store import Books
from services.vouchers.settlement.statement import Cut, Entry, Head

HEAD = """
SELECT id AS settlement_id, provider_id, month_on, redemptions, amount_fen, deductions,
    deducted_fen, final, made_on, objections_until_on, confirmed_on, void_on
FROM settlements WHERE id = :id
"""
LINES = """
WITH lines AS (
    SELECT r.id AS line_id, 'redemption' AS kind, r.redeemed_on AS occurred_on, r.outlet_id,
        r.item_code, r.amount_fen
    FROM redemptions r WHERE r.settlement_id = :id
    UNION ALL
    SELECT d.source_id, d.kind, d.occurred_on, r.outlet_id, r.item_code, -d.amount_fen
    FROM settlement_deductions d LEFT JOIN redemptions r ON r.id = d.redemption_id
    WHERE d.settlement_id = :id AND d.out_on IS NULL
)
"""
ENTRIES = (
    LINES
    + """
SELECT l.line_id, l.kind, l.occurred_on, l.outlet_id, coalesce(l.item_code, '') AS item_code,
    coalesce(i.category, '') AS category, l.amount_fen
FROM lines l LEFT JOIN items i ON i.item_code = l.item_code
WHERE CAST(:day AS date) IS NULL OR (l.occurred_on, l.line_id) > (CAST(:day AS date), :after)
ORDER BY l.occurred_on, l.line_id LIMIT :most
"""
)
CUTS = (
    LINES
    + """
, booked AS (
    SELECT l.outlet_id, l.item_code, p.fund, p.amount_fen
    FROM lines l JOIN postings p ON p.cause = l.line_id AND p.act = 'redeem'
        AND p.account_kind = 'provider_payable'
    WHERE l.kind = 'redemption'
    UNION ALL
    SELECT l.outlet_id, l.item_code, p.fund, p.amount_fen
    FROM lines l JOIN postings p ON p.set_id = l.line_id AND p.account_kind = 'provider_payable'
    WHERE l.kind <> 'redemption'
)
SELECT b.outlet_id, coalesce(i.category, '') AS category, b.fund,
    CAST(coalesce(sum(b.amount_fen) FILTER (WHERE b.amount_fen > 0), 0) AS bigint) AS redeemed_fen,
    CAST(coalesce(-sum(b.amount_fen) FILTER (WHERE b.amount_fen < 0), 0) AS bigint)
        AS deducted_fen,
    CAST(sum(b.amount_fen) AS bigint) AS amount_fen
FROM booked b LEFT JOIN items i ON i.item_code = b.item_code
GROUP BY b.outlet_id, coalesce(i.category, ''), b.fund
ORDER BY b.outlet_id, 2, b.fund
"""
)


class Statements(Books):
    """Reads one statement."""

    async def head(self, settlement_id: UUID) -> Head | None:
        row = await self._work.row(HEAD, id=settlement_id)
        return Head(**row) if row else None

    async def cuts(self, settlement_id: UUID) -> list[Cut]:
        """Sums by outlet, category and fund, from the postings."""
        return [Cut(**row) for row in await self._work.rows(CUTS, id=settlement_id)]

    async def entries(
        self, settlement_id: UUID, after: tuple[date | None, UUID | None], most: int | None
    ) -> Sequence[Entry]:
        """Lines by day; `most` of them, or all."""
        found = await self._work.rows(
            ENTRIES, id=settlement_id, day=after[0], after=after[1], most=most
        )
        return [Entry(**row) for row in found]

    def read(self, act: str, settlement_id: UUID) -> None:
        """Write down that a statement was taken out as a file."""
        self._work.audit(act, str(settlement_id))
