"""What several works want to say at one moment is said to the database in one statement."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from contextvars import Context
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncEngine

from shared.outages import sqlstate_of

log = logging.getLogger("juyang.together")
MOST = 50
"""So many works at most share a statement."""
Say: TypeAlias = Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]
"""Says what several have to say, and gives each its answer, in their order."""


class Afresh(Exception):
    """What was said together cannot stand: each does its own work again, alone and with locks."""


class Choir:
    """Those who say the same kind of thing to one database; nobody waits who comes alone.

    One statement of a kind is on its way at a time: who comes meanwhile shares the next one.
    """

    def __init__(self) -> None:
        self._waiting: dict[Hashable, deque[tuple[Any, asyncio.Future[Any]]]] = {}
        self._speakers: set[asyncio.Task[None]] = set()
        self._apart: set[Hashable] = set()

    async def said(
        self, kind: Hashable, say: Say, one: Any, *, apart: Hashable | None = None
    ) -> Any:
        """The answer to one's own part; `say` is the same for all of a kind.

        Raises:
            Afresh: the statement failed, whoever's part was the reason; or somebody with the same
                `apart` is waiting already.
        """
        answer = asyncio.get_running_loop().create_future()
        if apart is not None:
            if apart in self._apart:
                raise Afresh
            self._apart.add(apart)
            answer.add_done_callback(lambda _: self._apart.discard(apart))
        if (waiting := self._waiting.get(kind)) is not None:
            waiting.append((one, answer))
        else:
            self._waiting[kind] = deque([(one, answer)])
            # In nobody's own context: what is said belongs to all who share it.
            speaking = self._speak(kind, say)
            speaker = asyncio.get_running_loop().create_task(speaking, context=Context())
            self._speakers.add(speaker)
            speaker.add_done_callback(self._speakers.discard)
        return await answer

    async def _speak(self, kind: Hashable, say: Say) -> None:
        waiting = self._waiting[kind]
        try:
            while waiting:
                taken = [waiting.popleft() for _ in range(min(len(waiting), MOST))]
                if here := [(one, answer) for one, answer in taken if not answer.done()]:
                    await self._answer(say, here)
        finally:
            del self._waiting[kind]

    async def _answer(self, say: Say, here: Sequence[tuple[Any, asyncio.Future[Any]]]) -> None:
        try:
            told = await say([one for one, _ in here])
        except Exception as trouble:
            if not isinstance(trouble, Afresh):  # each will meet it again by himself, and tell it
                kind, state = type(trouble).__name__, sqlstate_of(trouble)
                log.warning("%d together failed: %s %s", len(here), kind, state)
            for _, answer in here:
                if not answer.done():
                    answer.set_exception(Afresh())
            return
        for (_, answer), its in zip(here, told, strict=True):
            if not answer.done():
                answer.set_result(its)


CHOIRS: WeakKeyDictionary[AsyncEngine, Choir] = WeakKeyDictionary()


def choir_of(engine: AsyncEngine) -> Choir:
    """The choir of one database."""
    return CHOIRS.setdefault(engine, Choir())
