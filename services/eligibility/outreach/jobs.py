"""The daily look at residents whose facts changed or who had the birthday, in chunks."""

from __future__ import annotations

from services.eligibility.determinations.jobs import EVERYWHERE, once_a_day
from services.eligibility.outreach.domain import Judging
from services.eligibility.outreach.store import Outreach
from shared.caller import job
from shared.runtime import Runtime

CHUNK = 200


async def judge_residents(runtime: Runtime, area: str) -> int:
    """Judge all residents that are due within a LIKE pattern of areas; tells how many."""
    total = 0
    while judged := await _chunk(runtime, area):
        total += judged
    return total


async def judge_residents_daily(runtime: Runtime) -> None:
    """Judge residents once on every business day."""

    async def everywhere() -> None:
        await judge_residents(runtime, EVERYWHERE)

    await once_a_day(runtime, everywhere)


async def _chunk(runtime: Runtime, area: str) -> int:
    work = runtime.work(job("outreach"))
    try:
        store = Outreach(work)
        due = await store.due(area, CHUNK)
        if not due:
            return 0
        judging = Judging(store.policies.programmes.values(), store.today)
        await store.save([judging.judge(one) for one in due])
        work.audit("sweep.residents", count=len(due))
        await work.commit()
    finally:
        await work.abandon()
    return len(due)
