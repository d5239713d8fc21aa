"""Behind the writers: seals the journal within a second, and makes its months ahead."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from services.vouchers.ledger.seals_store import BATCH, Seals
from shared.bounds import rung
from shared.caller import job
from shared.runtime import SEAL_EVERY_S, SEAL_POLL_S, Runtime

log = logging.getLogger("juyang.vouchers")
MONTHS_AHEAD = 12
LOOK_EVERY_S = 3600.0
MONTHS = "SELECT make_posting_months(CAST(:ahead AS integer))"


async def seal_journal(runtime: Runtime) -> None:
    """Seal whatever is committed here within a second, and what others wrote soon after."""
    bell = runtime.wake.bell()
    while True:
        bell.clear()
        try:
            await seal_all(runtime)
        except (SQLAlchemyError, OSError) as trouble:
            log.warning("the journal is not sealed: %s", type(trouble).__name__)
        await asyncio.sleep(SEAL_EVERY_S)
        await rung(bell, SEAL_POLL_S)


async def seal_all(runtime: Runtime) -> int:
    """Seal what waits; a batch is a transaction. Returns how many postings.

    A batch that is not full was all there was: what came meanwhile waits for the next second.
    """
    total = 0
    while True:
        sealed = await _batch(runtime)
        total += sealed
        if sealed < BATCH:
            return total


async def _batch(runtime: Runtime) -> int:
    work = runtime.work(job("journal"))
    try:
        store = Seals(work)
        sealed = await store.seal() if await store.waiting() else 0
        await work.commit()
    finally:
        await work.abandon()
    return sealed


async def make_months(runtime: Runtime) -> None:
    """Have a part of the journal ready for each of the coming months."""
    while True:
        try:
            await months_ahead(runtime)
        except (SQLAlchemyError, OSError) as trouble:
            log.warning("no months ahead in the journal: %s", type(trouble).__name__)
        await asyncio.sleep(LOOK_EVERY_S)


async def months_ahead(runtime: Runtime) -> int:
    """Make the months that are missing; returns how many were."""
    work = runtime.work(job("journal"))
    try:
        made = int(await work.value(MONTHS, ahead=MONTHS_AHEAD))
        await work.commit()
    finally:
        await work.abandon()
    return made
