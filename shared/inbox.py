"""The inbox: gives each letter its effect once, in the transaction that remembers the letter."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared import parking, telemetry
from shared.caller import Caller, district_of
from shared.clock import OfficeClock
from shared.contracts.letter import Envelope, Letter
from shared.errors import Refusal
from shared.outages import passes
from shared.reading import Unreadable, open_letter
from shared.sequence import Heads
from shared.work import Work

log = logging.getLogger("juyang.inbox")
Handler = Callable[[Any, Any], Awaitable[None]]
"""`async def grant(letter: AwardGranted, store: Store)`: load, decide, save."""

TAKE = """
INSERT INTO inbox (consumer, letter_id)
SELECT :consumer, t.id FROM unnest(CAST(:ids AS uuid[])) AS t(id)
ON CONFLICT DO NOTHING RETURNING letter_id
"""
ATTEMPTS = 3
PAUSE_S = 0.01
"""Short, since every other letter of the batch waits too: what takes longer is an outage."""
NOWHERE = "-"
Deed = tuple[Letter, Handler, Callable[[Work], Any]]
"""A letter as one wing reads it, the wing's handler and the store that it gets."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """One wing's ear: which letters it hears, and the store that its handlers get."""

    handlers: Mapping[type[Letter], Handler]
    store: Callable[[Work], Any]


class Inbox:
    """One service's consumer: batches in, effects once, poison parked with its cause."""

    def __init__(
        self,
        consumer: str,
        engine: AsyncEngine,
        clock: OfficeClock,
        hearings: Sequence[Hearing],
        committed: Callable[[], None],
        state: Mapping[str, Any],
    ) -> None:
        self.consumer = consumer
        self._engine = engine
        self._state = state
        self._clock = clock
        self._committed = committed
        self._heard: dict[str, list[tuple[type[Letter], Handler, Callable[[Work], Any]]]] = {}
        for hearing in hearings:
            for kind, handler in hearing.handlers.items():
                self._heard.setdefault(kind.TYPE, []).append((kind, handler, hearing.store))

    async def receive(self, letters: Sequence[Envelope]) -> None:
        """Take over a batch; one that fails is halved until what cannot be handled stands alone.

        Halves keep the order, and a single poison costs its neighbours a few transactions more
        instead of one each.
        """
        try:
            await self._together(letters)
        except Exception as failure:
            if passes(failure):
                raise
            await self._in_parts(letters, cause_of(failure))

    async def _in_parts(self, letters: Sequence[Envelope], cause: str) -> None:
        if len(letters) == 1:
            await self._alone(letters[0], cause)
            return
        middle = len(letters) // 2
        await self.receive(letters[:middle])
        await self.receive(letters[middle:])

    async def _together(self, letters: Sequence[Envelope]) -> None:
        work = self._work()
        try:
            taken = await work.rows(TAKE, consumer=self.consumer, ids=[x.id for x in letters])
            fresh = {row["letter_id"] for row in taken}
            blocked = await parking.blocked_keys(work, self.consumer, letters)
            heads = await Heads.of(work, self.consumer, letters)
            for letter in letters:
                if letter.id in fresh and not heads.repeats(letter):
                    fresh.discard(letter.id)
                    await self._take(work, letter, blocked, heads.missing(letter))
                    heads.take(letter)
            work.cause = None
            await heads.save(work)
            if taken:
                work.audit("letters.handled", count=len(taken))
            await work.commit()
        finally:
            await work.abandon()
        self._committed()

    async def _take(
        self, work: Work, letter: Envelope, blocked: set[UUID], missing: str | None
    ) -> None:
        """Give a letter its effect, or park it where it cannot have one now."""
        cause = parking.BEHIND if letter.key in blocked else missing
        if cause is None:
            try:
                await self._handle(work, letter, self._deeds(letter))
                return
            except Unreadable as flaw:  # it reads no better later: no second try
                cause = str(flaw)
        if cause != parking.BEHIND:
            telemetry.set_aside(letter, self.consumer)
        await parking.park(work, self.consumer, letter, cause, 0)
        blocked.add(letter.key)

    def _deeds(self, letter: Envelope) -> list[Deed]:
        """What is to be done about a letter.

        Raises:
            Unreadable: nobody here can read it.
        """
        heard = self._heard.get(letter.type, ())
        opened = open_letter(letter, {kind for kind, _, _ in heard})
        return [(opened[kind], handler, store) for kind, handler, store in heard]

    async def _handle(self, work: Work, letter: Envelope, deeds: Sequence[Deed]) -> None:
        work.cause = letter
        for opened, handler, store in deeds:
            with telemetry.receiving(letter, self.consumer):
                await work.rescope(scope_of(opened))
                await handler(opened, store(work))

    async def _alone(self, letter: Envelope, cause: str) -> None:
        """Try again what has failed once by itself; park it when it fails for good."""
        for attempt in range(1, ATTEMPTS):
            log.warning("letter %s %s failed: %s", letter.id, letter.type, cause)
            await asyncio.sleep(PAUSE_S * attempt)
            try:
                await self._together([letter])
                return
            except Exception as failure:
                if passes(failure):
                    raise
                cause = cause_of(failure)
        log.warning("letter %s %s is parked: %s", letter.id, letter.type, cause)
        await self._set_aside(letter, cause)

    async def _set_aside(self, letter: Envelope, cause: str) -> None:
        work = self._work()
        try:
            await work.run(
                "INSERT INTO inbox (consumer, letter_id) VALUES (:consumer, :id) "
                "ON CONFLICT DO NOTHING",
                consumer=self.consumer,
                id=letter.id,
            )
            await parking.park(work, self.consumer, letter, cause, ATTEMPTS)
            heads = await Heads.of(work, self.consumer, [letter])
            heads.take(letter)
            await heads.save(work)
            work.audit("letters.parked", str(letter.id), detail=letter.type)
            await work.commit()
        finally:
            await work.abandon()

    async def replay(self, work: Work, key: UUID) -> tuple[int, str | None]:
        """Handle a key's parked letters again, in their order, each in its own savepoint.

        Stops at the first that still fails; returns how many had their effect, and why it stopped.
        """
        done = 0
        for letter in await parking.queue_of(work, self.consumer, key):
            try:
                async with work.attempted():
                    await self._handle(work, letter, self._deeds(letter))
                    await parking.mark(work, self.consumer, letter.id, "replayed")
            except Unreadable as flaw:
                return done, str(flaw)
            except Exception as failure:
                if passes(failure):
                    raise
                return done, cause_of(failure)
            done += 1
        return done, None

    def _work(self) -> Work:
        return Work(
            engine=self._engine,
            caller=Caller(sub=f"consumer:{self.consumer}", role="operator"),
            clock=self._clock,
            areas=NOWHERE,
            state=self._state,
        )


def scope_of(letter: Letter) -> str:
    """The districts that a letter's handler may touch, as LIKE patterns separated by commas.

    A whole district, since a person may move between streets while letters are on their way;
    a letter without an area concerns no area-bound row.
    """
    return ",".join(sorted({f"{district_of(place)}%" for place in letter.areas()})) or NOWHERE


def cause_of(failure: Exception) -> str:
    """Why a letter failed, without values: its type, what the rule or the database calls it."""
    if isinstance(failure, Refusal):
        return f"{type(failure).__name__} {failure.code}"
    if isinstance(failure, DBAPIError) and failure.orig is not None:
        return type(failure.orig.__cause__ or failure.orig).__name__
    return type(failure).__name__
