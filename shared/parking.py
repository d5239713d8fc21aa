"""Parked letters: what a consumer could not handle waits here, with what came behind it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from shared.contracts.letter import Envelope
from shared.errors import Conflict, NotFound
from shared.keeping import kept_json
from shared.outbox import RELAY
from shared.work import Row, Work

BLOCKED = """
SELECT DISTINCT key FROM parked
WHERE consumer = :consumer AND state = 'waiting' AND key = ANY(CAST(:keys AS uuid[]))
"""
PARK = """
INSERT INTO parked (consumer, letter_id, type, topic, key, aggregate_id, seq, envelope, cause,
    attempts)
VALUES (:consumer, :id, :type, :topic, :key, :aggregate_id, :seq, CAST(:envelope AS jsonb), :cause,
    :attempts)
ON CONFLICT (consumer, letter_id) DO NOTHING
"""
FIELDS = (
    "position, consumer, letter_id, type, topic, key, aggregate_id, seq, cause, attempts, state, "
    "parked_at"
)
PAGE = f"""
SELECT {FIELDS} FROM parked WHERE state = :state AND position > :after
ORDER BY position LIMIT :most
"""
# A letter may have waited at the relay first and at a consumer of the same service later.
ONE = f"""
SELECT {FIELDS}, envelope FROM parked WHERE letter_id = :letter_id
ORDER BY state = 'waiting' DESC, position DESC LIMIT 1 FOR UPDATE
"""
GIVE_UP = "SELECT give_up_letter(:letter_id)"
QUEUE = """
SELECT letter_id, envelope FROM parked
WHERE consumer = :consumer AND state = 'waiting' AND key = :key
ORDER BY position FOR UPDATE
"""
MARK = """
UPDATE parked SET state = :state
WHERE consumer = :consumer AND letter_id = :letter_id AND state = 'waiting'
"""
BEHIND = "waits behind a parked letter of the same key"


async def blocked_keys(work: Work, consumer: str, letters: Sequence[Envelope]) -> set[UUID]:
    """The keys among a batch's that have a parked letter waiting."""
    keys = list({letter.key for letter in letters})
    rows = await work.rows(BLOCKED, consumer=consumer, keys=keys)
    return {row["key"] for row in rows}


async def park(work: Work, consumer: str, letter: Envelope, cause: str, attempts: int) -> None:
    """Put a letter aside with its cause, in the present transaction."""
    await work.run(
        PARK,
        consumer=consumer,
        id=letter.id,
        type=letter.type,
        topic=letter.topic,
        key=letter.key,
        aggregate_id=letter.aggregate_id,
        seq=letter.seq,
        envelope=kept_json(letter),
        cause=cause,
        attempts=attempts,
    )


async def queue_of(work: Work, consumer: str, key: UUID) -> list[Envelope]:
    """The waiting letters of one key, in their order, locked."""
    rows = await work.rows(QUEUE, consumer=consumer, key=key)
    return [Envelope.from_json(row["envelope"]) for row in rows]


async def mark(work: Work, consumer: str, letter_id: UUID, state: str) -> None:
    """A waiting letter was replayed or discarded.

    Raises:
        Conflict: it does not wait any more.
    """
    if not await work.run(MARK, consumer=consumer, letter_id=letter_id, state=state):
        raise Conflict(
            "not_waiting", "这封信已处理过", "the letter was replayed or discarded already"
        )


class Parked:
    """The parked letters of a service, for the doors."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def page(self, state: str, after: int, most: int) -> Sequence[Row]:
        """In the order in which they were parked, without what is in them."""
        return await self._work.rows(PAGE, state=state, after=after, most=most)

    async def one(self, letter_id: UUID) -> Row:
        """One parked letter with its envelope, locked.

        Raises:
            NotFound: it is not parked here.
        """
        row = await self._work.row(ONE, letter_id=letter_id)
        if row is None:
            raise NotFound("not_parked", "没有这封搁置的信", "no such letter is parked here")
        return row

    async def send_again(self, letter_id: UUID) -> None:
        """Let the relay try a letter again that the broker has refused, and what waits behind."""
        await mark(self._work, RELAY, letter_id, "replayed")

    async def discard(self, letter_id: UUID) -> None:
        """Give a waiting letter up; one that was refused by the broker is never sent."""
        consumer = (await self.one(letter_id))["consumer"]
        await mark(self._work, consumer, letter_id, "discarded")
        if consumer == RELAY:
            await self._work.value(GIVE_UP, letter_id=letter_id)

    def told(self, act: str, letter_id: UUID, reason: str, count: int) -> None:
        """Write down who decided, and why."""
        self._work.audit(act, str(letter_id), count=count, detail=reason)
