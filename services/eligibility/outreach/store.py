"""Residents to be judged, those who have not applied, and how often was erred, as SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.eligibility.outreach.domain import Judged, Resident
from services.eligibility.policy import PolicyBook
from shared.contracts.facts import PersonFacts
from shared.jsonb import jsonb
from shared.work import Row, Work

DUE = """
SELECT person_id, area_code, facts || jsonb_strip_nulls(jsonb_build_object('died_on', died_on))
    AS facts
FROM people WHERE look_on <= :today AND area_code LIKE :area
ORDER BY look_on, person_id LIMIT :most FOR UPDATE SKIP LOCKED
"""
SAVE = """
WITH judged AS (
    SELECT * FROM jsonb_to_recordset(CAST(:judged AS jsonb)) AS t(person_id uuid, look_on date)
), found AS (
    SELECT * FROM jsonb_populate_recordset(CAST(NULL AS prospects), CAST(:prospects AS jsonb))
), gone AS (
    DELETE FROM prospects r USING judged j WHERE r.person_id = j.person_id AND NOT EXISTS (
        SELECT 1 FROM found f WHERE f.person_id = r.person_id AND f.programme = r.programme)
), kept AS (
    INSERT INTO prospects AS r (person_id, programme, area_code, outcome, benefit_class, unknown,
        found_on)
    SELECT person_id, programme, area_code, outcome, benefit_class, unknown, :today FROM found
    ON CONFLICT (person_id, programme) DO UPDATE SET area_code = excluded.area_code,
        benefit_class = excluded.benefit_class, unknown = excluded.unknown,
        found_on = CASE r.outcome WHEN excluded.outcome THEN r.found_on ELSE excluded.found_on END,
        outcome = excluded.outcome
)
UPDATE people p SET look_on = j.look_on FROM judged j WHERE p.person_id = j.person_id
"""
# Whoever has a case before officers or a running award is served already.
UNSERVED = """
FROM prospects r JOIN people p USING (person_id)
WHERE p.died_on IS NULL
    AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.person_id = r.person_id
        AND c.programme = r.programme AND c.open)
    AND NOT EXISTS (SELECT 1 FROM awards a WHERE a.person_id = r.person_id
        AND split_part(a.programme, '/', 2) = split_part(r.programme, '/', 2)
        AND a.state = 'active')
    AND (CAST(:programme AS text) IS NULL OR r.programme = :programme)
    AND p.area_code LIKE :within
"""
APPLIED = """EXISTS (SELECT 1 FROM cases c WHERE c.person_id = r.person_id
    AND c.programme = r.programme)"""
COUNTS = f"""
SELECT p.area_code, r.programme, count(*) FILTER (WHERE r.outcome = 'eligible') AS eligible,
    count(*) FILTER (WHERE r.outcome <> 'eligible') AS nearly,
    count(*) FILTER (WHERE r.outcome = 'eligible' AND {APPLIED}) AS applied_before
{UNSERVED}
GROUP BY 1, 2 ORDER BY 1, 2
"""
PERSONS = f"""
SELECT r.person_id, r.programme, p.area_code, r.outcome, r.benefit_class, r.unknown, r.found_on,
    {APPLIED} AS applied_before
{UNSERVED}
    AND (CAST(:outcome AS text) IS NULL OR r.outcome = :outcome)
    AND (CAST(:after_id AS uuid) IS NULL
        OR (r.person_id, r.programme) > (CAST(:after_id AS uuid), CAST(:after_name AS text)))
ORDER BY r.person_id, r.programme LIMIT :most
"""
# Included in error: found not to be entitled at a re-check. Excluded in error: entitled by what is
# known, but never asked, or refused: with an award from no later than that month, or eligible now
# and not just by a birthday since.
ACCURACY = f"""
WITH told AS (
    SELECT programme, left(area_code, 9) AS street_code,
        CAST(extract(year FROM decided_on) AS integer) AS year,
        count(*) AS rechecked, count(*) FILTER (WHERE stage = 'ended') AS not_eligible,
        0 AS refused, 0 AS refused_eligible, 0 AS never_applied_eligible
    FROM rechecks WHERE decided_on IS NOT NULL GROUP BY 1, 2, 3
    UNION ALL
    SELECT c.programme, left(c.area_code, 9), CAST(extract(year FROM c.decided_on) AS integer),
        0, 0, count(*), count(*) FILTER (WHERE EXISTS (SELECT 1 FROM awards a
            WHERE a.person_id = c.person_id AND a.programme = c.programme
                AND a.starts_on <= c.decided_on)
            OR (EXISTS (SELECT 1 FROM prospects r WHERE r.person_id = c.person_id
                AND r.programme = c.programme AND r.outcome = 'eligible')
                AND NOT EXISTS (SELECT 1 FROM determinations d WHERE d.trigger = 'birthday'
                    AND d.application_id = c.application_id AND d.outcome <> 'ineligible'))), 0
    FROM cases c WHERE c.stage = 'refused' GROUP BY 1, 2, 3
    UNION ALL
    SELECT r.programme, left(p.area_code, 9), CAST(extract(year FROM r.found_on) AS integer),
        0, 0, 0, 0, count(*)
    {UNSERVED} AND r.outcome = 'eligible' AND NOT {APPLIED} GROUP BY 1, 2, 3
)
SELECT programme, street_code, year, CAST(sum(rechecked) AS bigint) AS rechecked,
    CAST(sum(not_eligible) AS bigint) AS not_eligible, CAST(sum(refused) AS bigint) AS refused,
    CAST(sum(refused_eligible) AS bigint) AS refused_eligible,
    CAST(sum(never_applied_eligible) AS bigint) AS never_applied_eligible,
    (SELECT count(*) FROM awards a WHERE a.programme = t.programme
        AND starts_with(a.area_code, t.street_code)
        AND a.starts_on <= make_date(t.year, 12, 31)
        AND (a.ended_on IS NULL OR a.ended_on >= make_date(t.year, 1, 1))) AS awarded
FROM told t
WHERE (CAST(:programme AS text) IS NULL OR programme = :programme)
    AND (CAST(:year AS integer) IS NULL OR year = :year)
GROUP BY programme, street_code, year ORDER BY programme, street_code, year
"""


class Outreach:
    """Residents as the mirror has them, judged for every programme, and what came of it."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def today(self) -> date:
        return self._work.today

    @property
    def policies(self) -> PolicyBook:
        book: PolicyBook = self._work.state["policies"]
        return book

    async def due(self, area: str, most: int) -> list[Resident]:
        """Residents whose facts changed, or who have the birthday by today, locked."""
        rows = await self._work.rows(DUE, today=self.today, area=area, most=most)
        return [
            Resident(row["person_id"], row["area_code"], PersonFacts.model_validate(row["facts"]))
            for row in rows
        ]

    async def save(self, judged: Sequence[Judged]) -> None:
        """Keep who would be entitled to what, and when to judge again."""
        await self._work.run(
            SAVE,
            judged=jsonb(
                [{"person_id": one.resident.person_id, "look_on": one.look_on} for one in judged]
            ),
            prospects=jsonb([row for one in judged for row in _prospect_rows(one)]),
            today=self.today,
        )

    async def counts(self, programme: str | None, within: str) -> Sequence[Row]:
        """How many have not applied, by community and programme."""
        return await self._work.rows(COUNTS, programme=programme, within=f"{within}%")

    async def persons(
        self,
        programme: str | None,
        outcome: str | None,
        within: str,
        after: tuple[UUID | None, str | None],
        most: int,
    ) -> Sequence[Row]:
        """Those who have not applied; the look is journalled, for it names people."""
        rows = await self._work.rows(
            PERSONS,
            programme=programme,
            outcome=outcome,
            within=f"{within}%",
            after_id=after[0],
            after_name=after[1],
            most=most,
        )
        self._work.audit("outreach.persons", f"within={within}", count=len(rows))
        return rows

    async def accuracy(self, programme: str | None, year: int | None) -> Sequence[Row]:
        """How often was erred, by programme, street and year."""
        return await self._work.rows(ACCURACY, programme=programme, within="%", year=year)


def _prospect_rows(judged: Judged) -> list[dict[str, Any]]:
    return [
        {
            "person_id": judged.resident.person_id,
            "programme": one.programme,
            "area_code": judged.resident.area_code,
            "outcome": one.outcome,
            "benefit_class": one.benefit_class,
            "unknown": one.unknown,
        }
        for one in judged.prospects
    ]
