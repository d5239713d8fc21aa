"""Finds holders with void months and empties them, a chunk of people at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from services.vouchers.ledger.domain import Emptied
from services.vouchers.ledger.store import Ledger
from services.vouchers.policy.model import VoucherPolicy
from shared.contracts.vouchers import VouchersExpired
from shared.work import Work

VOID = """
SELECT DISTINCT person_id FROM ledger_accounts
WHERE kind = 'holder' AND valid_until_on < :today AND balance_fen > 0
ORDER BY person_id LIMIT :most
"""


class Expiries:
    """One pass of the expiry."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def today(self) -> date:
        return self._work.today

    @property
    def now(self) -> datetime:
        return self._work.now

    async def expire(self, cause: UUID, most: int) -> list[Emptied]:
        """Empty the void months of at most so many people."""
        found = await self._work.rows(VOID, today=self.today, most=most)
        policy: VoucherPolicy = self._work.state["policy"]
        return await Ledger(self._work).empty(
            [row["person_id"] for row in found],
            policy.programmes,
            "expire",
            on=self.today,
            cause=cause,
            valid_before=self.today,
        )

    def tell(self, letters: Sequence[VouchersExpired]) -> None:
        self._work.send(*letters)
