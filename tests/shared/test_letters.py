"""Letters under pressure: outbox order and numbers, one relay, effects once, poison aside."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.bus.port import BusUnavailable, Receive
from shared.caller import Caller
from shared.contracts.ids import new_id
from shared.contracts.intake import PersonDied, PersonMoved
from shared.contracts.letter import Envelope
from shared.inbox import Hearing, Inbox
from shared.relay import Relay
from shared.work import Work
from tests.desk import OfficeDesk
from tests.shared.conftest import Table

pytestmark = pytest.mark.anyio
WRITERS, TRIES, AGGREGATES = 16, 20, 5
AREA = "110105015001"
WAITS_S = 10


def died(desk: OfficeDesk, aggregate: UUID | None = None) -> PersonDied:
    who = aggregate or new_id()
    return PersonDied(
        aggregate_id=who,
        person_id=who,
        occurred_at=desk.clock.now(),
        area_code=AREA,
        died_on=date(2010, 1, 1),
    )


async def post(desk: OfficeDesk, *letters: PersonDied) -> None:
    work = desk.work("intake")
    work.send(*letters)
    await work.commit()


@dataclass
class Ledger:
    """A bus that writes down what it took, and fails, waits or dies when told."""

    taken: list[Envelope] = field(default_factory=list)
    gate: asyncio.Event | None = None
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    breaks: int = 0

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def subscribe(self, consumer: str, topics: frozenset[str], receive: Receive) -> None: ...

    def trouble(self) -> str | None:
        return None

    async def publish(self, letters: Sequence[Envelope]) -> None:
        self.taken += letters
        self.entered.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.breaks:
            self.breaks -= 1
            raise BusUnavailable("told to")


def relay(desk: OfficeDesk, bus: Ledger, part: int = 0, parts: int = 1, batch: int = 500) -> Relay:
    jobs = desk.office.runtimes["intake"].database.jobs
    return Relay("intake", jobs, bus, part=part, parts=parts, batch=batch)


async def emptied(*relays: Relay) -> None:
    while sum([await one.once() for one in relays]):
        pass


async def test_sixteen_writers_with_rollbacks_leave_no_gap_no_loss_and_no_inversion(
    table: Table,
) -> None:
    desk, bus = table.desk, Ledger()
    chance = random.Random(20100104)
    people = [new_id() for _ in range(AGGREGATES)]
    kept: dict[UUID, int] = dict.fromkeys(people, 0)
    sending = [relay(desk, bus, part, 2, batch=7) for part in range(2)]
    done = asyncio.Event()

    async def writer() -> None:
        for _ in range(TRIES):
            who = chance.choice(people)
            work = desk.office.runtimes["intake"].work(Caller("w", "operator"))
            work.send(died(desk, who), died(desk, who))
            await work.flush()
            if chance.random() < 0.4:
                await work.abandon()
            else:
                await work.commit()
                kept[who] += 2

    async def carrier(one: Relay) -> None:
        while not done.is_set():
            await one.once()

    carriers = [asyncio.create_task(carrier(one)) for one in sending]
    await asyncio.gather(*(writer() for _ in range(WRITERS)))
    done.set()
    await asyncio.gather(*carriers)
    await emptied(*sending)
    arrived = {who: [x.seq for x in bus.taken if x.aggregate_id == who] for who in people}
    assert arrived == {who: list(range(1, kept[who] + 1)) for who in people}


async def test_a_relay_that_dies_before_marking_sends_the_same_letters_again(
    table: Table,
) -> None:
    desk = table.desk
    letter = died(desk)
    await post(desk, letter)
    bus = Ledger(gate=asyncio.Event())
    dying = asyncio.create_task(relay(desk, bus).once())
    await bus.entered.wait()
    second = relay(desk, bus)
    async with asyncio.timeout(WAITS_S):
        assert await second.once() == 0, "the first holds the partition"
    assert len(bus.taken) == 1
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    bus.gate, bus.breaks = None, 1
    with pytest.raises(BusUnavailable):
        await second.once()
    assert await second.once() == 1
    assert len({x.id for x in bus.taken}) == 1
    assert len(bus.taken) == 3
    assert await second.once() == 0


class Notes:
    """A store whose effect is an area, so that it can be counted."""

    def __init__(self, work: Work) -> None:
        self.work = work

    async def note(self, letter: PersonDied) -> None:
        await self.work.run(
            "INSERT INTO areas (code, name, level) VALUES (:code, :name, 'community') "
            "ON CONFLICT (code) DO UPDATE SET name = areas.name || '+'",
            code=f"9{letter.aggregate_id.int % 10**11:011d}",
            name=str(letter.aggregate_id),
        )


async def note(letter: PersonDied, notes: Notes) -> None:
    await notes.note(letter)


async def never(letter: PersonMoved, notes: Notes) -> None:
    raise ValueError(f"secret of {letter.aggregate_id}")


def inbox(desk: OfficeDesk, consumer: str, handler: Any = note) -> Inbox:
    runtime = desk.office.runtimes["intake"]
    ears = (Hearing({PersonDied: handler, PersonMoved: never}, Notes),)
    return Inbox(consumer, runtime.database.app, desk.clock, ears, lambda: None, {})


def wrapped(desk: OfficeDesk, who: UUID | None = None) -> Envelope:
    return Envelope.around(died(desk, who), causation_id=None, traceparent=None)


async def rows(desk: OfficeDesk, sql: str) -> list[Any]:
    work = desk.work("intake")
    try:
        return [tuple(row.values()) for row in await work.rows(sql)]
    finally:
        await work.abandon()


async def test_a_letter_that_arrives_many_times_has_one_effect(table: Table) -> None:
    desk = table.desk
    letters = [wrapped(desk) for _ in range(5)]
    ear = inbox(desk, "often")
    await ear.receive([*letters, *letters])
    await asyncio.gather(*(ear.receive(letters) for _ in range(4)))
    names = [str(x.aggregate_id) for x in letters]
    found = await rows(desk, "SELECT name FROM areas WHERE code LIKE '9%'")
    assert sorted(name for (name,) in found if name.rstrip("+") in names) == sorted(names)


async def test_poison_is_parked_with_its_cause_while_others_flow(table: Table) -> None:
    desk = table.desk
    who = new_id()
    moved = PersonMoved(
        aggregate_id=who,
        person_id=who,
        occurred_at=desk.clock.now(),
        area_code=AREA,
        previous_area=AREA,
        moved_on=date(2010, 1, 2),
    )
    poison = Envelope.around(moved, causation_id=None, traceparent=None)
    behind, other = wrapped(desk, who), wrapped(desk)
    ear = inbox(desk, "poisoned")
    await ear.receive([poison, behind, other])
    parked = await rows(
        desk, "SELECT letter_id, cause, attempts FROM parked WHERE consumer = 'poisoned'"
    )
    waits = "waits behind a parked letter of the same key"
    assert set(parked) == {(poison.id, "ValueError", 3), (behind.id, waits, 0)}
    names = [name for (name,) in await rows(desk, "SELECT name FROM areas WHERE code LIKE '9%'")]
    assert str(other.aggregate_id) in names
    assert str(who) not in names


async def test_a_database_in_trouble_is_not_the_letters_fault(table: Table) -> None:
    desk = table.desk
    letter = wrapped(desk)

    async def cut(letter: PersonDied, notes: Notes) -> None:
        await notes.work.run("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(DBAPIError):
        await inbox(desk, "cut", cut).receive([letter])
    assert await rows(desk, "SELECT 1 FROM parked WHERE consumer = 'cut'") == []
    assert await rows(desk, "SELECT 1 FROM inbox WHERE consumer = 'cut'") == []
    await inbox(desk, "cut").receive([letter])
    assert await rows(desk, "SELECT 1 FROM inbox WHERE consumer = 'cut'") == [(1,)]


async def test_a_handler_works_in_its_letters_district_alone(table: Table) -> None:
    desk = table.desk
    seen: list[str] = []

    async def look(letter: PersonDied, notes: Notes) -> None:
        seen.append(await notes.work.value("SELECT array_to_string(scope_areas(), ',')"))

    far = wrapped(desk)
    nowhere = died(desk).model_copy(update={"area_code": None})
    await inbox(desk, "look", look).receive(
        [far, Envelope.around(nowhere, causation_id=None, traceparent=None)]
    )
    assert seen == ["110105%", "-"]
    engine = desk.office.runtimes["intake"].database.app
    async with engine.connect() as connection:
        scope = await connection.scalar(text("SELECT current_setting('juyang.areas', true)"))
    assert scope in (None, ""), "a scope never outlives its transaction"
