"""Looks again and again until something holds; the caller bounds it in time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


async def until(holds: Callable[[], Awaitable[bool]], every_s: float) -> None:
    """Return once it holds."""
    while True:
        if await holds():
            return
        await asyncio.sleep(every_s)
