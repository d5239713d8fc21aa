"""Running awards before officers, and what their findings and decisions do to them, as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.eligibility.policy import PolicyBook, Programme
from services.eligibility.rechecks.findings import AwardFile, Turn
from shared.contracts.ids import new_id
from shared.jsonb import jsonb
from shared.work import Row, Work

COLUMNS = """a.award_id, a.application_id, a.person_id, a.programme, a.area_code, a.agency,
    a.starts_on, a.suspended_on, a.suspend_reason, a.state = 'active' AS running, r.recheck_id,
    r.stage, COALESCE(r.outcome, d.outcome) AS outcome, COALESCE(r.unmet, d.unmet) AS unmet,
    r.finding, r.reason, r.effective_on, r.reviewed_by, r.reviewed_on,
    EXISTS (SELECT 1 FROM ties t WHERE t.sub = :sub AND t.person_id = a.person_id) AS tied"""
# Locked in one order, so that two lists with the same awards wait for each other.
BY_AWARD = f"""
SELECT {COLUMNS}
FROM awards a JOIN determinations d ON d.determination_id = a.determination_id
LEFT JOIN rechecks r ON r.award_id = a.award_id AND r.open
WHERE a.award_id = ANY(CAST(:ids AS uuid[])) ORDER BY a.award_id FOR UPDATE OF a
"""
BY_RECHECK = f"""
SELECT {COLUMNS}
FROM rechecks r JOIN awards a ON a.award_id = r.award_id
JOIN determinations d ON d.determination_id = r.determination_id
WHERE r.recheck_id = ANY(CAST(:ids AS uuid[])) ORDER BY a.award_id FOR UPDATE OF a, r
"""
SAVE = """
WITH lines AS (
    SELECT * FROM jsonb_to_recordset(CAST(:lines AS jsonb)) AS t(award_id uuid, recheck_id uuid,
        fresh boolean, act text, stage text, finding text, reason text, article text,
        effective_on date, note text, party text, recheck_months integer)
), reported AS (
    INSERT INTO rechecks (recheck_id, award_id, application_id, person_id, programme, area_code,
        agency, trigger, determination_id, outcome, unmet, unknown, opened_on, stage, finding,
        reason, effective_on, reviewed_by, reviewed_on)
    SELECT l.recheck_id, a.award_id, a.application_id, a.person_id, a.programme, a.area_code,
        a.agency, 'report', d.determination_id, d.outcome, d.unmet, d.unknown, :today, l.stage,
        l.finding, l.reason, l.effective_on, :sub, :today
    FROM lines l JOIN awards a USING (award_id)
    JOIN determinations d ON d.determination_id = a.determination_id
    WHERE l.fresh
), moved AS (
    UPDATE rechecks r SET stage = l.stage,
        finding = CASE WHEN l.stage <> 'open' THEN l.finding END,
        reason = CASE WHEN l.stage <> 'open' THEN l.reason END,
        effective_on = CASE WHEN l.stage <> 'open' THEN l.effective_on END,
        reviewed_by = CASE WHEN l.party = 'street' THEN :sub
            WHEN l.stage <> 'open' THEN r.reviewed_by END,
        reviewed_on = CASE WHEN l.party = 'street' THEN :today
            WHEN l.stage <> 'open' THEN r.reviewed_on END,
        decided_by = CASE WHEN l.party = 'district' AND l.stage <> 'open' THEN :sub END,
        decided_on = CASE WHEN l.stage IN ('kept', 'suspended', 'ended')
            THEN CAST(:today AS date) END
    FROM lines l WHERE r.recheck_id = l.recheck_id AND NOT l.fresh
), turned AS (
    UPDATE awards a SET
        state = CASE l.act WHEN 'ended' THEN 'ended' ELSE a.state END,
        ended_on = CASE l.act WHEN 'ended' THEN l.effective_on ELSE a.ended_on END,
        end_reason = CASE l.act WHEN 'ended' THEN l.reason ELSE a.end_reason END,
        suspended_on = CASE l.act WHEN 'suspended' THEN l.effective_on
            WHEN 'resumed' THEN NULL ELSE a.suspended_on END,
        suspend_reason = CASE l.act WHEN 'suspended' THEN l.reason
            WHEN 'resumed' THEN NULL ELSE a.suspend_reason END,
        recheck_due_on = CASE WHEN l.recheck_months IS NULL THEN a.recheck_due_on ELSE CAST(
            CAST(:today AS date) + make_interval(months => l.recheck_months) AS date) END,
        determination_id = CASE WHEN l.stage IN ('kept', 'suspended') THEN COALESCE(
            (SELECT r.determination_id FROM rechecks r WHERE r.recheck_id = l.recheck_id),
            a.determination_id) ELSE a.determination_id END
    FROM lines l WHERE a.award_id = l.award_id
    RETURNING a.award_id, a.area_code, a.agency
)
INSERT INTO award_acts (award_id, recheck_id, act, effective_on, reason, article, note, sub, body,
    area_code, agency, made_on)
SELECT l.award_id, l.recheck_id, l.act, l.effective_on, l.reason, l.article, l.note, :sub, :body,
    t.area_code, t.agency, :today
FROM lines l JOIN turned t USING (award_id)
"""


class Findings:
    """Awards and re-checks as officers find them, and their acts."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def today(self) -> date:
        return self._work.today

    @property
    def now(self) -> datetime:
        return self._work.now

    def programme(self, programme_id: str) -> Programme:
        """A programme of this office's policy book."""
        book: PolicyBook = self._work.state["policies"]
        return book.programme(programme_id)

    async def by_award(self, award_ids: Sequence[UUID]) -> dict[UUID, AwardFile]:
        """Awards within the caller's area with their open re-checks, locked."""
        rows = await self._work.rows(BY_AWARD, ids=list(award_ids), sub=self._work.caller.sub)
        return {row["award_id"]: _file(row) for row in rows}

    async def by_recheck(self, recheck_ids: Sequence[UUID]) -> dict[UUID, AwardFile]:
        """Re-checks within the caller's area with their awards, locked."""
        rows = await self._work.rows(BY_RECHECK, ids=list(recheck_ids), sub=self._work.caller.sub)
        return {row["recheck_id"]: _file(row) for row in rows}

    async def save(self, turns: Sequence[Turn], *, fresh: bool = False) -> None:
        """Keep and journal what the caller did; `fresh`: each opens a re-check of its own."""
        if not turns:
            return
        await self._work.run(
            SAVE,
            lines=jsonb([_line(turn, fresh) for turn in turns]),
            sub=self._work.caller.sub,
            body=self._work.caller.body,
            today=self.today,
        )
        for turn in turns:
            self._work.send(*turn.letters(self.now))


def _file(row: Row) -> AwardFile:
    values: dict[str, Any] = {**row, "unmet": tuple(row["unmet"])}
    return AwardFile(**values)


def _line(turn: Turn, fresh: bool) -> dict[str, Any]:
    recheck_id = None if turn.act == "resumed" else turn.file.recheck_id
    return {
        "award_id": turn.file.award_id,
        "recheck_id": new_id() if fresh else recheck_id,
        "fresh": fresh,
        "act": turn.act,
        "stage": turn.stage,
        "finding": turn.finding,
        "reason": turn.reason,
        "article": turn.article,
        "effective_on": turn.effective_on,
        "note": turn.note,
        "party": turn.party,
        "recheck_months": None if turn.act == "ended" else turn.recheck_months,
    }
