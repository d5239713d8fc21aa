"""Paper at a till in the database: read and locked by its digests, spent by them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.vouchers.paper.presenting import PaperHand, PaperNote
from shared.work import Work

HAND = "SELECT * FROM paper_hand(CAST(:digests AS bytea[]), :provider_id)"
SPEND = "SELECT spend_paper(CAST(:digests AS bytea[]), :redemption_id, :provider_id, :day, :sub)"
HOLDER = ("area_code", "died_on")


class PaperAtTill:
    """What a till may do with the paper that it has in hand, and nothing else."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def present(self, digests: Sequence[bytes], provider_id: UUID) -> PaperHand:
        """The shown vouchers; their holders and they are locked until the end of the work."""
        found = await self._work.rows(HAND, digests=list(digests), provider_id=str(provider_id))
        notes = tuple(
            PaperNote(**{name: value for name, value in row.items() if name not in HOLDER})
            for row in found
        )
        if len({note.person_id for note in notes}) != 1:
            return PaperHand(notes)
        whose = found[0]
        return PaperHand(notes, whose["person_id"], whose["area_code"], whose["died_on"])

    async def spend(
        self, digests: Sequence[bytes], redemption_id: UUID, provider_id: UUID, on: date
    ) -> None:
        """Mark the vouchers as used by a redemption that is booked in the same work."""
        await self._work.row(
            SPEND,
            digests=list(digests),
            redemption_id=redemption_id,
            provider_id=str(provider_id),
            day=on,
            sub=self._work.caller.sub,
        )
