"""Posted cases and the objections to them, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.eligibility.policy import PolicyBook
from services.eligibility.publicity.domain import HELD, NOTICE_DAYS, Objection, Outcome, Posted
from services.eligibility.reviews.clock import limits
from services.eligibility.reviews.domain import NOTICE_BEFORE
from shared.contracts.letter import Letter
from shared.errors import NotFound
from shared.jsonb import jsonb
from shared.work import Row, Work

# Posted from the day of approval; where the policy asks for it, from the street's recommendation.
POSTED = """
WITH limits AS (
    SELECT * FROM jsonb_to_recordset(CAST(:limits AS jsonb))
        AS t(kind text, programme text, since date, days integer)
), posted AS (
    SELECT c.*, CASE c.stage WHEN 'approved' THEN 'granted' ELSE 'proposed' END AS kind,
        CASE c.stage WHEN 'approved' THEN c.decided_on ELSE c.reviewed_on END AS posted_on
    FROM cases c
    WHERE (CAST(:case_id AS uuid) IS NULL OR c.case_id = :case_id)
        AND (c.stage = 'approved' OR (c.stage = 'district_approval'
            AND c.recommendation = 'recommend_approval' AND c.outcome <> 'ineligible'))
        AND (CAST(:since AS date) IS NULL OR COALESCE(c.decided_on, c.reviewed_on) >= :since)
        AND starts_with(c.area_code, :within)
), timed AS (
    SELECT p.*, p.posted_on + (SELECT l.days FROM limits l
        WHERE l.kind = p.kind AND l.programme = p.programme AND l.since <= p.posted_on
        ORDER BY l.since DESC LIMIT 1) AS last_on
    FROM posted p
)
SELECT t.case_id, t.application_id, t.person_id, t.programme, t.benefit_class, t.area_code,
    t.agency, t.kind, t.posted_on, t.last_on, t.reviewed_by, t.decided_by AS granted_by, w.award_id,
    COALESCE(w.state = 'active', false) AS running, w.suspended_on IS NOT NULL AS suspended,
    EXISTS (SELECT 1 FROM objections o WHERE o.case_id = t.case_id AND o.outcome IS NULL)
        AS objected
FROM timed t LEFT JOIN awards w USING (case_id)
"""
LIST = f"""
SELECT case_id, application_id, person_id, programme, benefit_class, area_code, kind, posted_on,
    last_on, objected
FROM ({POSTED}) q
WHERE last_on >= :today AND (running OR kind = 'proposed')
    AND (CAST(:programme AS text) IS NULL OR programme = :programme)
    AND (CAST(:after_on AS date) IS NULL
        OR (posted_on, case_id) > (CAST(:after_on AS date), CAST(:after_id AS uuid)))
ORDER BY posted_on, case_id LIMIT :most
"""
ONE = f"""
SELECT case_id, application_id, person_id, programme, area_code, agency, reviewed_by, granted_by,
    award_id, running, suspended, posted_on, last_on
FROM ({POSTED}) q
"""
RAISE = """
WITH said AS (
    INSERT INTO objections (objection_id, case_id, award_id, application_id, person_id, programme,
        area_code, agency, ground, raised_on, recorded_by, reviewed_by, granted_by, held_on)
    VALUES (:objection_id, :case_id, :award_id, :application_id, :person_id, :programme,
        :area_code, :agency, :ground, :today, :sub, :reviewed_by, :granted_by, :held_on)
), held AS (
    UPDATE awards SET suspended_on = :today, suspend_reason = :reason
    WHERE award_id = :award_id AND state = 'active' AND suspended_on IS NULL
    RETURNING award_id, area_code, agency
)
INSERT INTO award_acts (award_id, act, effective_on, reason, article, sub, body, area_code, agency,
    made_on)
SELECT award_id, 'suspended', :today, :reason, :article, :sub, :body, area_code, agency, :today
FROM held
"""
JUDGE = """
WITH said AS (
    UPDATE objections SET outcome = :outcome, note = :note, decided_by = :sub,
        decided_body = :body, decided_on = :today
    WHERE objection_id = :objection_id
), freed AS (
    UPDATE awards SET suspended_on = NULL, suspend_reason = NULL
    WHERE :frees AND award_id = :award_id AND state = 'active' AND suspend_reason = :reason
    RETURNING award_id, area_code, agency
)
INSERT INTO award_acts (award_id, act, effective_on, reason, article, note, sub, body, area_code,
    agency, made_on)
SELECT award_id, 'resumed', :held_on, 'objection_dismissed', :article, :note, :sub, :body,
    area_code, agency, :today
FROM freed
"""
OBJECTION = """
SELECT o.objection_id, o.case_id, o.award_id, o.application_id, o.person_id, o.programme,
    o.area_code, o.agency, o.reviewed_by, o.granted_by, o.outcome, o.held_on, o.recorded_by,
    EXISTS (SELECT 1 FROM objections e WHERE e.case_id = o.case_id AND e.outcome IS NULL
        AND e.objection_id <> o.objection_id) AS others_open
FROM objections o WHERE o.objection_id = :objection_id FOR UPDATE
"""
HELD_SINCE = """
SELECT max(held_on) FROM objections WHERE case_id = :case_id AND outcome IS NULL
"""
VIEW = """objection_id, case_id, award_id, application_id, person_id, programme, area_code, ground,
    raised_on, recorded_by, held_on, outcome, note, decided_by, decided_body, decided_on"""
OBJECTIONS = f"""
SELECT {VIEW} FROM objections
WHERE (CAST(:open AS boolean) IS NULL OR (outcome IS NULL) = :open)
    AND (CAST(:after_on AS date) IS NULL
        OR (raised_on, objection_id) > (CAST(:after_on AS date), CAST(:after_id AS uuid)))
ORDER BY raised_on, objection_id LIMIT :most
"""
FOLLOW = "UPDATE objections SET area_code = :area_code WHERE person_id = :person_id"


class Notices:
    """What is on public notice in the caller's area, and what is said against it."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.caller = work.caller

    @property
    def today(self) -> date:
        return self._work.today

    @property
    def now(self) -> datetime:
        return self._work.now

    async def posted(
        self,
        within: str,
        programme: str | None,
        after: tuple[date | None, UUID | None],
        most: int,
    ) -> Sequence[Row]:
        """Cases whose notice still runs, by the day on which they were posted."""
        known = self._limits()
        longest = max((one["days"] for one in known), default=0)
        return await self._work.rows(
            LIST,
            limits=jsonb(known),
            case_id=None,
            within=within,
            since=self.today - timedelta(days=longest),
            today=self.today,
            programme=programme,
            after_on=after[0],
            after_id=after[1],
            most=most,
        )

    async def printed(self, area_code: str, count: int) -> None:
        """Write down that a community's sheet was printed, with so many people on it."""
        self._work.audit("public_notice.printed", area_code, count=count)
        await self._work.flush()

    async def posted_case(self, case_id: UUID) -> Posted | None:
        """One case as it was posted, however long ago."""
        row = await self._work.row(
            ONE, limits=jsonb(self._limits()), case_id=case_id, within="", since=None
        )
        return Posted(**row) if row else None

    async def held_since(self, case_id: UUID) -> date | None:
        """Since when open objections hold the case's award."""
        held: date | None = await self._work.value(HELD_SINCE, case_id=case_id)
        return held

    async def raise_objection(
        self, one: Objection, ground: str, article: str, events: Sequence[Letter]
    ) -> None:
        """Keep an objection and hold the award, if it has one that is not on hold."""
        await self._work.run(
            RAISE,
            objection_id=one.objection_id,
            case_id=one.case_id,
            award_id=one.award_id,
            application_id=one.application_id,
            person_id=one.person_id,
            programme=one.programme,
            area_code=one.area_code,
            agency=one.agency,
            ground=ground,
            reviewed_by=one.reviewed_by,
            granted_by=one.granted_by,
            held_on=one.held_on,
            article=article,
            **self._signed(),
        )
        self._work.send(*events)

    async def objection(self, objection_id: UUID) -> Objection:
        """One objection, locked.

        Raises:
            NotFound: there is none in the caller's scope.
        """
        row = await self._work.row(OBJECTION, objection_id=objection_id)
        if row is None:
            raise NotFound(
                "no_such_objection", "辖区内没有这项异议", "there is no such objection in your area"
            )
        return Objection(**row)

    async def judged(
        self, one: Objection, outcome: Outcome, note: str, article: str, events: Sequence[Letter]
    ) -> None:
        """Keep what came of an objection; the award goes on if nothing else holds it."""
        await self._work.run(
            JUDGE,
            objection_id=one.objection_id,
            award_id=one.award_id,
            outcome=outcome,
            note=note,
            frees=one.frees(outcome),
            held_on=one.held_on,
            article=article,
            **self._signed(),
        )
        self._work.send(*events)

    async def objections(
        self, is_open: bool | None, after: tuple[date | None, UUID | None], most: int
    ) -> Sequence[Row]:
        """Objections of the caller's area, the oldest first."""
        return await self._work.rows(
            OBJECTIONS, open=is_open, after_on=after[0], after_id=after[1], most=most
        )

    async def follow(self, person_id: UUID, area_code: str) -> None:
        """File a person's objections under the new community of the same district."""
        await self._work.run(FOLLOW, person_id=person_id, area_code=area_code)

    def _signed(self) -> dict[str, Any]:
        return {
            "reason": HELD,
            "today": self.today,
            "sub": self.caller.sub,
            "body": self.caller.body,
        }

    def _limits(self) -> list[dict[str, Any]]:
        """Days of notice after approval, and before it where a programme asks for that instead."""
        book: PolicyBook = self._work.state["policies"]
        before = limits(book, NOTICE_BEFORE)
        first = {one["programme"] for one in before}
        after = [one for one in limits(book, NOTICE_DAYS) if one["programme"] not in first]
        return [
            *({"kind": "granted", **one} for one in after),
            *({"kind": "proposed", **one} for one in before),
        ]
