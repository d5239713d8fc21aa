"""The list of what looks odd: found by counting, decided by people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from services.vouchers.ledger.store import Books
from services.vouchers.suspicions.domain import Finding, State, check_open
from services.vouchers.suspicions.statements import DECIDE, FIND, LOAD, PAGE
from shared.work import Row


class Suspicions(Books):
    """Looks for patterns, and keeps what is found of them."""

    async def search(self) -> int:
        """Look at what was booked while tills may still report; returns what is new or larger."""
        late = self.policy.late_redemption_days.on(self.today)
        found = await self._work.rows(
            FIND,
            **self.policy.velocity.on(self.today).model_dump(),
            since_on=self.today - timedelta(days=late),
            district=self.policy.district,
            today=self.today,
        )
        return len(found)

    async def page(self, state: State | None, after: UUID | None, most: int) -> Sequence[Row]:
        """Suspicions within the caller's area."""
        return await self._work.rows(PAGE, state=state, after=after, most=most)

    async def decide(self, suspicion_id: UUID, finding: Finding, reason: str) -> None:
        """Keep what a person found.

        Raises:
            NotFound: there is none in the caller's area.
            Conflict: it has been decided.
        """
        row = await self._work.row(LOAD, id=suspicion_id)
        check_open(row is not None, row["finding"] if row else None)
        await self._work.run(
            DECIDE,
            id=suspicion_id,
            finding=finding,
            reason=reason,
            today=self.today,
            sub=self._work.caller.sub,
        )
