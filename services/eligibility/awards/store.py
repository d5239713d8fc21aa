"""The district's decisions, awards, their end and the funnel, as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.eligibility.awards.articles import article_of
from services.eligibility.awards.domain import Decided, Ended, EndReason
from services.eligibility.policy import PolicyBook
from shared.contracts.letter import Letter
from shared.errors import NotFound
from shared.jsonb import jsonb
from shared.work import Row, Work

SAVE = """
WITH lines AS (
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:decisions AS text[]), CAST(:notes AS text[]),
        CAST(:award_ids AS uuid[]), CAST(:classes AS text[]), CAST(:amounts AS bigint[]),
        CAST(:births AS date[]), CAST(:months AS integer[]), CAST(:articles AS text[]))
        AS t(case_id, decision, note, award_id, benefit_class, monthly_amount_fen, birth_on,
            recheck_months, article)
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
), given AS (
    INSERT INTO awards (award_id, case_id, application_id, person_id, programme, benefit_class,
        monthly_amount_fen, area_code, agency, birth_on, starts_on, granted_on, reviewed_by,
        approved_by, state, determination_id, reconsider_on, certificate_until_on, recheck_due_on)
    SELECT l.award_id, m.case_id, m.application_id, m.person_id, m.programme, l.benefit_class,
        l.monthly_amount_fen, m.area_code, m.agency, l.birth_on, m.starts_on, :today, m.reviewed_by,
        :sub, 'active', m.determination_id, m.reconsider_on,
        CAST(d.facts #>> '{disability,valid_until_on}' AS date),
        CAST(CAST(:today AS date) + make_interval(months => l.recheck_months) AS date)
    FROM moved m JOIN lines l USING (case_id) JOIN determinations d USING (determination_id)
    WHERE l.decision = 'approve'
    RETURNING award_id, case_id, starts_on, area_code, agency
)
INSERT INTO award_acts (award_id, act, effective_on, reason, article, note, sub, body, area_code,
    agency, made_on)
SELECT g.award_id, 'granted', g.starts_on, 'approved', l.article, l.note, :sub, :body,
    g.area_code, g.agency, :today
FROM given g JOIN lines l USING (case_id)
"""
RUNNING = "SELECT person_id, benefit FROM running_awards(CAST(:ids AS uuid[]))"
END = """
UPDATE awards SET state = 'ended', ended_on = :ended_on, end_reason = :reason
WHERE state = 'active' AND (person_id = :person_id OR application_id = :application_id)
RETURNING award_id, application_id, person_id, programme, area_code, agency, ended_on, end_reason
"""
JOURNAL = """
INSERT INTO award_acts (award_id, act, effective_on, reason, article, sub, body, area_code, agency,
    made_on)
SELECT award_id, act, effective_on, reason, article, :sub, :body, area_code, agency, :today
FROM jsonb_populate_recordset(CAST(NULL AS award_acts), CAST(:acts AS jsonb))
"""
FOLLOW = """
WITH files AS (
    UPDATE award_acts SET area_code = :area_code
    WHERE award_id IN (SELECT award_id FROM awards WHERE person_id = :person_id)
)
UPDATE awards SET area_code = :area_code WHERE person_id = :person_id
"""
STATE = "CASE WHEN state = 'active' AND suspended_on IS NOT NULL THEN 'suspended' ELSE state END"
COLUMNS = f"""award_id, application_id, person_id, programme, benefit_class, monthly_amount_fen,
    area_code, starts_on, granted_on, reviewed_by, approved_by, {STATE} AS state, ended_on,
    end_reason, suspended_on, suspend_reason, recheck_due_on"""
LIST = f"""
SELECT {COLUMNS} FROM awards
WHERE (CAST(:programme AS text) IS NULL OR programme = :programme)
    AND (CAST(:state AS text) IS NULL OR {STATE} = :state)
    AND (CAST(:after AS uuid) IS NULL OR award_id > CAST(:after AS uuid))
ORDER BY award_id LIMIT :most
"""
ONE = f"SELECT {COLUMNS} FROM awards WHERE award_id = :award_id"
ACTS = """
SELECT act, effective_on, reason, article, sub, body, made_on FROM award_acts
WHERE award_id = :award_id ORDER BY position
"""
WANTED = "(CAST(:programme AS text) IS NULL OR programme = :programme)"
FUNNEL = f"""
SELECT 'applications' AS part, 'all' AS name, count(DISTINCT application_id) AS n
FROM determinations WHERE {WANTED}
UNION ALL SELECT 'determinations', outcome, count(*) FROM determinations WHERE {WANTED} GROUP BY 2
UNION ALL SELECT 'cases', stage, count(*) FROM cases WHERE {WANTED} GROUP BY 2
UNION ALL SELECT 'awards', {STATE}, count(*) FROM awards WHERE {WANTED} GROUP BY 2
"""
FUNNEL_PARTS = ("applications", "determinations", "cases", "awards")


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
                months=[a and a.recheck_months for a in awards],
                articles=[a and a.article for a in awards],
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
        if not rows:
            return
        ended = [Ended(**row) for row in rows]
        await self._work.run(
            JOURNAL,
            acts=jsonb([self._end_act(one) for one in ended]),
            sub=self._work.caller.sub,
            body=self._work.caller.body,
            today=self._work.today,
        )
        self._work.send(*(one.letter(self.now) for one in ended))

    def _end_act(self, one: Ended) -> dict[str, Any]:
        programme = self.policies.programmes.get(one.programme)
        return {
            "award_id": one.award_id,
            "act": "ended",
            "effective_on": one.ended_on,
            "reason": one.end_reason,
            "article": article_of(programme, one.end_reason) if programme else one.programme,
            "area_code": one.area_code,
            "agency": one.agency,
        }

    async def running(self, person_ids: Sequence[UUID]) -> set[tuple[UUID, str]]:
        """Who of these has which benefit anywhere; others who ask wait until this work is done."""
        rows = await self._work.rows(RUNNING, ids=list(person_ids))
        return {(row["person_id"], row["benefit"]) for row in rows}

    async def acts(self, award_id: UUID) -> Sequence[Row]:
        """An award's journal, oldest first."""
        await self.one(award_id)
        return await self._work.rows(ACTS, award_id=award_id)

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
