"""Cards in the database: id, holder and a keyed digest of the number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.vouchers.cards.domain import Applicant, NewCard, digest_of, number_of
from services.vouchers.policy.model import VoucherPolicy
from shared.vault import Vault
from shared.work import Work

APPLICANTS = """
SELECT h.person_id, h.area_code, h.died_on IS NOT NULL AS died,
    EXISTS (SELECT 1 FROM cards c WHERE c.person_id = h.person_id AND c.closed_on IS NULL)
        AS has_card
FROM holders h
WHERE h.person_id = ANY(CAST(:people AS uuid[]))
    AND EXISTS (SELECT 1 FROM awards a WHERE a.person_id = h.person_id
        AND a.programme = ANY(CAST(:programmes AS text[])))
"""
OPEN = """
INSERT INTO cards (card_id, person_id, digest, opened_on, area_code)
SELECT c.card_id, c.person_id, c.digest, :opened_on, c.area_code
FROM unnest(CAST(:cards AS uuid[]), CAST(:people AS uuid[]), CAST(:digests AS bytea[]),
    CAST(:areas AS text[])) AS c(card_id, person_id, digest, area_code)
ON CONFLICT DO NOTHING RETURNING card_id
"""
FOUND = """
SELECT card_id, person_id FROM cards
WHERE card_id = ANY(CAST(:cards AS uuid[])) AND closed_on IS NULL
"""
MOVE = """
WITH moved AS (
    UPDATE cards SET area_code = h.area_code FROM holders h
    WHERE cards.person_id = :person_id AND h.person_id = :person_id
    RETURNING cards.card_id, cards.area_code
), tokens AS (
    UPDATE card_tokens t SET area_code = m.area_code FROM moved m WHERE t.card_id = m.card_id
)
UPDATE card_losses l SET area_code = m.area_code FROM moved m WHERE l.card_id = m.card_id
"""


class Cards:
    """Opens cards and finds them; the number is derived, never kept."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def vault(self) -> Vault:
        vault: Vault = self._work.state["vault"]
        return vault

    @property
    def today(self) -> date:
        return self._work.today

    async def applicants(self, people: Sequence[UUID]) -> dict[UUID, Applicant]:
        """Those of the people who hold a voucher award within the caller's area."""
        policy: VoucherPolicy = self._work.state["policy"]
        found = await self._work.rows(
            APPLICANTS, people=list(people), programmes=list(policy.programmes)
        )
        return {row["person_id"]: Applicant(**row) for row in found}

    async def open(self, cards: Sequence[NewCard]) -> set[UUID]:
        """Open cards; returns those that were opened, for one may have lost a race."""
        digests = [digest_of(number_of(card.card_id, self.vault), self.vault) for card in cards]
        made = await self._work.rows(
            OPEN,
            cards=[card.card_id for card in cards],
            people=[card.person_id for card in cards],
            digests=digests,
            areas=[card.area_code for card in cards],
            opened_on=self.today,
        )
        return {row["card_id"] for row in made}

    async def numbers(self, cards: Sequence[UUID]) -> dict[UUID, tuple[UUID, str]]:
        """Holder and number of open cards within the caller's area; an audited disclosure."""
        found = await self._work.rows(FOUND, cards=list(cards))
        shown = {
            row["card_id"]: (row["person_id"], number_of(row["card_id"], self.vault))
            for row in found
        }
        subject = str(cards[0]) if len(cards) == 1 else ""
        self._work.audit("cards.disclosed", subject, count=len(shown))
        return shown

    async def move(self, person_id: UUID) -> None:
        """Let a card follow its holder to another street."""
        await self._work.run(MOVE, person_id=person_id)
