"""How long it takes to prove a journal of a million postings: its chain and every law of money."""

from __future__ import annotations

import time

from services.vouchers.ledger.jobs import seal_all
from services.vouchers.main import SERVICE
from services.vouchers.settlement.checks import money_checks
from shared.bus.direct import DirectBus
from shared.caller import job
from shared.runtime import Runtime
from tests.bench.figures import AT_MOST, Figure, Goal, Measurement
from tests.bench.ground import ground
from tests.bench.vouchers_ground import connected
from tests.faults.journal import FILL

VERIFY = Goal("verify_seconds", "s", AT_MOST, 60)
PAIRS, STATEMENTS = 500_000, 10


async def verify() -> list[Figure]:
    """Fill, seal, and recompute everything."""
    fill = FILL.replace(":pairs", "$1")
    async with ground(("vouchers",)) as at, connected(at) as database:
        for _ in range(STATEMENTS):
            await database.execute(fill, PAIRS // STATEMENTS)
        runtime = Runtime(SERVICE, at.settings("vouchers"), DirectBus())
        try:
            began = time.perf_counter()
            sealed = await seal_all(runtime)
            sealing_s = time.perf_counter() - began
            work = runtime.work(job("bench"))
            began = time.perf_counter()
            checks = {check.name: check for check in await money_checks(work)}
            took_s = time.perf_counter() - began
            await work.abandon()
        finally:
            await runtime.stop()
    chain = checks["journal_chain"]
    assert chain.ok
    assert chain.checked == sealed
    words = (
        f"{sealed:,} postings: the chain and {len(checks)} laws of money; "
        f"sealed in {sealing_s:.0f} s"
    )
    return [VERIFY.figure(took_s, words)]


MEASUREMENTS = (Measurement((VERIFY,), verify),)
