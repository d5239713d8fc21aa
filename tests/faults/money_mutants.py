"""How many mutants of the ledger and the tills the stories without a database notice."""

from __future__ import annotations

import asyncio
import json
import sys
import time

from tests.faults.money_site import load
from tests.faults.site import Verdict
from tests.faults.sizes import Size

GOAL = 0.9


async def mutated(seed: int, size: Size) -> Verdict:
    """Every mutant, or as many as the size allows."""
    verdict = Verdict("mutants of ledger and tills", f"up to {size.mutants} of the pure modules")
    began = time.monotonic()
    words = ("-m", "tests.faults.mutation", str(seed), str(size.mutants))
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, "the mutants were not tried"
    said = json.loads(out)
    noticed = said["tried"] - len(said["alive"])
    score = noticed / said["tried"]
    verdict.expect(score >= GOAL, f"only {score:.1%} of the mutants were noticed")
    verdict.figures += [
        f"{noticed} of {said['tried']} noticed ({score:.1%}), {said['every']} in all",
        "alive: " + ("; ".join(said["alive"]) or "none"),
        f"{time.monotonic() - began:.0f} s, {load()}",
    ]
    return verdict
