"""Running awards to be looked at again, and what the looks came to, as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.eligibility.determinations.domain import Filing
from services.eligibility.determinations.store import Determinations
from services.eligibility.policy import PolicyBook, Programme
from services.eligibility.rechecks.domain import Looked, Standing
from shared.contracts.facts import PersonFacts
from shared.contracts.letter import Letter
from shared.jsonb import jsonb
from shared.work import Row, Work

# `LIMIT 1`: as an EXISTS it is answered from a hash of all open re-checks, anew for every chunk.
STANDINGS = """
SELECT a.award_id, a.application_id, a.person_id, a.programme, a.area_code, a.agency,
    a.benefit_class, a.determination_id, d.outcome, d.unmet, d.unknown, a.reconsider_on,
    a.recheck_due_on, a.certificate_until_on,
    CAST(d.facts || COALESCE(p.facts, '{}') AS text) AS facts,
    (SELECT true FROM rechecks r WHERE r.award_id = a.award_id AND r.open LIMIT 1) IS NOT NULL
        AS doubt
FROM awards a JOIN determinations d ON d.determination_id = a.determination_id
LEFT JOIN people p ON p.person_id = a.person_id
WHERE a.state = 'active'
"""
OF_PERSON = STANDINGS + " AND a.person_id = :person_id ORDER BY a.award_id FOR UPDATE OF a"
DUE = (
    STANDINGS
    + """ AND a.look_on <= :today AND a.area_code LIKE :area AND p.died_on IS NULL
ORDER BY a.look_on, a.award_id LIMIT :most FOR UPDATE OF a SKIP LOCKED
"""
)
# A proposal about older findings goes back to the street; what somebody saw (`report`) stands.
SAVE = """
WITH looked AS (
    SELECT * FROM jsonb_to_recordset(CAST(:looked AS jsonb)) AS t(award_id uuid,
        reconsider_on date, recheck_due_on date, certificate_until_on date, standing_id uuid,
        benefit_class text, monthly_amount_fen bigint, starts_on date, article text, trigger text)
), turned AS (
    UPDATE awards a SET reconsider_on = l.reconsider_on, recheck_due_on = l.recheck_due_on,
        certificate_until_on = l.certificate_until_on,
        determination_id = COALESCE(l.standing_id, a.determination_id),
        benefit_class = COALESCE(l.benefit_class, a.benefit_class),
        monthly_amount_fen = COALESCE(l.monthly_amount_fen, a.monthly_amount_fen)
    FROM looked l WHERE a.award_id = l.award_id
    RETURNING a.award_id, a.area_code, a.agency
), asked AS (
    INSERT INTO rechecks AS r (recheck_id, award_id, application_id, person_id, programme,
        area_code, agency, trigger, determination_id, outcome, unmet, unknown, opened_on, stage)
    SELECT recheck_id, award_id, application_id, person_id, programme, area_code, agency,
        trigger, determination_id, outcome, unmet, unknown, :today, 'open'
    FROM jsonb_populate_recordset(CAST(NULL AS rechecks), CAST(:rechecks AS jsonb))
    ON CONFLICT (award_id) WHERE open DO UPDATE SET determination_id = excluded.determination_id,
        outcome = excluded.outcome, unmet = excluded.unmet, unknown = excluded.unknown,
        stage = CASE r.trigger WHEN 'report' THEN r.stage ELSE 'open' END,
        finding = CASE r.trigger WHEN 'report' THEN r.finding END,
        reason = CASE r.trigger WHEN 'report' THEN r.reason END,
        effective_on = CASE r.trigger WHEN 'report' THEN r.effective_on END,
        reviewed_by = CASE r.trigger WHEN 'report' THEN r.reviewed_by END,
        reviewed_on = CASE r.trigger WHEN 'report' THEN r.reviewed_on END
)
INSERT INTO award_acts (award_id, act, effective_on, reason, article, sub, body, area_code, agency,
    made_on)
SELECT l.award_id, 'reclassified', l.starts_on, l.trigger, l.article, :sub, '', t.area_code,
    t.agency, :today
FROM looked l JOIN turned t USING (award_id) WHERE l.benefit_class IS NOT NULL
"""
CLOSE = """
UPDATE rechecks r SET stage = 'closed' FROM awards a
WHERE a.award_id = r.award_id AND a.state = 'ended' AND r.open
    AND (r.person_id = :person_id OR r.application_id = :application_id)
"""
FOLLOW = "UPDATE rechecks SET area_code = :area_code WHERE person_id = :person_id"
WORKLIST = """
SELECT recheck_id, award_id, person_id, programme, area_code, trigger, outcome, unmet, unknown,
    opened_on, stage, finding, reason, effective_on, reviewed_by, reviewed_on, decided_by,
    decided_on
FROM rechecks
WHERE (CAST(:stage AS text) IS NULL OR stage = :stage)
    AND (CAST(:trigger AS text) IS NULL OR trigger = :trigger)
    AND (CAST(:outcome AS text) IS NULL OR outcome = :outcome)
    AND (CAST(:programme AS text) IS NULL OR programme = :programme)
    AND (CAST(:after_on AS date) IS NULL
        OR (opened_on, recheck_id) > (CAST(:after_on AS date), CAST(:after_id AS uuid)))
ORDER BY opened_on, recheck_id LIMIT :most
"""


class Rechecks:
    """Awards as looks find them, and what the looks leave to be done."""

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

    async def of_person(self, person_id: UUID) -> list[Standing]:
        """The person's running awards, locked."""
        return [_standing(row) for row in await self._work.rows(OF_PERSON, person_id=person_id)]

    async def due(self, area: str, most: int) -> list[Standing]:
        """Awards to be looked at by today, locked; `area` is a LIKE pattern."""
        rows = await self._work.rows(DUE, today=self.today, area=area, most=most)
        return [_standing(row) for row in rows]

    async def save(self, looked: Sequence[Looked]) -> None:
        """Keep what looks came to: new determinations, other classes, questions for people."""
        made = [one.made for one in looked if one.made is not None]
        if made:
            events: list[Letter] = [one.letter(self.now) for one in made]
            await Determinations(self._work).save(made, [], events)
        await self._work.run(
            SAVE,
            looked=jsonb([_looked_row(one) for one in looked]),
            rechecks=jsonb([_recheck_row(one) for one in looked if one.recheck is not None]),
            sub=self._work.caller.sub,
            today=self.today,
        )
        changed = [one.reclassified for one in looked if one.reclassified is not None]
        self._work.send(*(one.letter(self.now) for one in changed))

    async def close(
        self, *, person_id: UUID | None = None, application_id: UUID | None = None
    ) -> None:
        """Close the questions about awards that have ended by themselves."""
        await self._work.run(CLOSE, person_id=person_id, application_id=application_id)

    async def follow(self, person_id: UUID, area_code: str) -> None:
        """File a person's re-checks under the new community of the same district."""
        await self._work.run(FOLLOW, person_id=person_id, area_code=area_code)

    async def worklist(
        self, after: tuple[date | None, UUID | None], most: int, **wanted: str | None
    ) -> Sequence[Row]:
        """Re-checks in the caller's area, the longest waiting first."""
        return await self._work.rows(
            WORKLIST, after_on=after[0], after_id=after[1], most=most, **wanted
        )


def _standing(row: Row) -> Standing:
    filing = Filing(
        row["application_id"],
        row["person_id"],
        row["programme"],
        row["area_code"],
        row["agency"],
    )
    return Standing(
        row["award_id"],
        filing,
        row["benefit_class"],
        PersonFacts.model_validate_json(row["facts"]),
        row["determination_id"],
        row["outcome"],
        tuple(row["unmet"]),
        tuple(row["unknown"]),
        row["doubt"],
        row["reconsider_on"],
        row["recheck_due_on"],
        row["certificate_until_on"],
    )


def _looked_row(one: Looked) -> dict[str, Any]:
    made, changed = one.made, one.reclassified
    # What the rules affirm needs nobody's decision; a doubt stands beside until people decide.
    affirmed = made is not None and made.judgement.outcome == "eligible"
    return {
        "award_id": one.standing.award_id,
        "reconsider_on": one.reconsider_on,
        "recheck_due_on": one.recheck_due_on,
        "certificate_until_on": one.certificate_until_on,
        "standing_id": made.determination_id if made is not None and affirmed else None,
        "benefit_class": changed and changed.benefit_class,
        "monthly_amount_fen": changed and changed.monthly_amount_fen,
        "starts_on": changed and changed.starts_on,
        "article": changed and changed.article,
        "trigger": changed and changed.trigger,
    }


def _recheck_row(one: Looked) -> dict[str, Any]:
    asked = one.recheck
    if asked is None:
        return {}
    filing = asked.standing.filing
    return {
        "recheck_id": asked.recheck_id,
        "award_id": asked.standing.award_id,
        "application_id": filing.application_id,
        "person_id": filing.person_id,
        "programme": filing.programme,
        "area_code": filing.area_code,
        "agency": filing.agency,
        "trigger": asked.trigger,
        "determination_id": asked.determination_id,
        "outcome": asked.outcome,
        "unmet": asked.unmet,
        "unknown": asked.unknown,
    }
