"""Looks for odd patterns every few minutes, over all areas."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from services.vouchers.suspicions.store import Suspicions
from shared.caller import job
from shared.runtime import Runtime

log = logging.getLogger("juyang.vouchers")
LOOK_EVERY_S = 300.0


async def look_for_patterns(runtime: Runtime) -> None:
    """Search again and again; what is found waits for a person."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        with suppress(SQLAlchemyError, OSError):
            await search_all(runtime)


async def search_all(runtime: Runtime) -> int:
    """One search; returns what is new or larger."""
    work = runtime.work(job("suspicions"))
    try:
        found = await Suspicions(work).search()
        if found:
            work.audit("suspicions.found", count=found)
            log.info("found %d patterns to review", found)
        await work.commit()
    finally:
        await work.abandon()
    return found
