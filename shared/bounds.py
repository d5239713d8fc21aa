"""Waits with an end, for tasks that others stop: they never keep a cancellation for themselves.

Python 3.11's `asyncio.wait_for` does, when what it waits for is there in the same instant: a task
that goes round for ever then never ends, nor does the office that waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

T = TypeVar("T")


async def rung(bell: asyncio.Event, within_s: float) -> bool:
    """Wait for a bell; False when the time is over."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await bell.wait()
            return True
    return False


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What the work gives; late or no longer wanted, it is cancelled, and may end in order.

    In a task of its own: a library that swallows a cancellation swallows the work's, not ours, and
    holds us up no longer than once more that time.

    Raises:
        TimeoutError: the time is over, or the work was broken off by its own.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.done() and not task.cancelled():
            return task.result()
        raise TimeoutError  # or broken off from inside: that is no cancellation of ours
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=seconds)
