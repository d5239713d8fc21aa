"""The daily expiry: once for each business date, in chunks of people."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import date

from sqlalchemy.exc import SQLAlchemyError

from services.vouchers.expiries.domain import expired
from services.vouchers.expiries.store import Expiries
from shared.caller import job
from shared.contracts.ids import new_id
from shared.runtime import Runtime

log = logging.getLogger("juyang.vouchers")
LOOK_EVERY_S = 60.0
CHUNK = 1000


async def expire_daily(runtime: Runtime) -> None:
    """Look at the office date now and then; a new day expires what has become void."""
    done: date | None = None
    while True:
        today = runtime.clock.today()
        if today != done:
            with suppress(SQLAlchemyError, OSError):
                await expire_all(runtime)
                done = today
        await asyncio.sleep(LOOK_EVERY_S)


async def expire_all(runtime: Runtime) -> int:
    """Expire everything that is void today; a chunk is a transaction. Returns people."""
    people = 0
    while taken := await _chunk(runtime):
        people += taken
    if people:
        log.info("expired vouchers of %d people", people)
    return people


async def _chunk(runtime: Runtime) -> int:
    work = runtime.work(job("expiry"))
    try:
        store = Expiries(work)
        lapsed = await store.expire(new_id(), CHUNK)
        store.tell(expired(lapsed, store.now))
        if lapsed:
            work.audit("vouchers.expired", count=len(lapsed))
        await work.commit()
    finally:
        await work.abandon()
    if lapsed:
        runtime.committed()
    return len(lapsed)
