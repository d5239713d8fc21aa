"""Appeals in the database: taken against a decision in the journal, and decided once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.eligibility.appeals.domain import Appeal, Heard, Refused
from shared.contracts.letter import Letter
from shared.errors import NotFound
from shared.work import Row, Work

# The case is locked, so that nobody appeals twice at once against one decision.
REFUSED = """
SELECT c.case_id, c.determination_id, c.application_id, c.person_id, c.programme, c.area_code,
    c.agency, c.stage, c.reviewed_by, c.decided_by AS refused_by, c.decided_on AS refused_on,
    x.position AS against,
    EXISTS (SELECT 1 FROM appeals a WHERE a.against = x.position) AS appealed
FROM cases c
LEFT JOIN LATERAL (SELECT d.position FROM decisions d WHERE d.case_id = c.case_id
    AND d.party = 'district' AND d.decision = 'refuse' ORDER BY d.position DESC LIMIT 1) x ON true
WHERE c.case_id = :case_id FOR UPDATE OF c
"""
FILE = """
INSERT INTO appeals (appeal_id, case_id, determination_id, against, application_id, person_id,
    programme, area_code, agency, ground, filed_on, filed_by, last_on, reviewed_by, refused_by)
VALUES (:appeal_id, :case_id, :determination_id, :against, :application_id, :person_id,
    :programme, :area_code, :agency, :ground, :today, :sub, :last_on, :reviewed_by, :refused_by)
"""
APPEAL = """
SELECT a.appeal_id, a.case_id, a.determination_id, a.application_id, a.person_id, a.programme,
    a.area_code, a.agency, a.last_on, a.reviewed_by, a.refused_by, a.against, a.outcome,
    ARRAY(SELECT d.sub FROM decisions d WHERE d.case_id = a.case_id
        UNION SELECT e.filed_by FROM appeals e WHERE e.case_id = a.case_id
        UNION SELECT e.decided_by FROM appeals e
            WHERE e.case_id = a.case_id AND e.decided_by IS NOT NULL) AS took_part
FROM appeals a WHERE a.appeal_id = :appeal_id FOR UPDATE
"""
HEARD = """
UPDATE appeals SET outcome = :outcome, note = :note, decided_by = :sub, decided_body = :body,
    decided_on = :today
WHERE appeal_id = :appeal_id
"""
VIEW = """appeal_id, case_id, application_id, person_id, programme, area_code, ground, filed_on,
    filed_by, last_on, reviewed_by, refused_by, outcome, note, decided_by, decided_body,
    decided_on"""
LIST = f"""
SELECT {VIEW} FROM appeals
WHERE (CAST(:open AS boolean) IS NULL OR (outcome IS NULL) = :open)
    AND (CAST(:after_on AS date) IS NULL
        OR (filed_on, appeal_id) > (CAST(:after_on AS date), CAST(:after_id AS uuid)))
ORDER BY filed_on, appeal_id LIMIT :most
"""
ONE = f"SELECT {VIEW} FROM appeals WHERE appeal_id = :appeal_id"
FOLLOW = "UPDATE appeals SET area_code = :area_code WHERE person_id = :person_id"
# Everything that was done in a case, each with its day; the same day goes by the order of work.
HISTORY = """
SELECT h.on, h.what, h.said, h.sub, h.body, h.note FROM (
    SELECT c.opened_on AS on, 0 AS nth, 0 AS position, 'opened' AS what, c.programme AS said,
        '' AS sub, '' AS body, NULL AS note
    FROM cases c WHERE c.case_id = :case_id
    UNION ALL SELECT d.made_on, 1, extract(epoch FROM d.made_at), 'determined', d.outcome, '', '',
        d.reasons ->> 'zh'
    FROM cases c JOIN determinations d USING (application_id) WHERE c.case_id = :case_id
    UNION ALL SELECT x.decided_on, 2, x.position,
        CASE x.party WHEN 'street' THEN 'reviewed' ELSE 'decided' END, x.decision, x.sub, x.body,
        x.note
    FROM decisions x WHERE x.case_id = :case_id
    UNION ALL SELECT e.requested_on, 3, e.position, 'papers_asked',
        (SELECT string_agg(p, ', ' ORDER BY p) FROM jsonb_object_keys(e.documents) p), e.sub, '',
        NULL
    FROM evidence_requests e WHERE e.case_id = :case_id
    UNION ALL SELECT o.raised_on, 4, 0, 'objection_raised', '', o.recorded_by, '', o.ground
    FROM objections o WHERE o.case_id = :case_id
    UNION ALL SELECT o.decided_on, 5, 0, 'objection_judged', o.outcome, o.decided_by,
        o.decided_body, o.note
    FROM objections o WHERE o.case_id = :case_id AND o.outcome IS NOT NULL
    UNION ALL SELECT a.filed_on, 6, a.against, 'appeal_filed', '', a.filed_by, '', a.ground
    FROM appeals a WHERE a.case_id = :case_id
    UNION ALL SELECT a.decided_on, 7, a.against, 'appeal_decided', a.outcome, a.decided_by,
        a.decided_body, a.note
    FROM appeals a WHERE a.case_id = :case_id AND a.outcome IS NOT NULL
) h ORDER BY h.on, h.nth, h.position
"""
OUTSIDE = """
SELECT count(*) AS checked, count(*) FILTER (WHERE EXISTS (
    SELECT 1 FROM decisions d WHERE d.case_id = a.case_id AND d.sub = a.decided_by
        AND d.position <= a.against)) AS off
FROM appeals a WHERE a.outcome IS NOT NULL
"""
ON_TIME = (
    "SELECT count(*) AS checked, count(*) FILTER (WHERE filed_on > last_on) AS off FROM appeals"
)
SIGNED = """
SELECT count(*) AS checked, count(*) FILTER (WHERE s.approved <> (
    SELECT count(*) FROM decisions d WHERE d.party = 'district' AND d.decision = 'approve'
        AND d.sub = s.sub AND d.case_id IN (
            SELECT CAST(l ->> 'case_id' AS uuid) FROM jsonb_array_elements(s.lines) l
            WHERE l ->> 'result' = 'approved'))) AS off
FROM signed_lists s
"""


class Appeals:
    """Takes appeals and keeps what came of them, within the caller's scope."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def today(self) -> date:
        return self._work.today

    @property
    def now(self) -> datetime:
        return self._work.now

    async def refused(self, case_id: UUID) -> Refused | None:
        """A case with the refusal that may be appealed, locked."""
        row = await self._work.row(REFUSED, case_id=case_id)
        return Refused(**row) if row else None

    async def file(self, appeal: Appeal, ground: str, events: Sequence[Letter]) -> None:
        """Keep a new appeal, filed by the caller for the applicant."""
        await self._work.run(
            FILE,
            appeal_id=appeal.appeal_id,
            case_id=appeal.case_id,
            determination_id=appeal.determination_id,
            against=appeal.against,
            application_id=appeal.application_id,
            person_id=appeal.person_id,
            programme=appeal.programme,
            area_code=appeal.area_code,
            agency=appeal.agency,
            ground=ground,
            last_on=appeal.last_on,
            reviewed_by=appeal.reviewed_by,
            refused_by=appeal.refused_by,
            today=self.today,
            sub=self._work.caller.sub,
        )
        self._work.send(*events)

    async def appeal(self, appeal_id: UUID) -> Appeal:
        """One appeal with all who took part in its case, locked.

        Raises:
            NotFound: there is none in the caller's scope.
        """
        row = await self._work.row(APPEAL, appeal_id=appeal_id)
        if row is None:
            raise _unknown()
        values: dict[str, Any] = {**row, "took_part": tuple(row["took_part"])}
        return Appeal(**values)

    async def heard(self, heard: Heard, events: Sequence[Letter]) -> None:
        """Keep what came of an appeal, by the caller."""
        caller = self._work.caller
        await self._work.run(
            HEARD,
            appeal_id=heard.appeal.appeal_id,
            outcome=heard.outcome,
            note=heard.note,
            sub=caller.sub,
            body=caller.body,
            today=self.today,
        )
        self._work.send(*events)

    async def page(
        self, is_open: bool | None, after: tuple[date | None, UUID | None], most: int
    ) -> Sequence[Row]:
        """Appeals of the caller's scope, the oldest first."""
        return await self._work.rows(
            LIST, open=is_open, after_on=after[0], after_id=after[1], most=most
        )

    async def one(self, appeal_id: UUID) -> Row:
        """One appeal.

        Raises:
            NotFound: there is none in the caller's scope.
        """
        row = await self._work.row(ONE, appeal_id=appeal_id)
        if row is None:
            raise _unknown()
        return row

    async def history(self, case_id: UUID) -> Sequence[Row]:
        """Everything that was done in a case, oldest first."""
        return await self._work.rows(HISTORY, case_id=case_id)

    async def follow(self, person_id: UUID, area_code: str) -> None:
        """File a person's appeals under the new community of the same district."""
        await self._work.run(FOLLOW, person_id=person_id, area_code=area_code)


def _unknown() -> NotFound:
    return NotFound("no_such_appeal", "辖区内没有这份申诉", "there is no such appeal in your area")
