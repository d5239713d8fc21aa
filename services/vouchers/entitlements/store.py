"""A mirror of the awards that are no voucher money, with their ends."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from services.vouchers.accounts.store import Accounts
from shared.contracts.eligibility import AwardEnded, AwardGranted
from shared.errors import NotFound
from shared.work import Row

GRANT = """
INSERT INTO entitlements (award_id, person_id, application_id, programme, area_code, starts_on)
VALUES (:award_id, :person_id, :application_id, :programme, :area_code, :starts_on)
ON CONFLICT (award_id) DO NOTHING
"""
END = """
UPDATE entitlements SET ended_on = :ended_on WHERE award_id = :award_id AND ended_on IS NULL
"""
MOVE = "UPDATE entitlements SET area_code = :area_code WHERE person_id = :person_id"
LOAD = """
SELECT e.award_id, e.person_id, e.application_id, e.programme, e.area_code, e.starts_on,
    e.ended_on, h.died_on
FROM entitlements e JOIN holders h ON h.person_id = e.person_id
WHERE e.award_id = :award_id AND e.programme = :programme FOR NO KEY UPDATE OF e
"""


class Entitlements(Accounts):
    """Awards that entitle to other money than vouchers."""

    async def entitle(self, letter: AwardGranted) -> None:
        """Keep an award."""
        assert letter.person_id is not None
        holder = await self.note(letter.person_id, letter.area_code, award=True)
        await self._work.run(
            GRANT,
            award_id=letter.award_id,
            person_id=letter.person_id,
            application_id=letter.application_id,
            programme=letter.programme,
            area_code=holder.area_code,
            starts_on=letter.starts_on,
        )

    async def disentitle(self, letter: AwardEnded) -> None:
        """Keep an award's end."""
        assert letter.person_id is not None
        await self.note(letter.person_id, letter.area_code)
        await self._work.run(END, award_id=letter.award_id, ended_on=letter.ended_on)

    async def follow(self, person_id: UUID, area_code: str | None, moved_at: Any) -> None:
        """Let the new street see the award."""
        holder = await self.note(person_id, area_code, moved_at=moved_at)
        await self._work.run(MOVE, person_id=person_id, area_code=holder.area_code)

    async def entitlement(self, award_id: UUID, programme: str) -> Row:
        """An award of a programme, locked until the end of the work.

        Raises:
            NotFound: there is none in the caller's area.
        """
        found = await self._work.row(LOAD, award_id=award_id, programme=programme)
        if found is None:
            raise NotFound(
                "no_such_award",
                "本辖区没有此项待遇；请核对待遇编号",
                "no such award in your area; check the award's id",
            )
        return found
