"""Lost cards in the database; the holder's row is locked first, as a till does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.vouchers.cards.domain import NewCard, digest_of, number_of
from services.vouchers.cards.losses import Loss, LossState, OpenCard
from services.vouchers.cards.store import Cards
from services.vouchers.policy.model import VoucherPolicy
from shared.work import Row

LOCK = "SELECT 1 FROM holders WHERE person_id = :person_id FOR NO KEY UPDATE"
OPEN_CARD = """
SELECT card_id, person_id, area_code, lost_on FROM cards
WHERE person_id = :person_id AND closed_on IS NULL
"""
REPORT = """
WITH stopped AS (UPDATE cards SET lost_on = :today WHERE card_id = :card_id)
INSERT INTO card_losses (id, card_id, person_id, area_code, reported_by, reported_on, taken_by,
    write_until_on, written_on, written_by)
VALUES (:id, :card_id, :person_id, :area_code, :reported_by, :today, :sub, :write_until_on,
    CASE WHEN :in_writing THEN CAST(:today AS date) END, CASE WHEN :in_writing THEN :sub END)
"""
WHOSE = "SELECT person_id FROM card_losses WHERE id = :id"
LOAD = """
SELECT l.id, l.card_id, l.person_id, l.area_code, l.written_on, l.ended, h.died_on
FROM card_losses l JOIN holders h USING (person_id) WHERE l.id = :id
"""
CONFIRM = "UPDATE card_losses SET written_on = :today, written_by = :sub WHERE id = :id"
END = """
UPDATE card_losses SET ended = :ended, ended_on = :today, ended_by = :sub,
    new_card_id = CAST(:new_card_id AS uuid) WHERE id = :id
"""
FOUND = "UPDATE cards SET lost_on = NULL WHERE card_id = :card_id"
CLOSE = """
WITH tokens AS (
    UPDATE card_tokens SET closed_on = :today WHERE card_id = :card_id AND closed_on IS NULL
)
UPDATE cards SET closed_on = :today WHERE card_id = :card_id
"""
OPEN = """
INSERT INTO cards (card_id, person_id, digest, opened_on, area_code)
VALUES (:card_id, :person_id, :digest, :today, :area_code)
ON CONFLICT DO NOTHING RETURNING card_id
"""
STATE = """CASE WHEN ended IS NOT NULL THEN ended WHEN written_on IS NOT NULL THEN 'written'
    WHEN write_until_on < :today THEN 'overdue' ELSE 'oral' END"""
PAGE = f"""
SELECT * FROM (
    SELECT id AS loss_id, card_id, person_id, area_code, reported_by, reported_on,
        write_until_on, written_on, ended_on, new_card_id, {STATE} AS state
    FROM card_losses
) l
WHERE (CAST(:after AS uuid) IS NULL OR loss_id > :after)
    AND (CAST(:state AS text) IS NULL OR state = :state)
ORDER BY loss_id LIMIT :most
"""


class Losses(Cards):
    """Stops, frees and replaces cards."""

    @property
    def write_until(self) -> date:
        """The day by which today's oral report is to be put in writing."""
        policy: VoucherPolicy = self._work.state["policy"]
        return self.today + timedelta(days=policy.written_loss_days.on(self.today))

    async def open_card(self, person_id: UUID) -> OpenCard | None:
        """A person's open card, with him locked until the end of the work."""
        await self._work.rows(LOCK, person_id=person_id)
        row = await self._work.row(OPEN_CARD, person_id=person_id)
        return OpenCard(**row) if row else None

    async def report(self, loss_id: UUID, card: OpenCard, by: str, *, in_writing: bool) -> None:
        """Stop a card at once."""
        await self._work.run(
            REPORT,
            **self._stamp(loss_id),
            card_id=card.card_id,
            person_id=card.person_id,
            area_code=card.area_code,
            reported_by=by,
            write_until_on=self.write_until,
            in_writing=in_writing,
        )

    async def load(self, loss_id: UUID) -> Loss | None:
        """A report within the caller's area, its holder locked until the end of the work."""
        person_id = await self._work.value(WHOSE, id=loss_id)
        await self._work.rows(LOCK, person_id=person_id)
        row = await self._work.row(LOAD, id=loss_id)
        return Loss(**row) if row else None

    async def confirm(self, loss: Loss) -> None:
        """The report is in writing now."""
        await self._work.run(CONFIRM, **self._stamp(loss.id))

    async def found(self, loss: Loss) -> None:
        """The card is good again."""
        await self._work.run(FOUND, card_id=loss.card_id)
        await self._work.run(END, **self._stamp(loss.id), ended="found", new_card_id=None)

    async def replace(self, loss: Loss, card_id: UUID) -> bool:
        """Close the lost card and open a new one; tells whether the new id was free."""
        card = NewCard(card_id, loss.person_id, loss.area_code)
        await self._work.run(CLOSE, card_id=loss.card_id, today=self.today)
        opened = await self._work.value(
            OPEN,
            card_id=card.card_id,
            person_id=card.person_id,
            area_code=card.area_code,
            digest=digest_of(number_of(card.card_id, self.vault), self.vault),
            today=self.today,
        )
        await self._work.run(END, **self._stamp(loss.id), ended="replaced", new_card_id=card_id)
        return opened is not None

    async def page(self, state: LossState | None, after: UUID | None, most: int) -> Sequence[Row]:
        """Reports within the caller's area."""
        return await self._work.rows(PAGE, state=state, after=after, most=most, today=self.today)

    def _stamp(self, loss_id: UUID) -> dict[str, Any]:
        return {"id": loss_id, "today": self.today, "sub": self._work.caller.sub}
