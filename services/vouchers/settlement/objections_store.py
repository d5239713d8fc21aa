"""Confirmations and objections, and lines that go out of a statement."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.vouchers.ledger.store import Books
from services.vouchers.settlement.domain import Settlement
from services.vouchers.settlement.objections import Decision, Left, Objection, StatementLine
from services.vouchers.settlement.store import Settlements
from shared.work import Row

CONFIRM = "UPDATE settlements SET confirmed_on = :today, confirmed_by = :sub WHERE id = :id"
LINES = """
SELECT l.line_id, l.amount_fen, EXISTS (SELECT 1 FROM objections o
    WHERE o.settlement_id = :id AND o.line_id = l.line_id) AS objected
FROM (
    SELECT r.id AS line_id, r.amount_fen FROM redemptions r
    WHERE r.settlement_id = :id AND r.id = ANY(CAST(:lines AS uuid[]))
    UNION ALL
    SELECT d.source_id, -d.amount_fen FROM settlement_deductions d
    WHERE d.settlement_id = :id AND d.out_on IS NULL
        AND d.source_id = ANY(CAST(:lines AS uuid[]))
) l
"""
OBJECT = """
INSERT INTO objections (id, settlement_id, line_id, provider_id, area_code, amount_fen, reason,
    objected_on, objected_by)
SELECT l.id, :settlement_id, l.line_id, :provider_id, :area_code, l.amount_fen, l.reason, :today,
    :sub
FROM unnest(CAST(:ids AS uuid[]), CAST(:lines AS uuid[]), CAST(:amounts AS bigint[]),
    CAST(:reasons AS text[])) AS l(id, line_id, amount_fen, reason)
ON CONFLICT (id) DO NOTHING RETURNING id
"""
ONE = """
SELECT id, settlement_id, line_id, objected_by, decision FROM objections WHERE id = :id FOR UPDATE
"""
DECIDE = """
UPDATE objections SET decision = :decision, decision_reason = :reason, decided_on = :today,
    decided_by = :sub
WHERE id = :id
"""
# With no line named, all of them go out.
OUT = """
WITH spent AS (
    UPDATE redemptions SET settlement_id = NULL
    WHERE settlement_id = :id AND (CAST(:line AS uuid) IS NULL OR id = :line)
)
UPDATE settlement_deductions SET out_on = :today
WHERE settlement_id = :id AND out_on IS NULL AND (CAST(:line AS uuid) IS NULL OR source_id = :line)
"""
LEFT = """
SELECT r.n AS redemptions, r.total - d.total AS amount_fen, d.n AS deductions,
    d.total AS deducted_fen
FROM (SELECT count(*) AS n, CAST(coalesce(sum(amount_fen), 0) AS bigint) AS total
        FROM redemptions WHERE settlement_id = :id) r,
    (SELECT count(*) AS n, CAST(coalesce(sum(amount_fen), 0) AS bigint) AS total
        FROM settlement_deductions WHERE settlement_id = :id AND out_on IS NULL) d
"""
# Whoever had approved, approved another amount.
REWRITE = """
UPDATE settlements SET redemptions = :redemptions, amount_fen = :amount_fen,
    deductions = :deductions, deducted_fen = :deducted_fen,
    void_on = CASE WHEN :void THEN CAST(:today AS date) END,
    first_on = NULL, first_by = NULL, first_body = NULL
WHERE id = :id
"""
PAGE = """
SELECT o.id AS objection_id, o.settlement_id, o.line_id, o.provider_id, o.amount_fen, o.reason,
    o.objected_on, o.objected_by, o.decision, o.decision_reason, o.decided_on, o.decided_by
FROM objections o
WHERE (CAST(:after AS uuid) IS NULL OR o.id > :after) AND (NOT :open OR o.decision IS NULL)
ORDER BY o.id LIMIT :most
"""


class Objections(Books):
    """What providers say to their statements."""

    async def settlement(self, settlement_id: UUID) -> Settlement | None:
        """The statement, locked until the end of the work."""
        return (await Settlements(self._work).load([settlement_id])).get(settlement_id)

    async def confirm(self, settlement: Settlement) -> None:
        await self._work.run(CONFIRM, id=settlement.id, today=self.today, sub=self._sub)

    async def lines(self, settlement: Settlement, ids: Sequence[UUID]) -> dict[UUID, StatementLine]:
        """Lines that stand in the statement."""
        found = await self._work.rows(LINES, id=settlement.id, lines=list(ids))
        return {row["line_id"]: StatementLine(**row) for row in found}

    async def object_to(
        self, settlement: Settlement, objected: Sequence[tuple[UUID, StatementLine, str]]
    ) -> list[UUID]:
        """Keep objections; answers with those that are new."""
        kept = await self._work.rows(
            OBJECT,
            settlement_id=settlement.id,
            provider_id=settlement.provider_id,
            area_code=settlement.area_code,
            ids=[one for one, _, _ in objected],
            lines=[line.line_id for _, line, _ in objected],
            amounts=[line.amount_fen for _, line, _ in objected],
            reasons=[reason for _, _, reason in objected],
            today=self.today,
            sub=self._sub,
        )
        return [row["id"] for row in kept]

    async def load(self, objection_id: UUID) -> Objection | None:
        row = await self._work.row(ONE, id=objection_id)
        return Objection(**row) if row else None

    async def decide(self, objection: Objection, decision: Decision, reason: str) -> None:
        """Keep the decision; an accepted line goes out and waits for the next statement."""
        await self._work.run(
            DECIDE,
            id=objection.id,
            decision=decision,
            reason=reason,
            today=self.today,
            sub=self._sub,
        )
        if decision == "accepted":
            await self._take_out(objection)

    async def _take_out(self, objection: Objection) -> None:
        settlement = await self.settlement(objection.settlement_id)
        if settlement is None or settlement.void_on is not None:
            return
        left = await self._without(settlement.id, objection.line_id)
        if left.void:
            left = await self._without(settlement.id, None)
        await self._work.run(
            REWRITE,
            id=settlement.id,
            today=self.today,
            void=left.void,
            redemptions=left.redemptions,
            amount_fen=left.amount_fen,
            deductions=left.deductions,
            deducted_fen=left.deducted_fen,
        )

    async def _without(self, settlement_id: UUID, line_id: UUID | None) -> Left:
        await self._work.run(OUT, id=settlement_id, line=line_id, today=self.today)
        row = await self._work.row(LEFT, id=settlement_id)
        assert row is not None
        return Left(**row)

    async def page(self, after: UUID | None, most: int, *, only_open: bool) -> Sequence[Row]:
        return await self._work.rows(PAGE, after=after, most=most, open=only_open)

    @property
    def _sub(self) -> str:
        return self._work.caller.sub
