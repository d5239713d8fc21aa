"""How fast letters get from outbox to effect, against the same rows by plain transactions."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

import asyncpg

from shared.bus.direct import DirectBus
from shared.caller import job
from shared.contracts import topics
from shared.contracts.facts import PersonFacts
from shared.contracts.ids import new_id
from shared.contracts.intake import PersonRegistered
from shared.contracts.letter import Envelope
from shared.ground.v1 import roles
from shared.inbox import Hearing
from shared.runtime import Runtime, Service
from shared.work import Work
from tests.bench.figures import AT_LEAST, Figure, Goal, Measurement, Round, middle, spread
from tests.bench.ground import Ground, ground

Record = tuple[Any, ...]
Write = Callable[[Any, str, Sequence[Record]], Awaitable[None]]
RATIO = Goal("letters_direct_vs_insert", "ratio", AT_LEAST, 0.3)
ROUNDS = 5
LETTERS, WARM_UP_LETTERS = 5_000, 1_000
SOURCE, TARGET = "intake", "vouchers"
FIRST_REVISION = "0001"
FACTS = PersonFacts(birth_on=date(1925, 5, 5), sex="female", hukou_area="110105", dibao=False)
AREA = "110105015001"
EFFECTS = f"""
CREATE TABLE {TARGET}.effects (
    person_id uuid PRIMARY KEY, area_code text NOT NULL, birth_on date, letter_id uuid NOT NULL
);
GRANT SELECT, INSERT ON {TARGET}.effects TO {roles(TARGET)["app"]}
"""
EFFECT = """
INSERT INTO effects (person_id, area_code, birth_on, letter_id)
VALUES (:person_id, :area_code, :birth_on, :letter_id)
"""
OUTBOX_COLUMNS = (
    "id", "type", "topic", "key", "aggregate_id", "seq", "occurred_at", "recorded_at", "person_id",
    "application_id", "causation_id", "area_code", "agency", "traceparent",
)  # fmt: skip
PLAIN_OUTBOX = (
    f"INSERT INTO {SOURCE}.outbox ({', '.join(OUTBOX_COLUMNS)}, facts) "
    f"VALUES ({', '.join(f'${n}' for n in range(1, len(OUTBOX_COLUMNS) + 2))})"
)
PLAIN_INBOX = f"INSERT INTO {TARGET}.inbox (consumer, letter_id) VALUES ($1, $2)"
PLAIN_EFFECT = (
    f"INSERT INTO {TARGET}.effects (person_id, area_code, birth_on, letter_id) "
    "VALUES ($1, $2, $3, $4)"
)


class Effects:
    """The receiver's store: one row for each letter."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def keep(self, letter: PersonRegistered) -> None:
        assert self._work.cause is not None
        await self._work.run(
            EFFECT,
            person_id=letter.person_id,
            area_code=letter.area_code,
            birth_on=letter.person.birth_on,
            letter_id=self._work.cause.id,
        )


async def keep(letter: PersonRegistered, effects: Effects) -> None:
    """The receiver's handler."""
    await effects.keep(letter)


HEARINGS = (Hearing({PersonRegistered: keep}, Effects),)


@asynccontextmanager
async def _services(at: Ground) -> AsyncIterator[Runtime]:
    """A sending service and a receiving one on the direct bus; gives the sender."""
    bus = DirectBus()
    heard = frozenset({topics.INTAKE_PERSONS})
    sender = Runtime(Service(SOURCE, SOURCE, ()), at.settings(SOURCE), bus)
    receiver = Runtime(Service(TARGET, TARGET, (), HEARINGS, heard), at.settings(TARGET), bus)
    await bus.start()
    try:
        yield sender
    finally:
        await bus.stop()
        await sender.stop()
        await receiver.stop()


async def _through(sender: Runtime, letters: Sequence[PersonRegistered]) -> float:
    """Seconds from the first letter written to the last one's effect."""
    size = sender.settings.relay_batch
    began = time.perf_counter()
    for start in range(0, len(letters), size):
        work = sender.work(job("bench"))
        work.send(*letters[start : start + size])
        await work.commit()
    carried = await sender.carry()
    took = time.perf_counter() - began
    if carried != len(letters):
        raise RuntimeError(f"{carried} of {len(letters)} letters were carried")
    return took


async def _plainly(
    database: Any, letters: Sequence[PersonRegistered], size: int, write: Write
) -> float:
    """Seconds for the same rows in transactions of the same size: outbox, then inbox and effect."""
    rows = [_rows(letter) for letter in letters]
    began = time.perf_counter()
    for start in range(0, len(rows), size):
        async with database.transaction():
            await write(database, PLAIN_OUTBOX, [row[0] for row in rows[start : start + size]])
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        async with database.transaction():
            await write(database, PLAIN_INBOX, [row[1] for row in some])
            await write(database, PLAIN_EFFECT, [row[2] for row in some])
    return time.perf_counter() - began


async def _one_by_one(database: Any, sql: str, rows: Sequence[Record]) -> None:
    """A statement a row, as code without letters writes and as a handler does."""
    for row in rows:
        await database.execute(sql, *row)


async def _pipelined(database: Any, sql: str, rows: Sequence[Record]) -> None:
    """All rows sent before the first answer: what nobody can do who decides row by row."""
    await database.executemany(sql, rows)


def _rows(letter: PersonRegistered) -> tuple[Record, Record, Record]:
    """A letter's rows in outbox, inbox and effects, made beforehand."""
    around = Envelope.around(letter, causation_id=None, traceparent=None)
    head = [getattr(around, name) for name in OUTBOX_COLUMNS]
    head[OUTBOX_COLUMNS.index("seq")] = 1
    effect = (letter.person_id, letter.area_code, letter.person.birth_on, around.id)
    return (*head, around.facts.decode()), (TARGET, around.id), effect


def _letters(count: int) -> list[PersonRegistered]:
    at = datetime.now(UTC)
    people = [new_id() for _ in range(count)]
    return [
        PersonRegistered(
            aggregate_id=one, person_id=one, occurred_at=at, area_code=AREA, person=FACTS
        )
        for one in people
    ]


async def measure() -> list[Figure]:
    """Letters and plain rows by turns, in one database."""
    async with ground((SOURCE, TARGET), FIRST_REVISION) as at, _services(at) as sender:
        size = sender.settings.relay_batch
        database = await asyncpg.connect(at.dsn)
        try:
            await database.execute(EFFECTS)
            await _turn(sender, database, WARM_UP_LETTERS)
            turns = [await _turn(sender, database, LETTERS) for _ in range(ROUNDS)]
        finally:
            await database.close()
    plain, pipelined = zip(*turns, strict=True)
    words = (
        f"outbox, inbox and effect rows of {LETTERS:,} letters written by asyncpg, a statement a "
        f"row, in transactions of {size}; {spread(plain, 'letters/s')}; "
        f"against executemany of the same rows {middle(pipelined).ratio:.3f}"
    )
    return [RATIO.figure(middle(plain).ratio, words)]


async def _turn(sender: Runtime, database: Any, count: int) -> tuple[Round, Round]:
    size = sender.settings.relay_batch
    ours = count / await _through(sender, _letters(count))
    plain = count / await _plainly(database, _letters(count), size, _one_by_one)
    pipelined = count / await _plainly(database, _letters(count), size, _pipelined)
    # What the yardstick wrote into the outbox is not for the relay.
    await database.execute(f"UPDATE {SOURCE}.outbox SET sent = true WHERE NOT sent")
    return Round(ours, plain), Round(ours, pipelined)


MEASUREMENTS = (Measurement((RATIO,), measure),)
