"""What the relay and the consumers ask of a bus, whichever it is.

Promises (tests/shared/bus holds every adapter to them): letters of one key arrive in the order
of publishing; every letter arrives at least once; a receiver that crashes gets the letter again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from shared.contracts.letter import Envelope

LARGEST_RECORD = 2 * 1024 * 1024
"""Bytes of a record: the largest letter, with the blanks that jsonb adds and its headers.

Producers, topics and consumers agree on it; the outbox refuses a letter of more than a million.
"""

Receive = Callable[[Sequence[Envelope]], Awaitable[None]]
"""Takes over a batch for good: returns only when every letter has its effect or is parked."""


class BusUnavailable(Exception):
    """The bus did not take the letters over; they stay in the outbox and are tried again."""


class Bus(Protocol):
    """Carries letters from relays to consumers."""

    async def start(self) -> None:
        """Connect in the background; never fails because the other side is away."""
        ...

    async def stop(self) -> None:
        """Stop receiving, let running batches end, give connections back."""
        ...

    async def publish(self, letters: Sequence[Envelope]) -> None:
        """Take letters over, in order.

        Raises:
            BusUnavailable: none or only some were taken over; publish all of them again.
        """
        ...

    def subscribe(self, consumer: str, topics: frozenset[str], receive: Receive) -> None:
        """Deliver every letter of the topics to the consumer; call before `start`."""
        ...

    def trouble(self) -> str | None:
        """Why the bus is not usable now, in one sentence, or none: what `/ready` shows."""
        ...
