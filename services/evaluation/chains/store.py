"""Chain links in the database: one small insert for each letter, and one read for each chain."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.evaluation.chains.domain import Link
from services.evaluation.chains.titles import STAGES, Stage
from shared.contracts.letter import Envelope
from shared.errors import NotFound
from shared.inbox import NOWHERE
from shared.jsonb import jsonb
from shared.work import Row, Work

KEEP = """
INSERT INTO chain_links (letter_id, nth, application_id, person_id, type, occurred_at, recorded_at,
    aggregate_id, seq, causation_id, traceparent, area_code, agency, facts)
VALUES (:letter_id, 1, :application_id, :person_id, :type, :occurred_at, :recorded_at,
    :aggregate_id, :seq, :causation_id, :traceparent, :area_code, :agency, CAST(:facts AS jsonb))
"""
KEEP_MANY = """
INSERT INTO chain_links (letter_id, nth, application_id, person_id, type, occurred_at, recorded_at,
    aggregate_id, seq, causation_id, traceparent, area_code, agency, facts)
SELECT CAST(:letter_id AS uuid), t.nth, t.application_id, CAST(:person_id AS uuid), :type,
    CAST(:occurred_at AS timestamptz), CAST(:recorded_at AS timestamptz),
    CAST(:aggregate_id AS uuid), :seq, CAST(:causation_id AS uuid), :traceparent, :area_code,
    :agency, CAST(:facts AS jsonb)
FROM unnest(CAST(:applications AS uuid[])) WITH ORDINALITY AS t(application_id, nth)
"""
CHAIN = """
SELECT letter_id, person_id, type, occurred_at, recorded_at, causation_id, traceparent, facts
FROM chain_of(:application_id)
ORDER BY occurred_at, recorded_at, seq
"""
LIST = """
SELECT l.application_id, l.person_id, l.occurred_at, l.facts ->> 'programme' AS programme,
    latest.type AS latest_type, latest.occurred_at AS latest_at
FROM chain_links l
CROSS JOIN LATERAL (
    SELECT n.type, n.occurred_at FROM chain_links n WHERE n.application_id = l.application_id
    ORDER BY n.occurred_at DESC, n.recorded_at DESC, n.seq DESC LIMIT 1
) AS latest
WHERE l.type = 'intake.application.submitted.v1'
    AND (CAST(:person_id AS uuid) IS NULL OR l.person_id = CAST(:person_id AS uuid))
    AND (CAST(:reached AS text) IS NULL OR EXISTS (
        SELECT 1 FROM chain_links r WHERE r.application_id = l.application_id AND r.type = :reached
    ))
    AND (CAST(:after AS uuid) IS NULL OR l.application_id > CAST(:after AS uuid))
ORDER BY l.application_id LIMIT :most
"""
COUNTS = """
SELECT type, count(*) AS letters FROM chain_links WHERE nth = 1 GROUP BY type ORDER BY type
"""


class ChainLinks:
    """Keeps letters as links and reads chains, in the present transaction."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def cause(self) -> Envelope:
        """The letter being heard, as it lay in its envelope."""
        assert self._work.cause is not None
        return self._work.cause

    async def keep(self, links: Sequence[Link]) -> None:
        """Keep the links of the letter being heard; they differ in their application alone."""
        cause = self.cause
        values = {
            "letter_id": cause.id,
            "person_id": cause.person_id,
            "type": cause.type,
            "occurred_at": cause.occurred_at,
            "recorded_at": cause.recorded_at,
            "aggregate_id": cause.aggregate_id,
            "seq": cause.seq,
            "causation_id": cause.causation_id,
            "traceparent": cause.traceparent,
            "area_code": cause.area_code or NOWHERE,
            "agency": cause.agency or "",
            "facts": jsonb(links[0].facts),
        }
        if len(links) == 1:
            await self._work.run(KEEP, application_id=links[0].application_id, **values)
        else:
            await self._work.run(
                KEEP_MANY, applications=[link.application_id for link in links], **values
            )

    async def chain(self, application_id: UUID) -> Sequence[Row]:
        """All links of an application that the caller may see, in the order of time.

        Raises:
            NotFound: there are none.
        """
        rows = await self._work.rows(CHAIN, application_id=application_id)
        if not rows:
            raise NotFound(
                "chain_not_found",
                "没有该申请的记录，或不在您的范围内；刚提交的请稍后再试",
                "nothing is known of this application within your area; "
                "if it is new, try again soon",
            )
        return rows

    async def counts(self) -> dict[str, int]:
        """How many letters of each type the caller may see."""
        return {row["type"]: row["letters"] for row in await self._work.rows(COUNTS)}

    async def page(
        self, person_id: UUID | None, stage: Stage | None, after: UUID | None, most: int
    ) -> Sequence[Row]:
        """Applications in order of their ids, with their latest link."""
        return await self._work.rows(
            LIST,
            person_id=person_id,
            reached=STAGES[stage] if stage else None,
            after=after,
            most=most,
        )
