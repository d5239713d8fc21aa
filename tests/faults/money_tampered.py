"""Tamperings with the journal as a fault of the campaign: all found, each with its place."""

from __future__ import annotations

import time
from collections import Counter

from shared.clock import DirectoryClock
from tests.bench.ground import ground
from tests.faults.journal import tamper
from tests.faults.money_site import TODAY, load
from tests.faults.site import Verdict
from tests.faults.sizes import Size

SHOWN = 3


async def tampered(seed: int, size: Size) -> Verdict:
    """Edits, swaps, cuts and insertions of postings and seals, past the triggers."""
    verdict = Verdict("tampering with the journal", f"{size.tamperings} tamperings, each undone")
    began = time.monotonic()
    async with ground(["vouchers"]) as at:
        clock = DirectoryClock(at.data)
        clock.set(TODAY)
        outcomes = await tamper(at.dsn, clock, size.tamperings, seed)
    lost = [f"{one.what} at {one.where}" for one in outcomes if not one.located]
    verdict.expect(len(outcomes) == size.tamperings, f"only {len(outcomes)} were done")
    verdict.expect(not lost, f"{len(lost)} not located: {lost[:SHOWN]}")
    kinds = Counter(one.what for one in outcomes)
    verdict.figures += [
        f"{len(outcomes) - len(lost)} of {len(outcomes)} found and located, {len(kinds)} kinds",
        f"{time.monotonic() - began:.0f} s, {load()}",
    ]
    return verdict
