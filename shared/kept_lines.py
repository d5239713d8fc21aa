"""Connections that were in use a moment ago: the next work takes one past the toolkit's pool."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol
from weakref import WeakKeyDictionary

from sqlalchemy.ext.asyncio import AsyncEngine

FRESH_S = 1.0
"""A connection that was used so lately is not asked again whether it lives."""


class Keepable(Protocol):
    """What can be kept: it knows whether it can be used again, and can be given back."""

    @property
    def usable(self) -> bool: ...

    def give_back(self) -> None: ...


class KeptLines:
    """So many of one pool's connections, for a second each; then the pool has them again."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lines: list[tuple[float, Keepable]] = []
        self._sweeping: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._lines)

    def take(self) -> Keepable | None:
        """The one that was kept last, if it can still be used."""
        if not self._lines:
            return None
        since, line = self._lines.pop()
        if line.usable and time.monotonic() - since <= FRESH_S:
            return line
        line.give_back()
        return None

    def keep(self, line: Keepable) -> bool:
        """Keep it for the next work, unless so many are kept already."""
        if len(self._lines) >= self._most or not line.usable:
            return False
        self._lines.append((time.monotonic(), line))
        if self._sweeping is None:
            self._sweeping = asyncio.get_running_loop().call_later(FRESH_S, self._sweep)
        return True

    def close(self) -> None:
        """Give all of them back, and keep none from now on."""
        self._most = 0
        if self._sweeping is not None:
            self._sweeping.cancel()
        while self._lines:
            self._lines.pop()[1].give_back()

    def _sweep(self) -> None:
        oldest = time.monotonic() - FRESH_S
        stale = [line for since, line in self._lines if since <= oldest]
        self._lines = [kept for kept in self._lines if kept[0] > oldest]
        for line in stale:
            line.give_back()
        self._sweeping = None
        if self._lines:
            self._sweeping = asyncio.get_running_loop().call_later(FRESH_S, self._sweep)


KEPT: WeakKeyDictionary[AsyncEngine, KeptLines] = WeakKeyDictionary()


def kept_of(engine: AsyncEngine) -> int:
    """How many of a pool's connections are out, yet used by nobody."""
    return len(KEPT[engine]) if engine in KEPT else 0
