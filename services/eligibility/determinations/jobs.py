"""The daily sweep by the office clock; a sweep that fails is tried again at the next look."""

from __future__ import annotations

import asyncio
import logging
from datetime import date

from sqlalchemy.exc import SQLAlchemyError

from services.eligibility.determinations.sweeps import sweep
from shared.runtime import Runtime

log = logging.getLogger("juyang.eligibility.sweeps")
LOOK_EVERY_S = 60.0
EVERYWHERE = "%"


async def sweep_daily(runtime: Runtime) -> None:
    """Sweep once on every business day, soon after it begins."""
    swept_on: date | None = None
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        today = runtime.clock.today()
        if today != swept_on:
            try:
                await sweep(runtime, EVERYWHERE)
                swept_on = today
            except (SQLAlchemyError, OSError) as away:
                log.warning("sweep put off: %s", type(away).__name__)
