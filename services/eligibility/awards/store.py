"""The district's decisions, awards, their end and the funnel, as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from services.eligibility.awards.domain import Decided, Ended, EndReason
from services.eligibility.policy import PolicyBook
from shared.contracts.letter import Letter
from shared.errors import NotFound
from shared.work import Row, Work

SAVE = """
WITH lines AS (
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:decisions AS text[]), CAST(:notes AS text[]),
        CAST(:award_ids AS uuid[]), CAST(:classes AS text[]), CAST(:amounts AS bigint[]),
        CAST(:births AS date[]))
        AS t(case_id, decision, note, award_id, benefit_class, monthly_amount_fen, birth_on)
), moved AS (
    UPDATE cases c SET decided_by = :sub, decided_on = :today,
        stage = CASE l.decision WHEN 'approve' THEN 'approved' ELSE 'refused' END
    FROM lines l WHERE c.case_id = l.case_id
    RETURNING c.*
), noted AS (
    INSERT INTO decisions (case_id, determination_id, party, decision, note, sub, body, area_code,
        decided_on)
    SELECT m.case_id, m.determination_id, 'district', l.decision, l.note, :sub, :body,
        m.area_code, :today
    FROM moved m JOIN lines l USING (case_id)
)
INSERT INTO awards (award_id, case_id, application_id, person_id, programme, benefit_class,
    monthly_amount_fen, area_code, agency, birth_on, starts_on, granted_on, reviewed_by,
    approved_by, state)
SELECT l.award_id, m.case_id, m.application_id, m.person_id, m.programme, l.benefit_class,
    l.monthly_amount_fen, m.area_code, m.agency, l.birth_on, m.starts_on, :today, m.reviewed_by,
    :sub, 'active'
FROM moved m JOIN lines l USING (case_id) WHERE l.decision = 'approve'
"""
END = """
UPDATE awards SET state = 'ended', ended_on = :ended_on, end_reason = :reason
WHERE state = 'active' AND (person_id = :person_id OR application_id = :application_id)
RETURNING award_id, application_id, person_id, programme, area_code, agency, ended_on, end_reason
"""
FOLLOW = "UPDATE awards SET area_code = :area_code WHERE person_id = :person_id"
COLUMNS = """award_id, application_id, person_id, programme, benefit_class, monthly_amount_fen,
    area_code, starts_on, granted_on, reviewed_by, approved_by, state, ended_on, end_reason"""
LIST = f"""
SELECT {COLUMNS} FROM awards
WHERE (CAST(:programme AS text) IS NULL OR programme = :programme)
    AND (CAST(:state AS text) IS NULL OR state = :state)
    AND (CAST(:after AS uuid) IS NULL OR award_id > CAST(:after AS uuid))
ORDER BY award_id LIMIT :most
"""
ONE = f"SELECT {COLUMNS} FROM awards WHERE award_id = :award_id"
WANTED = "(CAST(:programme AS text) IS NULL OR programme = :programme)"
FUNNEL = f"""
SELECT 'applications' AS part, 'all' AS name, count(DISTINCT application_id) AS n
FROM determinations WHERE {WANTED}
UNION ALL SELECT 'determinations', outcome, count(*) FROM determinations WHERE {WANTED} GROUP BY 2
UNION ALL SELECT 'cases', stage, count(*) FROM cases WHERE {WANTED} GROUP BY 2
UNION ALL SELECT 'awards', state, count(*) FROM awards WHERE {WANTED} GROUP BY 2
"""
FUNNEL_PARTS = ("applications", "determinations", "cases", "awards")
UNPAIRED = """
SELECT count(*) AS checked, count(*) FILTER (WHERE NOT EXISTS (
    SELECT 1 FROM decisions s JOIN decisions d USING (case_id, determination_id)
    JOIN cases c USING (case_id, determination_id)
    WHERE s.case_id = a.case_id AND s.party = 'street' AND d.party = 'district'
        AND d.decision = 'approve' AND s.sub <> d.sub AND s.sub = a.reviewed_by
        AND d.sub = a.approved_by)) AS off
FROM awards a
"""
UNDEAD = """
SELECT count(*) AS checked, count(*) FILTER (WHERE p.died_on IS NOT NULL AND a.state = 'active')
    AS off
FROM awards a LEFT JOIN people p USING (person_id)
"""
MACHINE_NO = """
SELECT count(*) AS checked, count(*) FILTER (WHERE NOT EXISTS (
    SELECT 1 FROM decisions d WHERE d.case_id = c.case_id AND d.party = 'district'
        AND d.decision = CASE c.stage WHEN 'approved' THEN 'approve' ELSE 'refuse' END)) AS off
FROM cases c WHERE c.stage IN ('approved', 'refused')
"""
LETTERS = """
SELECT (SELECT count(*) FROM awards) + (SELECT count(*) FROM awards WHERE state = 'ended')
    + (SELECT count(*) FROM determinations) AS checked,
    abs((SELECT count(*) FROM awards) - count(*) FILTER (WHERE type = :granted))
    + abs((SELECT count(*) FROM awards WHERE state = 'ended')
        - count(*) FILTER (WHERE type = :ended))
    + abs((SELECT count(*) FROM determinations) - count(*) FILTER (WHERE type = :made)) AS off
FROM outbox
"""


class Awards:
    """Keeps the district's decisions and the awards."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def now(self) -> datetime:
        return self._work.now

    @property
    def policies(self) -> PolicyBook:
        book: PolicyBook = self._work.state["policies"]
        return book

    async def save(self, decided: Sequence[Decided], events: Sequence[Letter]) -> None:
        """Keep the decisions of a list, by the caller, with the awards that they grant."""
        if decided:
            awards = [one.award for one in decided]
            await self._work.run(
                SAVE,
                ids=[one.file.case_id for one in decided],
                decisions=[one.decision for one in decided],
                notes=[one.note for one in decided],
                award_ids=[a and a.award_id for a in awards],
                classes=[a and a.benefit_class for a in awards],
                amounts=[a and a.monthly_amount_fen for a in awards],
                births=[one.file.birth_on for one in decided],
                sub=self._work.caller.sub,
                body=self._work.caller.body,
                today=self._work.today,
            )
        self._work.send(*events)

    async def end(
        self,
        reason: EndReason,
        ended_on: date,
        *,
        person_id: UUID | None = None,
        application_id: UUID | None = None,
    ) -> None:
        """End the running awards of a person or an application, and tell the others."""
        rows = await self._work.rows(
            END,
            reason=reason,
            ended_on=ended_on,
            person_id=person_id,
            application_id=application_id,
        )
        self._work.send(*(Ended(**row).letter(self.now) for row in rows))

    async def follow(self, person_id: UUID, area_code: str) -> None:
        """File a person's awards under the new community of the same district."""
        await self._work.run(FOLLOW, person_id=person_id, area_code=area_code)

    async def page(
        self, programme: str | None, state: str | None, after: UUID | None, most: int
    ) -> Sequence[Row]:
        """Awards in the caller's scope."""
        return await self._work.rows(LIST, programme=programme, state=state, after=after, most=most)

    async def one(self, award_id: UUID) -> Row:
        """One award.

        Raises:
            NotFound: there is none in the caller's scope.
        """
        row = await self._work.row(ONE, award_id=award_id)
        if row is None:
            raise NotFound(
                "no_such_award", "辖区内没有这项待遇", "there is no such award in your area"
            )
        return row

    async def funnel(self, programme: str | None) -> dict[str, dict[str, int]]:
        """Counts of the caller's scope by part and name: applications, determinations, …"""
        parts: dict[str, dict[str, int]] = {name: {} for name in FUNNEL_PARTS}
        for row in await self._work.rows(FUNNEL, programme=programme):
            parts[row["part"]][row["name"]] = row["n"]
        return parts
