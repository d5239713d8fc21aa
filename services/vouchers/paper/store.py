"""Choices of a scheme, and the paper of a community and month from its making to the holders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from services.vouchers.ledger.store import LOCK, Books
from services.vouchers.paper.domain import (
    Batch,
    Bundle,
    Choice,
    Chooser,
    Handover,
    Unprinted,
    serial_id,
)
from services.vouchers.paper.serials import digest_of, serial_of
from shared.errors import Conflict
from shared.jsonb import jsonb
from shared.vault import Vault
from shared.work import Row

CHOOSER = """
SELECT h.area_code, h.died_on IS NOT NULL AS died, a.amount_fen
FROM holders h JOIN awards a ON a.person_id = h.person_id AND a.programme = :programme
WHERE h.person_id = :person_id ORDER BY a.starts_on DESC, a.award_id LIMIT 1
"""
ISSUED = """
SELECT EXISTS (SELECT 1 FROM ledger_accounts a WHERE a.kind = 'holder'
    AND a.programme = :programme AND a.month_on >= :from_month_on
    AND (CAST(:person_id AS uuid) IS NULL OR a.person_id = :person_id))
"""
CHOOSE = """
INSERT INTO scheme_choices (id, person_id, programme, from_month_on, scheme, split, area_code,
    chosen_on, chosen_by)
VALUES (:id, :person_id, :programme, :from_month_on, :scheme, CAST(:split AS jsonb), :area_code,
    :today, :sub)
ON CONFLICT DO NOTHING
"""
# One batch at a time, so that a month is printed once.
TURN = "SELECT pg_advisory_xact_lock(hashtext('vouchers.paper'))"
WAITING = """
SELECT a.id AS account_id, a.person_id, a.area_code, a.valid_until_on, a.balance_fen AS amount_fen,
    (SELECT CAST(c.split AS text) FROM scheme_choices c
        WHERE c.person_id = a.person_id AND c.programme = a.programme
            AND c.from_month_on <= a.month_on
        ORDER BY c.from_month_on DESC, c.nth DESC LIMIT 1) AS wish
FROM ledger_accounts a
WHERE a.kind = 'holder' AND a.scheme = 'paper' AND a.programme = :programme
    AND a.month_on = :month_on AND a.area_code = :area_code AND a.balance_fen > 0
    AND NOT EXISTS (SELECT 1 FROM paper_months m WHERE m.account_id = a.id)
ORDER BY a.person_id
"""
MAKE = """
WITH batch AS (
    INSERT INTO paper_batches (id, programme, month_on, area_code, people, serials, amount_fen,
        made_on, made_by)
    VALUES (:id, :programme, :month_on, :area_code, :people, :serials, :amount_fen, :today, :sub)
)
INSERT INTO paper_months (account_id, batch_id, bundle, person_id, month_on, valid_until_on,
    amount_fen, area_code)
SELECT m.account_id, :id, m.bundle, m.person_id, :month_on, m.valid_until_on, m.amount_fen,
    :area_code
FROM unnest(CAST(:accounts AS uuid[]), CAST(:people_ids AS uuid[]), CAST(:untils AS date[]),
    CAST(:amounts AS bigint[])) WITH ORDINALITY
    AS m(account_id, person_id, valid_until_on, amount_fen, bundle)
"""
SERIALS = """
INSERT INTO paper_serials (id, account_id, digest, amount_fen, area_code, state_on, state_by,
    state_cause)
SELECT s.id, s.account_id, s.digest, s.amount_fen, :area_code, :today, :sub, :id
FROM unnest(CAST(:serial_ids AS uuid[]), CAST(:serial_accounts AS uuid[]),
    CAST(:digests AS bytea[]), CAST(:serial_amounts AS bigint[]))
    AS s(id, account_id, digest, amount_fen)
"""
BATCH = """
SELECT id, area_code, month_on, dispatched_by, received_by FROM paper_batches
WHERE id = :id FOR UPDATE
"""
STEP = "UPDATE paper_batches SET {step}_on = :today, {step}_by = :sub WHERE id = :id"
BATCHES = """
SELECT id AS batch_id, programme, month_on, area_code, people, serials, amount_fen, made_on,
    made_by, dispatched_on, dispatched_by, received_on, received_by
FROM paper_batches WHERE CAST(:after AS uuid) IS NULL OR id > :after ORDER BY id LIMIT :most
"""
BUNDLES = """
SELECT m.account_id, m.bundle, m.person_id, m.amount_fen, m.handed_on, m.agent_id,
    (SELECT CAST(jsonb_object_agg(state, n) AS text) FROM (
        SELECT s.state, count(*) AS n FROM paper_serials s WHERE s.account_id = m.account_id
        GROUP BY s.state) c) AS states
FROM paper_months m
WHERE m.batch_id = :id AND m.bundle > :after ORDER BY m.bundle LIMIT :most
"""
TO_PRINT = """
SELECT s.id, s.amount_fen, m.bundle, m.month_on, m.valid_until_on
FROM paper_months m JOIN paper_serials s ON s.account_id = m.account_id
WHERE m.batch_id = :id AND s.state = 'generated' AND m.bundle BETWEEN :first AND :last
ORDER BY m.bundle, s.amount_fen DESC, s.id
"""
AGENTS = """
SELECT id, person_id FROM agents
WHERE id = ANY(CAST(:agents AS uuid[])) AND ended_on IS NULL
    AND CAST(:today AS date) BETWEEN from_on AND until_on
"""
PEOPLE = """
SELECT DISTINCT person_id FROM paper_months WHERE account_id = ANY(CAST(:accounts AS uuid[]))
"""
LOAD = """
SELECT m.account_id, m.batch_id, m.person_id, b.received_on IS NOT NULL AS received,
    m.handed_on IS NOT NULL AS handed, h.died_on IS NOT NULL AS died, m.valid_until_on,
    (SELECT count(*) FROM paper_serials s
        WHERE s.account_id = m.account_id AND s.state = 'generated') AS generated
FROM paper_months m JOIN paper_batches b ON b.id = m.batch_id
    LEFT JOIN holders h ON h.person_id = m.person_id
WHERE m.account_id = ANY(CAST(:accounts AS uuid[])) ORDER BY m.account_id FOR UPDATE OF m
"""
HAND = """
WITH handed AS (
    UPDATE paper_months m SET handed_on = :today, handed_by = :sub, agent_id = l.agent_id
    FROM unnest(CAST(:accounts AS uuid[]), CAST(:agents AS uuid[])) AS l(account_id, agent_id)
    WHERE m.account_id = l.account_id RETURNING m.account_id
)
UPDATE paper_serials s SET state = 'handed_out', state_on = :today, state_by = :sub,
    state_cause = :cause
FROM handed WHERE s.account_id = handed.account_id AND s.state = 'generated'
"""


class Paper(Books):
    """The paper side of the books, up to the holders' hands."""

    @property
    def vault(self) -> Vault:
        vault: Vault = self._work.state["vault"]
        return vault

    async def chooser(self, person_id: UUID, programme: str) -> Chooser | None:
        """A holder within the caller's area."""
        row = await self._work.row(CHOOSER, person_id=person_id, programme=programme)
        return Chooser(**row) if row else None

    async def issued(self, choice: Choice) -> bool:
        """Whether a month from the choice's first one on is issued already."""
        return bool(
            await self._work.value(
                ISSUED,
                programme=choice.programme,
                person_id=choice.person_id,
                from_month_on=choice.from_month_on,
            )
        )

    async def choose(self, choice: Choice, area_code: str) -> None:
        """Keep a choice; the latest of a month counts."""
        made = await self._work.run(
            CHOOSE,
            id=choice.id,
            person_id=choice.person_id,
            programme=choice.programme,
            from_month_on=choice.from_month_on,
            scheme=choice.scheme,
            split=jsonb({str(fen): many for fen, many in choice.split.items()})
            if choice.split
            else None,
            area_code=area_code,
            **self._stamp,
        )
        if not made:
            raise id_taken()

    async def waiting(self, programme: str, month_on: date, area_code: str) -> list[Unprinted]:
        """A community's months on paper without serials; their holders are locked."""
        asked = {"programme": programme, "month_on": month_on, "area_code": area_code}
        await self._work.row(TURN)
        found = await self._work.rows(WAITING, **asked)
        await self._work.rows(LOCK, people=[row["person_id"] for row in found])
        return [_unprinted(row) for row in await self._work.rows(WAITING, **asked)]

    async def make(
        self,
        batch_id: UUID,
        programme: str,
        month_on: date,
        area_code: str,
        printed: Sequence[tuple[Unprinted, Sequence[int]]],
    ) -> int:
        """Make the serials of a batch; returns how many."""
        serials = [
            (serial_id(month.account_id, nth), month.account_id, fen)
            for month, pieces in printed
            for nth, fen in enumerate(pieces)
        ]
        stamp = {"id": batch_id, "area_code": area_code, **self._stamp}
        await self._work.run(
            MAKE,
            programme=programme,
            month_on=month_on,
            people=len(printed),
            serials=len(serials),
            amount_fen=sum(fen for _, _, fen in serials),
            accounts=[month.account_id for month, _ in printed],
            people_ids=[month.person_id for month, _ in printed],
            untils=[month.valid_until_on for month, _ in printed],
            amounts=[month.amount_fen for month, _ in printed],
            **stamp,
        )
        return await self._work.run(
            SERIALS,
            serial_ids=[one for one, _, _ in serials],
            serial_accounts=[account for _, account, _ in serials],
            digests=[digest_of(serial_of(one, self.vault), self.vault) for one, _, _ in serials],
            serial_amounts=[fen for _, _, fen in serials],
            **stamp,
        )

    async def batch(self, batch_id: UUID) -> Batch | None:
        """A batch within the caller's area, locked until the end of the work."""
        row = await self._work.row(BATCH, id=batch_id)
        return Batch(**row) if row else None

    async def step(self, batch_id: UUID, step: str) -> None:
        """Keep that a batch was `dispatched` or `received`."""
        await self._work.run(STEP.format(step=step), id=batch_id, **self._stamp)

    async def batches(self, after: UUID | None, most: int) -> Sequence[Mapping[str, Any]]:
        """Batches within the caller's area."""
        return await self._work.rows(BATCHES, after=after, most=most)

    async def bundles(self, batch_id: UUID, after: int, most: int) -> list[dict[str, Any]]:
        """Whose bundles a batch has, and the states of their serials."""
        found = await self._work.rows(BUNDLES, id=batch_id, after=after, most=most)
        return [{**row, "states": orjson.loads(row["states"] or "{}")} for row in found]

    async def to_print(self, batch_id: UUID, first: int, last: int) -> Sequence[Mapping[str, Any]]:
        """Serials of some bundles that nobody has in hand; an audited disclosure."""
        found = await self._work.rows(TO_PRINT, id=batch_id, first=first, last=last)
        self._work.audit("paper.printed", str(batch_id), count=len(found))
        return found

    async def bundles_of(self, accounts: Sequence[UUID]) -> dict[UUID, Bundle]:
        """Bundles within the caller's area; they and their holders are locked."""
        whose = await self._work.rows(PEOPLE, accounts=list(accounts))
        await self._work.rows(LOCK, people=[row["person_id"] for row in whose])
        found = await self._work.rows(LOAD, accounts=list(accounts))
        return {row["account_id"]: Bundle(**row) for row in found}

    async def agents(self, agents: Sequence[UUID | None]) -> dict[UUID, UUID]:
        """Those of the agents who may collect today, and for whom."""
        asked = [agent for agent in agents if agent is not None]
        found = await self._work.rows(AGENTS, agents=asked, today=self.today)
        return {row["id"]: row["person_id"] for row in found}

    async def hand_over(self, act_id: UUID, lines: Sequence[Handover]) -> int:
        """Put bundles into their holders' hands; returns how many serials."""
        return await self._work.run(
            HAND,
            accounts=[line.account_id for line in lines],
            agents=[line.agent_id for line in lines],
            cause=act_id,
            **self._stamp,
        )

    @property
    def _stamp(self) -> dict[str, Any]:
        return {"today": self.today, "sub": self._work.caller.sub}


def id_taken() -> Conflict:
    """Another act has this id."""
    return Conflict(
        "id_taken", "已有同一标识的记录；请换用新标识", "this id is taken; use a new one"
    )


def _split(wish: str | None) -> dict[int, int] | None:
    return {int(fen): many for fen, many in orjson.loads(wish).items()} if wish else None


def _unprinted(row: Row) -> Unprinted:
    return Unprinted(
        row["account_id"],
        row["person_id"],
        row["area_code"],
        row["valid_until_on"],
        row["amount_fen"],
        _split(row["wish"]),
    )
