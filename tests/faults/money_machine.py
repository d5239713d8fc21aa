"""A Hypothesis state machine over the money: after every step the books are what the model says."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from itertools import count

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test

from services.vouchers.ledger.jobs import seal_all
from tests.faults.money_rules_backpay import Backpays
from tests.faults.money_rules_batch import Offline
from tests.faults.money_rules_cards import Cards
from tests.faults.money_rules_office import Offices
from tests.faults.money_rules_paper import OnPaper
from tests.faults.money_rules_reclaims import Cases
from tests.faults.money_rules_standings import Standings
from tests.faults.money_rules_tills import Tills
from tests.faults.money_site import load, market
from tests.faults.site import Verdict
from tests.faults.sizes import Size

EXAMPLES, STEPS = 20, 60
FIRST_AREA = 500_001
"""Each walk has a community of its own: its paper is made once a month."""


class Machine(Tills, Offline, Cards, Standings, Backpays, Cases, OnPaper, Offices):
    """All the steps together."""


async def machine(seed: int, size: Size) -> Verdict:
    """Examples of up to so many steps until there were enough."""
    verdict = Verdict("state machine of the money", f"{size.steps} steps against PostgreSQL")
    began = time.monotonic()
    async with market(seed, "machine", servers=0) as there:
        steps, lines = Counter[str](), Counter[str]()
        loop = asyncio.get_running_loop()
        areas = count(FIRST_AREA)
        bound = {"there": there, "loop": loop, "steps": steps, "lines": lines, "areas": areas}
        for nth in count():
            if steps.total() >= size.steps:
                break
            some = seeded(f"{seed} {nth}")(type("Machine", (Machine,), dict(bound)))
            try:
                await asyncio.to_thread(_run, some)
            except AssertionError as found:
                verdict.expect(False, f"round {nth}: {str(found)[:600]}")
                break
        await seal_all(there.desk.office.runtimes["vouchers"])
        await there.check(verdict)
    verdict.figures.append(f"{steps.total()} steps, {time.monotonic() - began:.0f} s, {load()}")
    verdict.figures.append(", ".join(f"{n} {name}" for name, n in sorted((steps + lines).items())))
    return verdict


def _run(some: type[Machine]) -> None:
    run_state_machine_as_test(
        some,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            phases=[Phase.generate],
            database=None,
            deadline=None,
            derandomize=False,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        ),
    )
