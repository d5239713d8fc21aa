"""Holders, awards and their ends, and what each holder has left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.vouchers.accounts.domain import Holder, VoucherAward
from services.vouchers.ledger.domain import EVER, Emptied
from services.vouchers.ledger.store import Books
from shared.caller import district_of
from shared.contracts.eligibility import (
    AwardEnded,
    AwardReclassified,
    AwardResumed,
    AwardSuspended,
)
from shared.contracts.letter import Letter
from shared.errors import NotFound

NOTE = "SELECT * FROM note_holder(:person_id, :area_code, :died_on, :moved_at, :award)"
AWARD = """
INSERT INTO awards (award_id, person_id, application_id, programme, benefit_class, amount_fen,
    starts_on, area_code)
VALUES (:award_id, :person_id, :application_id, :programme, :benefit_class, :amount_fen,
    :starts_on, :area_code)
ON CONFLICT (award_id) DO NOTHING
"""
END = """
INSERT INTO award_ends (award_id, ended_on, reason, area_code)
VALUES (:award_id, :ended_on, :reason, :area_code) ON CONFLICT (award_id) DO NOTHING
"""
SUSPEND = """
INSERT INTO award_pauses (award_id, suspended_on, reason, area_code)
VALUES (:award_id, :suspended_on, :reason, :area_code)
ON CONFLICT (award_id, suspended_on) DO UPDATE SET resumed_on = NULL, reason = excluded.reason
"""
RESUME = """
UPDATE award_pauses SET resumed_on = :resumed_on WHERE award_id = :award_id AND resumed_on IS NULL
"""
RECLASSIFY = """
INSERT INTO award_classes (award_id, starts_on, benefit_class, amount_fen, area_code)
VALUES (:award_id, :starts_on, :benefit_class, :amount_fen, :area_code)
ON CONFLICT (award_id, starts_on) DO UPDATE
SET benefit_class = excluded.benefit_class, amount_fen = excluded.amount_fen
"""
MOVE = """
WITH accounts AS (
    UPDATE ledger_accounts SET area_code = :area_code
    WHERE kind = 'holder' AND person_id = :person_id
)
UPDATE awards SET area_code = :area_code WHERE person_id = :person_id
"""
LIST = """
SELECT h.person_id, h.area_code, h.died_on,
    CAST(coalesce(sum(v.balance_fen), 0) AS bigint) AS balance_fen
FROM (
    SELECT h.* FROM holders h
    WHERE h.area_code LIKE :area AND (CAST(:after AS uuid) IS NULL OR h.person_id > :after)
        AND EXISTS (SELECT 1 FROM awards a WHERE a.person_id = h.person_id)
    ORDER BY h.person_id LIMIT :most
) h LEFT JOIN ledger_accounts v ON v.kind = 'holder' AND v.person_id = h.person_id
GROUP BY h.person_id, h.area_code, h.died_on ORDER BY h.person_id
"""
HOLDER = "SELECT person_id, area_code, died_on FROM holders WHERE person_id = :person_id"
MONTHS = "SELECT * FROM holder_months(:person_id)"


class Accounts(Books):
    """The holders' side of the books."""

    async def note(
        self,
        person_id: UUID,
        area_code: str | None,
        *,
        died_on: date | None = None,
        moved_at: datetime | None = None,
        award: bool = False,
    ) -> Holder:
        """Write down what a letter says of a person, and work in the district of his books."""
        row = await self._work.row(
            NOTE,
            person_id=person_id,
            area_code=area_code or self.policy.district,
            died_on=died_on,
            moved_at=moved_at,
            award=award,
        )
        assert row is not None
        await self._work.rescope(f"{district_of(row['holder_area'])}%")
        return Holder(person_id, row["holder_area"], row["holder_died_on"])

    async def grant(self, award: VoucherAward, holder: Holder, letters: Sequence[Letter]) -> None:
        """Keep an award; one that is known already changes nothing and tells nobody."""
        if await self._work.run(AWARD, area_code=holder.area_code, **asdict(award)):
            self._work.send(*letters)

    async def end(self, letter: AwardEnded, holder: Holder) -> None:
        """Keep an award's end; nothing is issued for later months."""
        await self._work.run(
            END,
            award_id=letter.award_id,
            ended_on=letter.ended_on,
            reason=letter.reason,
            area_code=holder.area_code,
        )

    async def suspend(self, letter: AwardSuspended, holder: Holder) -> None:
        """Nothing is issued for months after the suspension's, until it is resumed (C-52)."""
        await self._work.run(
            SUSPEND,
            award_id=letter.award_id,
            suspended_on=letter.suspended_on,
            reason=letter.reason,
            area_code=holder.area_code,
        )

    async def resume(self, letter: AwardResumed) -> None:
        """Issue again from the month of the day on."""
        await self._work.run(RESUME, award_id=letter.award_id, resumed_on=letter.resumed_on)

    async def reclassify(self, letter: AwardReclassified, holder: Holder) -> None:
        """Issue under another class from a month on."""
        await self._work.run(
            RECLASSIFY,
            award_id=letter.award_id,
            starts_on=letter.starts_on,
            benefit_class=letter.benefit_class,
            amount_fen=letter.monthly_amount_fen,
            area_code=holder.area_code,
        )

    async def move(self, holder: Holder) -> None:
        """Let the new street see the holder's account; its books stay where they were written."""
        await self._work.run(MOVE, person_id=holder.person_id, area_code=holder.area_code)

    async def revoke(
        self, person_id: UUID, programmes: Sequence[str], months_after: date = EVER
    ) -> list[Emptied]:
        """Take back what a person has not spent."""
        cause = self._work.cause.id if self._work.cause else person_id
        return await self._ledger.empty(
            [person_id],
            programmes,
            "revoke",
            on=self._work.today,
            cause=cause,
            months_after=months_after,
        )

    def send(self, letters: Sequence[Letter]) -> None:
        self._work.send(*letters)

    async def page(self, within: str, after: UUID | None, most: int) -> Sequence[Mapping[str, Any]]:
        """Holders of an area with what they have left."""
        return await self._work.rows(LIST, area=f"{within}%", after=after, most=most)

    async def holder(self, person_id: UUID) -> Mapping[str, Any]:
        """One holder.

        Raises:
            NotFound: there is none in the caller's area.
        """
        found = await self._work.row(HOLDER, person_id=person_id)
        if found is None:
            raise NotFound(
                "no_such_holder",
                "本辖区没有此人的券账户；请核对人员编号",
                "no voucher account of this person in your area; check the person id",
            )
        return found

    async def months(self, person_id: UUID) -> Sequence[Mapping[str, Any]]:
        """A holder's vouchers, month by month."""
        return await self._work.rows(MONTHS, person_id=person_id)
