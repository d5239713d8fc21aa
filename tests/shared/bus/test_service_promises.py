"""What a service makes of the bus's promises, on real PostgreSQL: effects once, poison parked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from deploy.office import RolePasswords, settings_for
from shared import outbox
from shared.bus.choose import DIRECT
from shared.bus.port import Bus, BusUnavailable
from shared.bus.wire import UNREADABLE
from shared.clock import DirectoryClock
from shared.contracts.eligibility import AwardEnded
from shared.contracts.ids import new_id
from shared.contracts.intake import PersonDied
from shared.contracts.letter import Envelope
from shared.db import Database
from shared.inbox import Hearing, Inbox
from shared.relay import Relay
from shared.work import Work
from tests.shared.bus.parties import Ear, Receiver, Rig, letter, started, topic

pytestmark = pytest.mark.anyio
SOON_S = 20.0
BATCH = 100
EFFECTS = "SELECT causation_id FROM eligibility.outbox"
PARKED = "SELECT letter_id, cause FROM eligibility.parked ORDER BY position"


class Awards:
    """The awards of the dead: an effect is a letter of eligibility's own."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def end(self, died: PersonDied) -> None:
        ended = AwardEnded(
            aggregate_id=died.aggregate_id,
            occurred_at=died.occurred_at,
            area_code=died.area_code,
            award_id=new_id(),
            programme="test",
            ended_on=died.died_on,
            reason="died",
        )
        self._work.send(ended)


async def end_awards(died: PersonDied, awards: Awards) -> None:
    awards.end(died)


@dataclass
class Crashing(Receiver):
    """A process with an inbox; when told, it crashes after the inbox and before the bus knows."""

    inbox: Inbox | None = None

    async def receive(self, letters: Sequence[Envelope]) -> None:
        assert self.inbox is not None
        await self.inbox.receive(letters)
        await super().receive(letters)


@dataclass
class Line:
    """Intake's outbox at one end, eligibility's inbox at the other, a bus between."""

    intake: Database
    eligibility: Database
    receiver: Crashing
    bus: Bus

    async def write(self, *letters: Envelope) -> None:
        """Commit letters to intake's outbox and relay until it is empty."""
        async with self.intake.jobs.begin() as connection:
            await outbox.post(connection, letters)
        relay = Relay("intake", self.intake.jobs, self.bus, part=0, parts=1, batch=BATCH)
        async with asyncio.timeout(SOON_S):
            while await left(relay):
                pass

    async def rows(self, sql: str) -> list[tuple[object, ...]]:
        async with self.eligibility.jobs.connect() as connection:
            return [tuple(row) for row in await connection.execute(text(sql))]


async def left(relay: Relay) -> bool:
    """Carry a batch; tells whether letters may be left."""
    try:
        return await relay.once() > 0
    except BusUnavailable:
        return True


@asynccontextmanager
async def line(
    rig: Rig, where: str, database: str, passwords: RolePasswords, place: Path, crashes: int = 0
) -> AsyncIterator[Line]:
    intake, eligibility = (
        Database(settings_for(name, database, passwords, place, app_pool=2, jobs_pool=2), name)
        for name in ("intake", "eligibility")
    )
    clock = DirectoryClock(place)
    clock.set(date(2010, 1, 4))
    ears = (Hearing({PersonDied: end_awards}, Awards),)
    inbox = Inbox("eligibility", eligibility.app, clock, ears, lambda: None, {})
    receiver = Crashing(crashes=crashes, inbox=inbox)
    ear = Ear(receiver, frozenset({where}))
    try:
        async with started(rig.bus(), ear) as bus:
            yield Line(intake, eligibility, receiver, bus)
    finally:
        await intake.close()
        await eligibility.close()


async def test_a_letter_has_its_effect_once_however_often_it_arrives(
    rig: Rig, database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    where = await rig.topic()
    letters = [letter(where) for _ in range(10)]
    async with line(rig, where, database, passwords, tmp_path, crashes=3) as office:
        await office.write(*letters)
        await office.receiver.has(letters)
        effects = [cause for (cause,) in await office.rows(EFFECTS)]
    assert {x.id for x in office.receiver.refused} & {x.id for x in letters}
    assert sorted(map(str, effects)) == sorted(str(x.id) for x in letters)


async def test_poison_is_parked_with_its_cause_and_holds_back_its_own_key_alone(
    rig: Rig, database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    where, person = await rig.topic(), uuid4()
    poison = replace(letter(where, person), facts=b'{"died_on":"soon"}')
    behind, other = letter(where, person), letter(where)
    later = letter(where, person)
    async with line(rig, where, database, passwords, tmp_path) as office:
        await office.write(poison, behind, other)
        await office.receiver.has([poison, behind, other])
        await office.write(later)
        await office.receiver.has([later])
        parked = await office.rows(PARKED)
        effects = await office.rows(EFFECTS)
    waits = "waits behind a parked letter of the same key"
    assert parked == [(poison.id, "ValidationError"), (behind.id, waits), (later.id, waits)]
    assert effects == [(other.id,)]


async def test_an_unreadable_record_is_parked_and_holds_back_its_key_in_the_same_batch(
    database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    where, person = topic(), uuid4()
    strange = replace(letter(where, person), type=UNREADABLE, facts=b'{"missing":"ce_id"}')
    behind, other = letter(where, person), letter(where)
    async with line(Rig(DIRECT), where, database, passwords, tmp_path) as office:
        await office.receiver.receive([strange, behind, other])
        parked = await office.rows(PARKED)
        effects = await office.rows(EFFECTS)
    assert [one for one, _ in parked] == [strange.id, behind.id]
    assert effects == [(other.id,)]


async def test_the_relay_marks_a_letter_as_sent_only_when_the_bus_has_taken_it(
    rig: Rig, database: str, passwords: RolePasswords, tmp_path: Path
) -> None:
    where = await rig.topic()
    unsent = text("SELECT count(*) FROM outbox WHERE NOT sent")
    async with line(rig, where, database, passwords, tmp_path) as office:
        await office.bus.stop()
        async with office.intake.jobs.begin() as connection:
            await outbox.post(connection, [letter(where)])
        relay = Relay("intake", office.intake.jobs, office.bus, part=0, parts=1, batch=BATCH)
        with pytest.raises(BusUnavailable):
            await relay.once()
        async with office.intake.jobs.connect() as connection:
            assert await connection.scalar(unsent) == 1
