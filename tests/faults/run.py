"""`python -m tests.faults.run [NAME …]`: does every fault, proves everything after each."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import uvloop

from tests.faults import (
    kills,
    letters,
    money_cancelled,
    money_contended,
    money_crash,
    money_doors,
    money_machine,
    money_mutants,
    money_races,
    money_tampered,
    money_year,
    outage,
    poison,
    stops,
)
from tests.faults.site import Site, Verdict, site
from tests.faults.sizes import SIZES, Size

SEEDS = 1_000_000
FAULTS: Mapping[str, Callable[[Site], Awaitable[Verdict]]] = {
    "services": kills.kill_processes,
    "postgres": kills.kill_postgres,
    "cut": outage.cut_off,
    "half-open": outage.half_open,
    "stop": stops.stop_consumers,
    "empty": outage.come_back_empty,
    "letters": letters.repeat_and_shuffle,
    "poison": poison.among_good,
}
MONEY: Mapping[str, Callable[[int, Size], Awaitable[Verdict]]] = {
    "contended": money_contended.contended,
    "races": money_races.races,
    "cancelled": money_cancelled.cancelled,
    "machine": money_machine.machine,
    "doors": money_doors.every_door,
    "killed": money_crash.crashed,
    "year": money_year.twelve_months,
    "tampered": money_tampered.tampered,
    "mutants": money_mutants.mutated,
}
"""Faults of the money need no broker: each has a ground of its own."""


def main() -> None:
    """Exit with 1 when a promise did not hold."""
    names = sys.argv[1:] or [*FAULTS, *MONEY]
    seed = int(os.environ.get("FAULTS_SEED") or secrets.randbelow(SEEDS))
    size = os.environ.get("FAULTS") or "short"
    if size not in SIZES or not set(names) <= FAULTS.keys() | MONEY.keys():
        known = ", ".join([*FAULTS, *MONEY])
        sys.exit(f"FAULTS is one of {', '.join(SIZES)}; faults are {known}")
    replay = f"FAULTS={size} FAULTS_SEED={seed} make faults"
    print(f"seed {seed} (replay: {replay}), load average {os.getloadavg()}", flush=True)
    place = Path(tempfile.mkdtemp(prefix="juyang-faults-"))
    try:
        verdicts = asyncio.run(_all(place, names, seed, SIZES[size]))
        verdicts += uvloop.run(_of_money(names, seed, SIZES[size]))
    except BaseException:
        print(f"--- seed {seed}; what the office said lies in {place}", flush=True)
        raise
    if SIZES[size].timed:
        for one in verdicts:
            one.broken += one.late
    if all(not one.broken for one in verdicts):
        shutil.rmtree(place)
    print(
        f"\n{replay}, load average {os.getloadavg()}\n"
        "| fault | what | figures | holds |\n|---|---|---|---|"
    )
    for one in verdicts:
        held = "yes" if not one.broken else "NO: " + "; ".join(one.broken)
        held += "; late: " + "; ".join(one.late) if one.late and not one.broken else ""
        print(f"| {one.name} | {one.did} | {'; '.join(one.figures)} | {held} |")
    sys.exit(any(one.broken for one in verdicts))


async def _all(place: Path, names: list[str], seed: int, size: Size) -> list[Verdict]:
    wanted = [name for name in names if name in FAULTS]
    if not wanted:
        return []
    async with site(place, seed, size) as there:
        return [await _one(name, FAULTS[name](there)) for name in wanted]


async def _of_money(names: list[str], seed: int, size: Size) -> list[Verdict]:
    return [await _one(name, MONEY[name](seed, size)) for name in names if name in MONEY]


async def _one(name: str, running: Awaitable[Verdict]) -> Verdict:
    began = time.monotonic()
    try:
        verdict = await running
    except Exception as failure:
        traceback.print_exc()
        verdict = Verdict(name, "", broken=[f"not carried out: {type(failure).__name__}"])
    took = time.monotonic() - began
    print(f"{name}: {took:.0f} s", verdict.figures, verdict.broken, verdict.late, flush=True)
    return verdict


if __name__ == "__main__":
    main()
