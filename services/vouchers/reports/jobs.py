"""Every night the books are read whole, and what was found is kept."""

from __future__ import annotations

import asyncio
import logging
from datetime import date

from sqlalchemy.exc import SQLAlchemyError

from services.vouchers.reports.checks import conservation_checks
from services.vouchers.reports.store import Cut, Reports
from shared.caller import job
from shared.runtime import Runtime

log = logging.getLogger("juyang.vouchers")
LOOK_EVERY_S = 60.0
# The whole journal is read: a year of a city takes longer than any request may.
AS_LONG_AS_IT_TAKES = "SET LOCAL statement_timeout = 0"
PARTS = ("issue_fen", "redeem_fen", "expire_fen", "revoke_fen", "outstanding_fen")


async def check_nightly(runtime: Runtime) -> None:
    """Look at the office date now and then; once a date, check the conservation of money."""
    done: date | None = None
    while True:
        today = runtime.clock.today()
        if today != done:
            try:
                await check_night(runtime)
                done = today
            except (SQLAlchemyError, OSError) as away:
                log.warning("conservation not checked yet: %s", type(away).__name__)
        await asyncio.sleep(LOOK_EVERY_S)


async def check_night(runtime: Runtime) -> list[str]:
    """Check and keep the result, once a date. Returns what does not hold."""
    work = runtime.work(job("conservation"))
    try:
        reports = Reports(work)
        if await reports.night_known(work.today):
            return []
        await work.run(AS_LONG_AS_IT_TAKES)
        checks = await conservation_checks(work)
        wrong = [f"{check.name}: {check.detail}" for check in checks if not check.ok]
        cells = await reports.cells(Cut())
        totals = {part: sum(getattr(cell, part) for cell in cells) for part in PARTS}
        await reports.keep_night(work.today, sum(c.checked for c in checks), wrong, totals)
        work.audit("vouchers.conservation_checked", count=len(checks))
        await work.commit()
    finally:
        await work.abandon()
    if wrong:
        log.error("money is not conserved: %s", "; ".join(wrong))
    return wrong
