"""Clear cases to be shown, and the acts that signed them, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.eligibility.signing.domain import APPROVED
from shared.jsonb import jsonb
from shared.work import Row, Work

# What this officer may sign: not reviewed by himself, nobody he has a tie with, nothing objected.
CLEAR = """
SELECT c.case_id, c.application_id, c.person_id, c.programme, c.area_code, c.benefit_class,
    c.starts_on, c.reviewed_by, c.reviewed_on, c.opened_on, d.digest
FROM cases c JOIN determinations d USING (determination_id)
WHERE c.stage = 'district_approval' AND c.outcome = 'eligible' AND d.flags = '{}'
    AND c.recommendation = 'recommend_approval' AND c.reviewed_by <> :sub
    AND c.programme = ANY(CAST(:programmes AS text[]))
    AND NOT EXISTS (SELECT 1 FROM ties t WHERE t.sub = :sub AND t.person_id = c.person_id)
    AND NOT EXISTS (SELECT 1 FROM objections o WHERE o.case_id = c.case_id AND o.outcome IS NULL)
    AND (CAST(:after_on AS date) IS NULL
        OR (c.opened_on, c.case_id) > (CAST(:after_on AS date), CAST(:after_id AS uuid)))
ORDER BY c.opened_on, c.case_id LIMIT :most
"""
SAVE = """
INSERT INTO signed_lists (act_id, sub, body, area_code, signed_on, list_digest, shown, approved,
    lines)
VALUES (:act_id, :sub, :body, :area_code, :today, :list_digest, :shown, :approved,
    CAST(:lines AS jsonb))
"""
COLUMNS = "act_id, sub, body, area_code, signed_on, list_digest, shown, approved"
ACTS = f"""
SELECT {COLUMNS} FROM signed_lists
WHERE (CAST(:after AS uuid) IS NULL OR act_id > CAST(:after AS uuid)) ORDER BY act_id LIMIT :most
"""
ONE = f"SELECT {COLUMNS}, lines FROM signed_lists WHERE act_id = :act_id"


class SignedLists:
    """What an officer may sign, and what was signed by whom."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def clear(
        self, programmes: Sequence[str], after: tuple[date | None, UUID | None], most: int
    ) -> Sequence[Row]:
        """Clear cases of the caller's area that the caller may sign, the longest waiting first."""
        return await self._work.rows(
            CLEAR,
            sub=self._work.caller.sub,
            programmes=list(programmes),
            after_on=after[0],
            after_id=after[1],
            most=most,
        )

    async def save(self, act_id: UUID, digest: str, lines: Sequence[dict[str, Any]]) -> None:
        """Keep the act for ever."""
        caller = self._work.caller
        await self._work.run(
            SAVE,
            act_id=act_id,
            sub=caller.sub,
            body=caller.body,
            area_code=caller.area,
            today=self._work.today,
            list_digest=digest,
            shown=len(lines),
            approved=sum(line["result"] == APPROVED for line in lines),
            lines=jsonb(lines),
        )

    async def page(self, after: UUID | None, most: int) -> Sequence[Row]:
        """Acts of the caller's area."""
        return await self._work.rows(ACTS, after=after, most=most)

    async def one(self, act_id: UUID) -> Row | None:
        """One act with its lines."""
        return await self._work.row(ONE, act_id=act_id)
