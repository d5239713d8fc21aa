"""The embedded bus: hands letters to the subscribed consumers in this process.

It keeps nothing itself: the outbox is its memory, since the relay marks a letter as sent only
after every subscribed consumer has committed it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from shared.bus.port import BusUnavailable, Receive
from shared.contracts.letter import Envelope


@dataclass(frozen=True, slots=True)
class Subscription:
    consumer: str
    topics: frozenset[str]
    receive: Receive
    turn: asyncio.Lock


class DirectBus:
    """One instance serves all five services of an office."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []
        self._open = False

    async def start(self) -> None:
        self._open = True

    async def stop(self) -> None:
        self._open = False

    def subscribe(self, consumer: str, topics: frozenset[str], receive: Receive) -> None:
        self._subscriptions.append(Subscription(consumer, topics, receive, asyncio.Lock()))

    async def publish(self, letters: Sequence[Envelope]) -> None:
        if not self._open:
            raise BusUnavailable("the direct bus is closed")
        deliveries = [self._deliver(one, letters) for one in self._subscriptions]
        results = await asyncio.gather(*deliveries, return_exceptions=True)
        for result in results:
            if isinstance(result, BaseException):
                raise BusUnavailable(
                    f"a consumer did not commit: {type(result).__name__}"
                ) from result

    def trouble(self) -> str | None:
        return None if self._open else "总线未启动 · the bus is not started"

    async def _deliver(self, to: Subscription, letters: Sequence[Envelope]) -> None:
        wanted = [letter for letter in letters if letter.topic in to.topics]
        if wanted:
            async with to.turn:
                await to.receive(wanted)
