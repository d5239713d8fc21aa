"""The daily sweeps by the office clock; one that fails is tried again at the next look."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import date

from sqlalchemy.exc import SQLAlchemyError

from services.eligibility.determinations.sweeps import sweep
from shared.runtime import Runtime

log = logging.getLogger("juyang.eligibility.sweeps")
LOOK_EVERY_S = 60.0
EVERYWHERE = "%"


async def once_a_day(runtime: Runtime, act: Callable[[], Awaitable[None]]) -> None:
    """Do something once on every business day, soon after it begins."""
    done_on: date | None = None
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        today = runtime.clock.today()
        if today != done_on:
            try:
                await act()
                done_on = today
            except (SQLAlchemyError, OSError) as away:
                log.warning("sweep put off: %s", type(away).__name__)


async def sweep_daily(runtime: Runtime) -> None:
    """Look again at refused cases whose person has had the birthday since."""

    async def everywhere() -> None:
        await sweep(runtime, EVERYWHERE)

    await once_a_day(runtime, everywhere)
