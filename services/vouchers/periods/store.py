"""Accounting months and what was booked in each."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.exc import DBAPIError

from services.vouchers.ledger.store import Books
from services.vouchers.periods.domain import (
    Calendar,
    Period,
    already_asked,
    books_busy,
    unknown_period,
)

LOCK_NOT_AVAILABLE = "55P03"
CALENDAR = """
SELECT (SELECT max(month_on) FROM periods WHERE closed_at IS NOT NULL) AS last_closed_on,
    (SELECT min(occurred_on) FROM postings) AS first_booked_on
"""
ASK = """
INSERT INTO periods (month_on, id, area_code, made_on, made_by)
VALUES (:month_on, :id, :area_code, :today, :sub) ON CONFLICT DO NOTHING
"""
LOAD = "SELECT id, month_on, made_by, signed_by FROM periods WHERE month_on = :month_on"
CLOSE = "SELECT close_period(:month_on, :today, :sub)"
PAGE = """
SELECT month_on, made_on, made_by, signed_on, signed_by, closed_at, closed_at_position,
    CAST(coalesce(totals, period_totals(month_on)) AS text) AS totals
FROM periods WHERE CAST(:before AS date) IS NULL OR month_on < :before
ORDER BY month_on DESC LIMIT :most
"""
# What was booked in a closed month is what was counted when it was closed.
STANDING = """
SELECT count(*), count(*) FILTER (WHERE totals IS DISTINCT FROM period_totals(month_on))
FROM periods WHERE closed_at IS NOT NULL
"""


class Periods(Books):
    """The months of the books."""

    async def calendar(self) -> Calendar:
        """Where the closing of months has got to."""
        row = await self._work.row(CALENDAR)
        assert row is not None
        return Calendar(**row)

    async def ask(self, period_id: UUID, month_on: date) -> None:
        """Keep that a month is to be closed.

        Raises:
            Conflict: somebody asked before.
        """
        made = await self._work.run(
            ASK,
            id=period_id,
            month_on=month_on,
            area_code=self.policy.district,
            today=self.today,
            sub=self._work.caller.sub,
        )
        if not made:
            raise already_asked()

    async def load(self, month_on: date) -> Period:
        """A month whose closing was asked for.

        Raises:
            NotFound: nobody did.
        """
        row = await self._work.row(LOAD, month_on=month_on)
        if row is None:
            raise unknown_period()
        return Period(**row)

    async def close(self, period: Period) -> int:
        """Close the month at the journal's newest position; writers wait until it is committed.

        Raises:
            Conflict: they did not come to an end in time.
        """
        try:
            position: int = await self._work.value(
                CLOSE, month_on=period.month_on, today=self.today, sub=self._work.caller.sub
            )
        except DBAPIError as trouble:
            if getattr(trouble.orig, "sqlstate", "") == LOCK_NOT_AVAILABLE:
                raise books_busy() from None
            raise
        return position

    async def page(self, before: date | None, most: int) -> list[dict[str, Any]]:
        """Months, newest first, with what was booked in each."""
        found = await self._work.rows(PAGE, before=before, most=most)
        return [{**row, "totals": orjson.loads(row["totals"])} for row in found]
