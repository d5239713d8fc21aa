"""The outbox: letters wait here, inside the transaction that caused them, for the relay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.letter import Envelope
from shared.keeping import kept_json, require_size

RELAY = "relay"
"""Under this name a letter is parked that the broker refuses for good."""

# One statement for any number of letters: the heads' row locks order writers of one aggregate,
# and positions are drawn after the lock is held.
POSTED = """
letters AS (
    SELECT * FROM unnest(
        CAST(:ids AS uuid[]), CAST(:types AS text[]), CAST(:topics AS text[]),
        CAST(:keys AS uuid[]), CAST(:aggregates AS uuid[]), CAST(:occurred AS timestamptz[]),
        CAST(:recorded AS timestamptz[]), CAST(:persons AS uuid[]), CAST(:applications AS uuid[]),
        CAST(:causes AS uuid[]), CAST(:areas AS text[]), CAST(:agencies AS text[]),
        CAST(:traces AS text[]), CAST(:facts AS text[])
    ) WITH ORDINALITY AS t(id, type, topic, key, aggregate_id, occurred_at, recorded_at,
        person_id, application_id, causation_id, area_code, agency, traceparent, facts, nth)
), counts AS (
    SELECT aggregate_id, count(*) AS n FROM letters GROUP BY aggregate_id ORDER BY aggregate_id
), heads AS (
    INSERT INTO outbox_heads AS h (aggregate_id, seq)
    SELECT aggregate_id, n FROM counts
    ON CONFLICT (aggregate_id) DO UPDATE SET seq = h.seq + excluded.seq
    RETURNING h.aggregate_id, h.seq
), posted AS (
    INSERT INTO outbox (id, type, topic, key, aggregate_id, seq, occurred_at, recorded_at,
        person_id, application_id, causation_id, area_code, agency, traceparent, facts)
    SELECT l.id, l.type, l.topic, l.key, l.aggregate_id,
        h.seq - c.n + row_number() OVER (PARTITION BY l.aggregate_id ORDER BY l.nth),
        l.occurred_at, l.recorded_at, l.person_id, l.application_id, l.causation_id, l.area_code,
        l.agency, l.traceparent, CAST(l.facts AS jsonb)
    FROM letters l JOIN heads h USING (aggregate_id) JOIN counts c USING (aggregate_id)
    ORDER BY l.nth
)"""

# The same for the one letter that most requests send.
POSTED_ONE = """
heads AS (
    INSERT INTO outbox_heads AS h (aggregate_id, seq) VALUES (:letter_aggregate_id, 1)
    ON CONFLICT (aggregate_id) DO UPDATE SET seq = h.seq + 1
    RETURNING h.seq
), posted AS (
    INSERT INTO outbox (id, type, topic, key, aggregate_id, seq, occurred_at, recorded_at,
        person_id, application_id, causation_id, area_code, agency, traceparent, facts)
    SELECT CAST(:letter_id AS uuid), CAST(:letter_type AS text), CAST(:letter_topic AS text),
        CAST(:letter_key AS uuid), :letter_aggregate_id, heads.seq,
        CAST(:letter_occurred_at AS timestamptz), CAST(:letter_recorded_at AS timestamptz),
        CAST(:letter_person_id AS uuid), CAST(:letter_application_id AS uuid),
        CAST(:letter_causation_id AS uuid), CAST(:letter_area_code AS text),
        CAST(:letter_agency AS text), CAST(:letter_traceparent AS text),
        CAST(:letter_facts AS jsonb)
    FROM heads
)"""
SINGLE = (
    "id", "type", "topic", "key", "aggregate_id", "occurred_at", "recorded_at", "person_id",
    "application_id", "causation_id", "area_code", "agency", "traceparent",
)  # fmt: skip

POST = text(f"WITH {POSTED} SELECT 1")
UNSENT = text("""
SELECT position, id, type, topic, aggregate_id, seq, occurred_at, recorded_at, person_id,
    application_id, causation_id, area_code, agency, traceparent, CAST(facts AS text) AS facts
FROM outbox
WHERE NOT sent AND (:parts = 1 OR mod(abs(hashtextextended(CAST(key AS text), 0)), :parts) = :part)
    AND key <> ALL (ARRAY(SELECT key FROM parked WHERE consumer = 'relay' AND state = 'waiting'))
ORDER BY position LIMIT :most
""")

HELD = text("SELECT key FROM parked WHERE consumer = 'relay' AND state = 'waiting'")
HOLD = text("""
INSERT INTO parked (consumer, letter_id, type, topic, key, aggregate_id, seq, envelope, cause,
    attempts)
VALUES ('relay', :id, :type, :topic, :key, :aggregate_id, :seq, CAST(:envelope AS jsonb), :cause, 1)
ON CONFLICT (consumer, letter_id) DO UPDATE
    SET state = 'waiting', attempts = parked.attempts + 1
""")
SENT = text("UPDATE outbox SET sent = true WHERE position = ANY(CAST(:positions AS bigint[]))")


def _columns(letters: Sequence[Envelope]) -> dict[str, Any]:
    for letter in letters:
        require_size(letter)
    return {
        "ids": [x.id for x in letters],
        "types": [x.type for x in letters],
        "topics": [x.topic for x in letters],
        "keys": [x.key for x in letters],
        "aggregates": [x.aggregate_id for x in letters],
        "occurred": [x.occurred_at for x in letters],
        "recorded": [x.recorded_at for x in letters],
        "persons": [x.person_id for x in letters],
        "applications": [x.application_id for x in letters],
        "causes": [x.causation_id for x in letters],
        "areas": [x.area_code for x in letters],
        "agencies": [x.agency for x in letters],
        "traces": [x.traceparent for x in letters],
        "facts": [x.facts.decode() for x in letters],
    }


def posting(letters: Sequence[Envelope]) -> tuple[str, dict[str, Any]]:
    """The part of a statement, and its values, that puts letters into the outbox, in order.

    Raises:
        Invalid: a letter is larger than any broker would take.
    """
    if len(letters) == 1:
        one = letters[0]
        require_size(one)
        values = {f"letter_{name}": getattr(one, name) for name in SINGLE}
        return POSTED_ONE, {**values, "letter_facts": one.facts.decode()}
    return POSTED, _columns(letters)


async def post(connection: AsyncConnection, letters: Sequence[Envelope]) -> None:
    """Put letters into the outbox on their own, outside a unit of work."""
    await connection.execute(POST, _columns(letters))


def envelope_of(row: RowMapping) -> Envelope:
    """Read a letter from its outbox row."""
    values: dict[str, Any] = {str(name): value for name, value in row.items()}
    values["facts"] = values["facts"].encode()
    return Envelope(**values)


async def unsent(
    connection: AsyncConnection, *, part: int, parts: int, most: int
) -> list[Envelope]:
    """The oldest letters of one partition that may be sent, in order; none behind a held one."""
    found = await connection.execute(UNSENT, {"part": part, "parts": parts, "most": most})
    return [envelope_of(row) for row in found.mappings()]


async def mark_sent(connection: AsyncConnection, letters: Sequence[Envelope]) -> None:
    """Letters that the bus has taken over for good."""
    await connection.execute(SENT, {"positions": [x.position for x in letters]})


async def hold(connection: AsyncConnection, letter: Envelope, why: str) -> None:
    """Park a letter that the broker refuses for good; what is behind it of its key waits."""
    await connection.execute(
        HOLD,
        {
            "id": letter.id,
            "type": letter.type,
            "topic": letter.topic,
            "key": letter.key,
            "aggregate_id": letter.aggregate_id,
            "seq": letter.seq,
            "envelope": kept_json(letter),
            "cause": why,
        },
    )


async def held_keys(connection: AsyncConnection) -> set[UUID]:
    """The keys whose letters wait behind one that the broker has refused."""
    return set(await connection.scalars(HELD))
