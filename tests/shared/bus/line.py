"""Two services on a bus for the promises: one outbox, one inbox, real PostgreSQL at both ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from deploy.office import RolePasswords, settings_for
from shared import outbox
from shared.bus.port import Bus, BusUnavailable
from shared.caller import Caller
from shared.clock import DirectoryClock, OfficeClock
from shared.contracts.eligibility import AwardEnded
from shared.contracts.ids import new_id
from shared.contracts.intake import PersonDied
from shared.contracts.letter import Envelope
from shared.db import Database
from shared.inbox import Hearing, Inbox
from shared.relay import Relay
from shared.work import Work
from tests.shared.bus.parties import Ear, Receiver, Rig, started

SOON_S = 20.0
BATCH = 100
EFFECTS = "SELECT causation_id FROM eligibility.outbox"
PARKED = "SELECT letter_id, cause FROM eligibility.parked ORDER BY position"
NOBODY = UUID(int=1)
"""A person whom no service knows: a letter about this one refers to what is not there."""


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
    if died.person_id == NOBODY:
        raise LookupError("nobody of this id is known here")
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
    clock: OfficeClock

    async def write(self, *letters: Envelope) -> None:
        """Commit letters to intake's outbox and relay until it is empty."""
        async with self.intake.jobs.begin() as connection:
            await outbox.post(connection, letters)
        relay = Relay("intake", self.intake.jobs, self.bus, part=0, parts=1, batch=BATCH)
        async with asyncio.timeout(SOON_S):
            while await left(relay):
                pass

    async def replay(self, key: UUID) -> tuple[int, str | None]:
        """As an operator asks for it."""
        assert self.receiver.inbox is not None
        who = Caller(sub="operator", role="operator")
        work = Work(self.eligibility.app, who, self.clock)
        try:
            return await self.receiver.inbox.replay(work, key)
        finally:
            await work.abandon()

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
            yield Line(intake, eligibility, receiver, bus, clock)
    finally:
        await intake.close()
        await eligibility.close()
