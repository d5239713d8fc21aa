"""Determinations and the cases they open, as SQL; a load and a save are one statement each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.eligibility.determinations.domain import (
    ENGINE_VERSION,
    Case,
    Determination,
    Filing,
    Known,
)
from services.eligibility.policy import PolicyBook, Programme
from shared.contracts.facts import PersonFacts
from shared.contracts.letter import Letter
from shared.errors import NotFound
from shared.jsonb import jsonb
from shared.work import Row, Work

OPEN_OR_RUNNING = """
    EXISTS (SELECT 1 FROM cases o WHERE o.person_id = {person} AND o.programme = {programme}
        AND o.open)
    OR EXISTS (SELECT 1 FROM awards w WHERE w.person_id = {person} AND w.programme = {programme}
        AND w.state = 'active')
"""
# A programme that follows others (二 (2): first those in hardship) is started once they are.
ACTIVATED = """
    EXISTS (SELECT 1 FROM activations a WHERE a.programme = {programme} AND a.active
        AND starts_with({area}, a.street_code))
    AND NOT EXISTS (SELECT 1 FROM jsonb_to_recordset(CAST(:phases AS jsonb))
            AS f(programme text, before text)
        WHERE f.programme = {programme} AND NOT EXISTS (SELECT 1 FROM activations b
            WHERE b.programme = f.before AND b.active AND starts_with({area}, b.street_code)))
"""
KNOWN = f"""
SELECT k.known_area, k.died_on, k.moved_on,
    {OPEN_OR_RUNNING.format(person="q.person_id", programme="q.programme")} AS taken,
    EXISTS (SELECT 1 FROM cases s WHERE s.application_id = q.application_id) AS seen,
    ({ACTIVATED.format(programme="q.programme", area="q.area_code")}) AS activated
FROM (SELECT CAST(:person_id AS uuid) AS person_id, CAST(:programme AS text) AS programme,
    CAST(:application_id AS uuid) AS application_id, CAST(:area_code AS text) AS area_code) q
LEFT JOIN LATERAL known_person(q.person_id) k ON true
"""
DETERMINATION_COLUMNS = """determination_id, application_id, person_id, programme, area_code,
    agency, trigger, as_of_on, made_on, facts, policy_version, engine_version, outcome,
    benefit_class, findings, unmet, unknown, evidence, flags, reasons, reconsider_on,
    refer_to, digest"""
CASE_COLUMNS = """case_id, application_id, determination_id, person_id, programme, area_code,
    agency, outcome, benefit_class, stage, opened_on, starts_on, reconsider_on"""
# A case determined again goes back to the street: what was recommended was about older findings.
SAVE = f"""
WITH made AS (
    INSERT INTO determinations ({DETERMINATION_COLUMNS})
    SELECT {DETERMINATION_COLUMNS}
    FROM jsonb_populate_recordset(CAST(NULL AS determinations), CAST(:made AS jsonb))
), opened AS (
    INSERT INTO cases ({CASE_COLUMNS})
    SELECT {CASE_COLUMNS}
    FROM jsonb_populate_recordset(CAST(NULL AS cases), CAST(:opened AS jsonb))
)
UPDATE cases c SET determination_id = r.determination_id, outcome = r.outcome,
    benefit_class = r.benefit_class, reconsider_on = r.reconsider_on, reviewed_by = NULL,
    reviewed_on = NULL, recommendation = NULL,
    stage = CASE c.stage WHEN 'held' THEN 'held' ELSE 'street_review' END
FROM jsonb_populate_recordset(CAST(NULL AS cases), CAST(:revised AS jsonb)) r
WHERE c.case_id = r.case_id
"""
UNDECIDED = """
SELECT c.case_id, c.application_id, c.person_id, c.programme, c.area_code, c.agency,
    d.as_of_on, d.trigger, d.outcome, d.benefit_class, d.findings
FROM cases c JOIN determinations d USING (determination_id)
WHERE c.person_id = :person_id AND c.open ORDER BY c.case_id FOR UPDATE OF c
"""
DUE = f"""
SELECT c.case_id, c.application_id, c.person_id, c.programme, c.area_code, c.agency,
    c.reconsider_on, d.facts || COALESCE(p.facts, '{{}}') AS facts,
    {OPEN_OR_RUNNING.format(person="c.person_id", programme="c.programme")} AS taken,
    ({ACTIVATED.format(programme="c.programme", area="c.area_code")}) AS activated
FROM cases c JOIN determinations d USING (determination_id)
LEFT JOIN people p ON p.person_id = c.person_id
WHERE c.stage = 'refused' AND c.outcome = 'ineligible' AND c.reconsider_on <= :today
    AND c.area_code LIKE :area AND p.died_on IS NULL
ORDER BY c.reconsider_on, c.case_id LIMIT :most FOR UPDATE OF c SKIP LOCKED
"""
POSTPONE = """
UPDATE cases c SET reconsider_on = t.next_on
FROM unnest(CAST(:ids AS uuid[]), CAST(:days AS date[])) AS t(case_id, next_on)
WHERE c.case_id = t.case_id
"""
OF_APPLICATION = """
SELECT determination_id, application_id, person_id, programme, area_code, trigger, as_of_on,
    made_on, policy_version, engine_version, outcome, benefit_class, findings, evidence, flags,
    reasons, reconsider_on, refer_to, digest
FROM determinations WHERE application_id = :application_id ORDER BY made_at, determination_id
"""
STORED = """
SELECT determination_id, programme, as_of_on, facts, policy_version, engine_version, outcome,
    benefit_class, findings, evidence, flags, reconsider_on, refer_to, digest
FROM determinations WHERE determination_id > :after ORDER BY determination_id LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Undecided:
    """An open case and what its present determination says."""

    case_id: UUID
    filing: Filing
    as_of_on: date
    answer: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """A refused case whose person has had the birthday that may change the answer."""

    case_id: UUID
    filing: Filing
    facts: PersonFacts
    birthday_on: date
    known: Known


class Determinations:
    """Loads what a determination needs and keeps what it says."""

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

    async def known(self, filing: Filing) -> Known:
        """What this office knows of the person, street and earlier applications."""
        row = await self._work.row(
            KNOWN,
            person_id=filing.person_id,
            programme=filing.programme,
            application_id=filing.application_id,
            area_code=filing.area_code,
            phases=phases_of(self._work),
        )
        return Known(**(row or {}))

    async def undecided(self, person_id: UUID) -> list[Undecided]:
        """The person's open cases, locked."""
        rows = await self._work.rows(UNDECIDED, person_id=person_id)
        return [_undecided(row) for row in rows]

    async def due(self, area: str, most: int) -> list[Due]:
        """Refused cases to look at again by today, locked; `area` is a LIKE pattern."""
        rows = await self._work.rows(
            DUE, today=self.today, area=area, most=most, phases=phases_of(self._work)
        )
        return [_due(row) for row in rows]

    async def save(
        self,
        made: Sequence[Determination],
        opened: Sequence[Case],
        events: Sequence[Letter],
        revised: Sequence[tuple[UUID, Determination]] = (),
    ) -> None:
        """Keep determinations, the cases they open and the open cases that they revise."""
        await self._work.run(
            SAVE,
            made=jsonb([_determination_row(one, self.today) for one in made]),
            opened=jsonb([_case_row(case) for case in opened]),
            revised=jsonb([_revised_row(case_id, one) for case_id, one in revised]),
        )
        self._work.send(*events)

    async def postpone(self, days: Sequence[tuple[UUID, date | None]]) -> None:
        """When to look at refused cases again; none: never."""
        await self._work.run(POSTPONE, ids=[c for c, _ in days], days=[day for _, day in days])

    async def of_application(self, application_id: UUID) -> Sequence[Row]:
        """All determinations of an application, oldest first.

        Raises:
            NotFound: there are none in the caller's area.
        """
        rows = await self._work.rows(OF_APPLICATION, application_id=application_id)
        if not rows:
            raise NotFound(
                "no_such_application",
                "辖区内没有这份申请的审核记录",
                "there is no determination of such an application in your area",
            )
        return rows

    async def stored(self, after: UUID, most: int) -> Sequence[Row]:
        """Determinations after an id, with the facts to replay them."""
        return await self._work.rows(STORED, after=after, most=most)


def phases_of(work: Work) -> str:
    """Which programmes start in a street after which, for `ACTIVATED`."""
    book: PolicyBook = work.state["policies"]
    return jsonb(book.phases())


def answer_of(made: Determination) -> tuple[Any, ...]:
    """What has to differ for a new determination to be worth keeping."""
    return made.judgement.outcome, made.benefit_class, jsonb(_findings(made))


def stored_answer(row: Row) -> tuple[Any, ...]:
    """The same of a stored determination."""
    return row["outcome"], row["benefit_class"], jsonb(row["findings"])


def _findings(made: Determination) -> list[dict[str, Any]]:
    return [finding._asdict() for finding in made.judgement.findings]


def _determination_row(made: Determination, today: date) -> dict[str, Any]:
    judgement = made.judgement
    return {
        **asdict(made.filing),
        "determination_id": made.determination_id,
        "trigger": made.trigger,
        "as_of_on": judgement.as_of,
        "made_on": today,
        "facts": made.facts.model_dump(mode="json", exclude_none=True),
        "policy_version": judgement.policy_version,
        "engine_version": ENGINE_VERSION,
        "outcome": judgement.outcome,
        "benefit_class": made.benefit_class,
        "findings": _findings(made),
        "unmet": made.unmet,
        "unknown": made.unknown,
        "evidence": judgement.evidence,
        "flags": judgement.flags,
        "reasons": judgement.reasons,
        "reconsider_on": judgement.reconsider_on,
        "refer_to": judgement.refer_to,
        "digest": made.digest,
    }


def _case_row(case: Case) -> dict[str, Any]:
    made = case.determination
    return {
        **asdict(made.filing),
        "case_id": case.case_id,
        "determination_id": made.determination_id,
        "outcome": made.judgement.outcome,
        "benefit_class": made.benefit_class,
        "stage": case.stage,
        "opened_on": case.opened_on,
        "starts_on": case.starts_on,
        "reconsider_on": case.reconsider_on,
    }


def _revised_row(case_id: UUID, made: Determination) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "determination_id": made.determination_id,
        "outcome": made.judgement.outcome,
        "benefit_class": made.benefit_class,
        "reconsider_on": made.judgement.reconsider_on,
    }


def _filing(row: Row) -> Filing:
    return Filing(
        row["application_id"],
        row["person_id"],
        row["programme"],
        row["area_code"],
        row["agency"],
    )


def _undecided(row: Row) -> Undecided:
    return Undecided(row["case_id"], _filing(row), row["as_of_on"], stored_answer(row))


def _due(row: Row) -> Due:
    known = Known(taken=row["taken"], activated=row["activated"])
    facts = PersonFacts.model_validate(row["facts"])
    return Due(row["case_id"], _filing(row), facts, row["reconsider_on"], known)
