"""QR codes of cards: each newly made one ends the one before; only a digest is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from services.vouchers.cards.domain import token_digest_of, token_of
from services.vouchers.cards.store import Cards
from services.vouchers.policy.model import VoucherPolicy

LOCK = """
SELECT c.card_id, c.area_code, c.lost_on,
    coalesce((SELECT max(t.nth) FROM card_tokens t WHERE t.card_id = c.card_id), 0) AS nth
FROM cards c WHERE c.card_id = :card_id AND c.closed_on IS NULL FOR NO KEY UPDATE OF c
"""
CLOSE = """
UPDATE card_tokens SET closed_on = :today WHERE card_id = :card_id AND closed_on IS NULL
"""
MINT = """
INSERT INTO card_tokens (card_id, nth, digest, minted_on, valid_until_on, area_code)
VALUES (:card_id, :nth, :digest, :today, :valid_until_on, :area_code)
"""
OPEN = """
SELECT t.card_id, c.person_id, t.nth, t.valid_until_on
FROM card_tokens t JOIN cards c USING (card_id)
WHERE t.card_id = :card_id AND t.closed_on IS NULL AND c.closed_on IS NULL
"""


@dataclass(frozen=True, slots=True)
class Minted:
    """A card's newest QR code, without what it says."""

    card_id: UUID
    valid_until_on: date


@dataclass(frozen=True, slots=True)
class ShownToken:
    """What a card's QR code says, to be shown or printed."""

    card_id: UUID
    person_id: UUID
    valid_until_on: date
    token: str


class Tokens(Cards):
    """Makes and shows the QR codes of cards."""

    async def mint(self, card_id: UUID) -> Minted | None:
        """Make a new code, which ends the one before; none for a closed or lost card."""
        # Once to wait for another maker, and again to see the number that it took.
        await self._work.rows(LOCK, card_id=card_id)
        card = await self._work.row(LOCK, card_id=card_id)
        if card is None or card["lost_on"] is not None:
            return None
        policy: VoucherPolicy = self._work.state["policy"]
        until = self.today + timedelta(days=policy.qr_token_days.on(self.today))
        await self._work.run(CLOSE, card_id=card_id, today=self.today)
        token = token_of(card_id, card["nth"] + 1, self.vault)
        await self._work.run(
            MINT,
            card_id=card_id,
            nth=card["nth"] + 1,
            digest=token_digest_of(token, self.vault),
            today=self.today,
            valid_until_on=until,
            area_code=card["area_code"],
        )
        return Minted(card_id, until)

    async def show(self, card_id: UUID) -> ShownToken | None:
        """What the newest code of an open card says; an audited disclosure."""
        row = await self._work.row(OPEN, card_id=card_id)
        self._work.audit("qr_codes.disclosed", str(card_id), count=1 if row else 0)
        if row is None:
            return None
        token = token_of(card_id, row["nth"], self.vault)
        return ShownToken(card_id, row["person_id"], row["valid_until_on"], token)
