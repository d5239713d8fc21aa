"""Finds holders with void months and empties them, a chunk of people at a time."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.vouchers.ledger.domain import Emptied
from services.vouchers.ledger.store import Books
from shared.contracts.vouchers import VouchersExpired

VOID = """
SELECT DISTINCT person_id FROM ledger_accounts
WHERE kind = 'holder' AND valid_until_on < :today AND balance_fen > 0
ORDER BY person_id LIMIT :most
"""


class Expiries(Books):
    """One pass of the expiry."""

    async def expire(self, cause: UUID, most: int) -> list[Emptied]:
        """Empty the void months of at most so many people."""
        found = await self._work.rows(VOID, today=self.today, most=most)
        return await self._ledger.empty(
            [row["person_id"] for row in found],
            self.policy.programmes,
            "expire",
            on=self.today,
            cause=cause,
            valid_before=self.today,
        )

    def tell(self, letters: Sequence[VouchersExpired]) -> None:
        self._work.send(*letters)
