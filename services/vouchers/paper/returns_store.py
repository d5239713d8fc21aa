"""Paper after the holder's hand: reported lost, counted back in, destroyed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.vouchers.paper.destruction import Destruction, Stack
from services.vouchers.paper.recollection import Known
from services.vouchers.paper.store import Paper, id_taken
from shared.jsonb import jsonb

FOUND = """
SELECT s.digest, s.id, s.state, s.amount_fen, r.provider_id
FROM paper_serials s LEFT JOIN redemptions r ON r.id = s.redemption_id
WHERE s.digest = ANY(CAST(:digests AS bytea[])) ORDER BY s.id FOR UPDATE OF s
"""
OF_MONTH = """
SELECT s.digest, s.id, s.state, s.amount_fen, CAST(NULL AS text) AS provider_id
FROM paper_months m JOIN paper_serials s ON s.account_id = m.account_id
WHERE m.person_id = :person_id AND m.month_on = :month_on AND s.state = 'handed_out'
ORDER BY s.id FOR UPDATE OF s
"""
BLOCK = """
UPDATE paper_serials SET state = 'lost', state_on = :today, state_by = :sub, state_cause = :cause
WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'handed_out'
"""
PROVIDER = "SELECT EXISTS (SELECT 1 FROM provider_standings WHERE provider_id = :provider_id)"
RECOLLECT = """
INSERT INTO recollections (id, provider_id, area_code, counted, serials, amount_fen, refused,
    made_on, made_by)
VALUES (:id, :provider_id, :area_code, CAST(:counted AS jsonb), :serials, :amount_fen, :refused,
    :today, :sub)
ON CONFLICT DO NOTHING
"""
TAKE = """
UPDATE paper_serials SET state = 'recollected', state_on = :today, state_by = :sub,
    state_cause = :id, recollection_id = :id
WHERE id = ANY(CAST(:ids AS uuid[])) AND state = 'used'
"""
MISSING = """
SELECT s.amount_fen, count(*) AS serials, min(r.redeemed_on) AS since_on
FROM paper_serials s JOIN redemptions r ON r.id = s.redemption_id
WHERE s.state = 'used' AND r.provider_id = :provider_id
GROUP BY s.amount_fen ORDER BY s.amount_fen DESC
"""
RECOLLECTIONS = """
SELECT id AS recollection_id, provider_id, CAST(counted AS text) AS counted, serials, amount_fen,
    refused, made_on, made_by
FROM recollections WHERE CAST(:after AS uuid) IS NULL OR id > :after ORDER BY id LIMIT :most
"""
# What may go: settled paper, and paper that lapsed or became void before anybody had it in hand.
STACK = """
SELECT s.id, s.digest, s.amount_fen FROM paper_serials s
    JOIN paper_months m ON m.account_id = s.account_id
WHERE s.destruction_id IS NULL AND m.month_on <= :until_month_on AND (s.state = 'settled'
    OR (s.state IN ('expired', 'void') AND m.handed_on IS NULL))
ORDER BY s.id LIMIT :most FOR UPDATE OF s
"""
PROPOSE = """
INSERT INTO destructions (id, area_code, serials, amount_fen, digest, made_on, made_by)
VALUES (:id, :area_code, :serials, :amount_fen, :digest, :today, :sub)
ON CONFLICT DO NOTHING
"""
TIE = "UPDATE paper_serials SET destruction_id = :id WHERE id = ANY(CAST(:ids AS uuid[]))"
DESTRUCTION = """
SELECT id, serials, amount_fen, digest, made_on, made_by, signed_on, signed_by
FROM destructions WHERE id = :id FOR UPDATE
"""
DESTRUCTIONS = """
SELECT id AS destruction_id, serials, amount_fen, made_on, made_by, signed_on, signed_by
FROM destructions WHERE CAST(:after AS uuid) IS NULL OR id > :after ORDER BY id LIMIT :most
"""
SIGN = "UPDATE destructions SET signed_on = :today, signed_by = :sub WHERE id = :id"
DESTROY = """
UPDATE paper_serials SET state = 'destroyed', state_on = :today, state_by = :sub, state_cause = :id
WHERE destruction_id = :id AND state IN ('settled', 'expired', 'void')
"""
TIED = """
SELECT s.id, s.amount_fen, m.month_on,
    coalesce((SELECT e.before FROM paper_events e
        WHERE e.serial_id = s.id AND e.state = 'destroyed'), s.state) AS ended
FROM paper_serials s JOIN paper_months m ON m.account_id = s.account_id
WHERE s.destruction_id = :id ORDER BY s.amount_fen DESC, s.id LIMIT :most
"""
TIED_DIGESTS = "SELECT digest FROM paper_serials WHERE destruction_id = :id ORDER BY id"


class Returns(Paper):
    """The paper side of the books, from the holders' hands to its end."""

    async def found(self, digests: Sequence[bytes]) -> dict[bytes, Known]:
        """Serials within the caller's area, locked until the end of the work."""
        return _known(await self._work.rows(FOUND, digests=list(digests)))

    async def of_month(self, person_id: UUID, month_on: date) -> list[Known]:
        """What a holder still has in hand of a month, locked."""
        found = await self._work.rows(OF_MONTH, person_id=person_id, month_on=month_on)
        return list(_known(found).values())

    async def block(self, act_id: UUID, lost: Sequence[Known]) -> int:
        """Stop reported serials; returns how many."""
        return await self._work.run(
            BLOCK, ids=[note.id for note in lost], cause=act_id, **self._stamp
        )

    async def has_provider(self, provider_id: UUID) -> bool:
        """Whether a provider was ever admitted."""
        return bool(await self._work.value(PROVIDER, provider_id=str(provider_id)))

    async def recollect(
        self,
        act_id: UUID,
        provider_id: UUID,
        counted: Mapping[int, int],
        taken: Sequence[Known],
        refused: int,
    ) -> None:
        """Keep a count and take its serials in.

        Raises:
            Conflict: the id is taken.
        """
        made = await self._work.run(
            RECOLLECT,
            id=act_id,
            provider_id=str(provider_id),
            area_code=self.policy.district,
            counted=jsonb({str(fen): many for fen, many in counted.items()}),
            serials=len(taken),
            amount_fen=sum(note.amount_fen for note in taken),
            refused=refused,
            **self._stamp,
        )
        if not made:
            raise id_taken()
        await self._work.run(TAKE, id=act_id, ids=[note.id for note in taken], **self._stamp)

    async def missing(self, provider_id: UUID) -> Sequence[Mapping[str, Any]]:
        """What a provider took and has not brought back, by denomination."""
        return await self._work.rows(MISSING, provider_id=str(provider_id))

    async def recollections(self, after: UUID | None, most: int) -> Sequence[Mapping[str, Any]]:
        """Counts within the caller's scope."""
        return await self._work.rows(RECOLLECTIONS, after=after, most=most)

    async def stack(self, until_month_on: date, most: int) -> list[Stack]:
        """What may be destroyed, locked until the end of the work."""
        found = await self._work.rows(STACK, until_month_on=until_month_on, most=most)
        return [Stack(**row) for row in found]

    async def propose(self, act_id: UUID, stack: Sequence[Stack], digest: bytes) -> None:
        """Keep the first person's act; nothing is destroyed yet.

        Raises:
            Conflict: the id is taken.
        """
        made = await self._work.run(
            PROPOSE,
            id=act_id,
            area_code=self.policy.district,
            serials=len(stack),
            amount_fen=sum(one.amount_fen for one in stack),
            digest=digest,
            **self._stamp,
        )
        if not made:
            raise id_taken()
        await self._work.run(TIE, id=act_id, ids=[one.id for one in stack])

    async def destruction(self, act_id: UUID) -> Destruction | None:
        """An act, locked until the end of the work."""
        row = await self._work.row(DESTRUCTION, id=act_id)
        return Destruction(**row) if row else None

    async def destructions(self, after: UUID | None, most: int) -> Sequence[Mapping[str, Any]]:
        """Acts of destruction."""
        return await self._work.rows(DESTRUCTIONS, after=after, most=most)

    async def sign(self, act_id: UUID) -> int:
        """The second person's signature: the serials are destroyed; returns how many."""
        await self._work.run(SIGN, id=act_id, **self._stamp)
        return await self._work.run(DESTROY, id=act_id, **self._stamp)

    async def tied(self, act_id: UUID, most: int) -> Sequence[Mapping[str, Any]]:
        """The serials of an act, with how each ended."""
        return await self._work.rows(TIED, id=act_id, most=most)

    async def digests(self, act_id: UUID) -> list[bytes]:
        """The digests of an act's serials, in their order."""
        return [bytes(row["digest"]) for row in await self._work.rows(TIED_DIGESTS, id=act_id)]

    def read(self, act: str, subject: UUID, count: int) -> None:
        """Note a disclosure."""
        self._work.audit(act, str(subject), count=count)


def _known(rows: Sequence[Mapping[str, Any]]) -> dict[bytes, Known]:
    return {
        bytes(row["digest"]): Known(row["id"], row["state"], row["amount_fen"], row["provider_id"])
        for row in rows
    }
