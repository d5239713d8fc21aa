"""Swift works: they look without a lock, and write all they have in one statement, or nothing.

The statement looks again, under the lock. Where what was decided upon is no longer so, or the key
of a request was taken meanwhile, nothing is done and the work is done afresh, with locks from the
beginning. Works of one scope share the statement of their moment.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeAlias

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.audit import AuditRow, auditing
from shared.contracts.letter import Envelope
from shared.driver import Line
from shared.idempotency import Answer, Attempt
from shared.outages import sqlstate_of
from shared.outbox import posting
from shared.together import Afresh, choir_of

Row: TypeAlias = Mapping[str, Any]
"""A row by its columns' names."""
Statement: TypeAlias = tuple[str, Mapping[str, Any]]
Asking: TypeAlias = Callable[[Sequence[Any]], Statement]
"""A query for several; each row says in `nth` whose it is, counted from 1."""
CHANGED = "40001"
"""Serialization failure: what the statement builds upon is no longer so."""
BUSY = ("55P03", "40P01")
"""Somebody else has what it needs: the lock was not to be had in time, or both waited in a ring."""
PATIENCE = "50ms"
"""So long a statement waits for a lock; nobody who shares it waits longer for another's holder."""

# The scope is set first, because what is asked waits for `opened`.
GLANCED = """
WITH opened AS MATERIALIZED (
    SELECT num_nulls(set_config('juyang.areas', :scope_areas, true),
        set_config('juyang.agency', :scope_agency, true)) = 0 AS ready
), asked AS (
    SELECT * FROM unnest(CAST(:asked_subs AS text[]), CAST(:asked_keys AS text[]))
        WITH ORDINALITY AS a (sub, key, nth)
)
SELECT found.*, coalesce(before.known, false) AS opened_known
FROM opened, LATERAL (SELECT found.* FROM ({sql}) AS found WHERE opened.ready OFFSET 0) AS found
    JOIN asked USING (nth)
    LEFT JOIN LATERAL (SELECT true AS known FROM idempotency i
        WHERE i.sub = asked.sub AND i.key = asked.key LIMIT 1) AS before ON true
ORDER BY nth
"""
# Keys are taken before anything is locked, and in one order.
SETTLED = """
WITH claimed AS (
    INSERT INTO idempotency (sub, key, digest, status, location, body)
    SELECT * FROM unnest(CAST(:claim_subs AS text[]), CAST(:claim_keys AS text[]),
        CAST(:claim_digests AS bytea[]), CAST(:answer_statuses AS integer[]),
        CAST(:answer_locations AS text[]), CAST(:answer_bodies AS bytea[])) AS c (sub, key)
    WHERE set_config('lock_timeout', '{patience}', true) IS NOT NULL
    ORDER BY sub, key
    ON CONFLICT (sub, key) DO NOTHING RETURNING key
), opened AS MATERIALIZED (
    SELECT (SELECT count(*) FROM claimed) = cardinality(CAST(:claim_keys AS text[])) AS fresh,
        set_config('juyang.areas', :scope_areas, true),
        set_config('juyang.agency', :scope_agency, true)
), {parts}
SELECT 1 FROM opened, LATERAL ({sql} OFFSET 0) AS written
"""


@dataclass(frozen=True, slots=True)
class Bidding:
    """One's part in a write, and the query that writes the parts of several.

    The query has to raise `CHANGED` unless `opened.fresh`, and where what was glanced at is no
    longer so; the names of its values are no names of the outbox's or the audit's. `alike` is
    what all parts of one statement have in common; no two of them have the same `apart`.
    """

    writing: Asking
    alike: Hashable
    apart: Hashable
    one: Any


@dataclass(frozen=True, slots=True)
class Whole:
    """All that a work writes."""

    attempt: Attempt
    answer: Answer
    audits: Sequence[AuditRow]
    letters: Sequence[Envelope]
    one: Any


async def glance(
    engine: AsyncEngine, scope: Mapping[str, str], asking: Asking, one: tuple[Attempt, Any]
) -> Row:
    """One's row of what `asking` finds.

    Raises:
        Afresh: the key was taken before, or the statement failed.
    """
    kind = ("glance", asking, *scope.values())
    row: Row = await choir_of(engine).said(kind, partial(_glanced, engine, scope, asking), one)
    if row["opened_known"]:
        raise Afresh
    return row


async def settle(
    engine: AsyncEngine, scope: Mapping[str, str], bidding: Bidding, whole: Whole
) -> None:
    """Write all that a work writes.

    Raises:
        Afresh: it cannot stand, and nothing was written; or it failed, and the key will tell.
    """
    kind = ("settle", bidding.writing, bidding.alike, *scope.values())
    say = partial(_settled, engine, scope, bidding.writing)
    await choir_of(engine).said(kind, say, whole, apart=(bidding.writing, bidding.apart))


async def _glanced(
    engine: AsyncEngine,
    scope: Mapping[str, str],
    asking: Asking,
    ones: Sequence[tuple[Attempt, Any]],
) -> Sequence[Row]:
    sql, values = asking([one for _, one in ones])
    keys = {
        "asked_subs": [attempt.sub for attempt, _ in ones],
        "asked_keys": [attempt.key for attempt, _ in ones],
    }
    return await Line.alone(engine, _glancing(sql), {**values, **keys, **_scope(scope)})


async def _settled(
    engine: AsyncEngine, scope: Mapping[str, str], writing: Asking, wholes: Sequence[Whole]
) -> Sequence[None]:
    sql, values = writing([whole.one for whole in wholes])
    audited, audits = auditing([row for whole in wholes for row in whole.audits])
    posted, letters = posting([letter for whole in wholes for letter in whole.letters])
    claims = {
        "claim_subs": [whole.attempt.sub for whole in wholes],
        "claim_keys": [whole.attempt.key for whole in wholes],
        "claim_digests": [whole.attempt.digest for whole in wholes],
        "answer_statuses": [whole.answer.status for whole in wholes],
        "answer_locations": [whole.answer.location for whole in wholes],
        "answer_bodies": [whole.answer.body for whole in wholes],
    }
    ours = {**audits, **letters, **claims, **_scope(scope)}
    assert not ours.keys() & values.keys()
    try:
        await Line.alone(engine, _settling(f"{audited},{posted}", sql), {**ours, **values})
    except DBAPIError as failure:
        if sqlstate_of(failure) in {CHANGED, *BUSY}:
            raise Afresh from failure
        raise
    return [None] * len(wholes)


@lru_cache
def _glancing(sql: str) -> str:
    return GLANCED.format(sql=sql)


@lru_cache
def _settling(parts: str, sql: str) -> str:
    return SETTLED.format(parts=parts, sql=sql, patience=PATIENCE)


def _scope(scope: Mapping[str, str]) -> dict[str, str]:
    return {f"scope_{name}": value for name, value in scope.items()}
