"""Whole populations judged in columns: against NumPy by hand, OpenFisca, in memory, what-if."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from services.eligibility.policy import load_policies
from services.eligibility.policy.changing import with_values
from services.eligibility.policy.columns import Array, Columns, ColumnsMaker
from services.eligibility.policy.columns_judging import ELIGIBLE, Verdicts, judge, sweep
from tests.bench.eligibility_by_hand import voucher
from tests.bench.eligibility_crowd import AS_OF, chunks
from tests.bench.eligibility_openfisca.asking import NotInstalled, TheirSweep, asked
from tests.bench.figures import AT_LEAST, AT_MOST, Figure, Goal, Measurement, Round, middle, spread

BY_HAND = Goal("sweep_vs_numpy", "ratio", AT_LEAST, 0.2)
OPENFISCA = Goal("sweep_vs_openfisca", "ratio", AT_LEAST, 3)
MEMORY = Goal("sweep_rss_mb", "MiB", AT_MOST, 1024)
WHAT_IF = Goal("whatif_seconds", "s", AT_MOST, 10)
MILLION = 1_000_000
ROUNDS = 7
STREET, COMMUNITY = 9, 12
VOUCHER = "chaoyang-2010/voucher"
CHANGE = {"age_class_a": 75, "age_class_b": [60, 74], "severe_disability": {"every_category": 3}}
AMOUNT = {"monthly_amount": 12_000}
KIBIBYTES = 1024
BOOK = load_policies()


@cache
def columns_for(count: int) -> Columns:
    """The population in columns, chunk by chunk."""
    maker = ColumnsMaker()
    for chunk in chunks(count):
        maker.add(chunk)
    return maker.made()


async def by_hand() -> list[Figure]:
    """The voucher programme, a million people, both from the same columns."""
    columns, programme = columns_for(MILLION), BOOK.programme(VOUCHER)
    verdicts = judge(programme, columns, AS_OF)
    certain = np.where(verdicts.outcome == ELIGIBLE, verdicts.class_index, -1)
    if not np.array_equal(certain, voucher(columns, AS_OF)):
        raise RuntimeError("the programme by hand gives other people the voucher")
    rounds = [
        Round(
            MILLION / _seconds(lambda: judge(programme, columns, AS_OF)),
            MILLION / _seconds(lambda: voucher(columns, AS_OF)),
        )
        for _ in range(ROUNDS)
    ]
    words = (
        "outcome, class and first open or unmet criterion in three values against the class of "
        f"the entitled in two-valued NumPy by hand; {MILLION:,} people; "
        f"{spread(rounds, 'people/s')}"
    )
    return [BY_HAND.figure(middle(rounds).ratio, words)]


async def against_openfisca() -> list[Figure]:
    """All programmes by turns; OpenFisca in a process of its own."""
    columns = columns_for(MILLION)
    programmes = list(BOOK.programmes.values())
    try:
        async with asked(columns, [one.id for one in programmes], AS_OF) as theirs:
            ours = sweep(programmes, columns, AS_OF)
            await _same_people(ours, theirs)
            rounds = []
            for _ in range(ROUNDS):
                took = _seconds(lambda: sweep(programmes, columns, AS_OF))
                other = await theirs.seconds()
                rounds.append(Round(MILLION / took, MILLION / other))
    except NotInstalled as missing:
        return [OPENFISCA.unmeasured(str(missing))]
    words = (
        f"OpenFisca-core {theirs.version}, the yes or no of the same {len(programmes)} programmes "
        f"for the same {MILLION:,} people, its inputs set beforehand; seconds of one "
        f"core; {spread(rounds, 'people/s')}"
    )
    return [OPENFISCA.figure(middle(rounds).ratio, words)]


async def _same_people(ours: Sequence[Verdicts], theirs: TheirSweep) -> None:
    for one, programme, yes in zip(ours, theirs.programmes, await theirs.answers(), strict=True):
        if not np.array_equal(one.outcome == ELIGIBLE, yes):
            raise RuntimeError(f"OpenFisca finds other people eligible: {programme}")


async def memory() -> list[Figure]:
    """In a process of its own, from JSON to the verdicts of all programmes, all of them kept."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__, str(MILLION), stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    told = orjson.loads(said)
    words = (
        f"highest resident memory of a process that reads {MILLION:,} people from JSON in chunks "
        f"({told['made']:.1f} s with drawing them) and judges all {told['programmes']} programmes "
        f"({told['judged']:.2f} s)"
    )
    return [MEMORY.figure(told["peak_mb"], words)]


async def what_if() -> list[Figure]:
    """Two judgements of a million people with other ages and grades, counted and budgeted."""
    texts = list(chunks(MILLION))
    began, worked = time.perf_counter(), time.process_time()
    maker = ColumnsMaker()
    for text in texts:
        maker.add(text)
    columns = maker.made()
    read = time.perf_counter()
    counted(columns)
    ended, worked = time.perf_counter(), time.process_time() - worked
    words = (
        f"from the JSON of {MILLION:,} people in memory: columns {read - began:.2f} s, two "
        f"judgements and the counts by class, street, community and month {ended - read:.2f} s; "
        f"{worked:.2f} s of all that is processor time"
    )
    return [WHAT_IF.figure(ended - began, words)]


def counted(columns: Columns) -> dict[str, Any]:
    """Who comes in and who falls out, by class, street and community, and what it costs."""
    present = BOOK.programme(VOUCHER)
    amended = with_values(present, CHANGE | AMOUNT, AS_OF)
    before, after = judge(present, columns, AS_OF), judge(amended, columns, AS_OF)
    had, has = before.outcome == ELIGIBLE, after.outcome == ELIGIBLE
    masks = {"newly_in": has & ~had, "newly_out": had & ~has}
    heads = np.bincount(after.class_index[has], minlength=len(after.classes))
    amount_fen = amended.parameter("monthly_amount", AS_OF)
    return {
        "class": {name: _by_class(after, mask) for name, mask in masks.items()},
        "street": {name: _by_place(columns, mask, STREET) for name, mask in masks.items()},
        "community": {name: _by_place(columns, mask, COMMUNITY) for name, mask in masks.items()},
        "month_fen": {
            name: int(count) * amount_fen for name, count in zip(after.classes, heads, strict=True)
        },
    }


def _by_class(verdicts: Verdicts, mask: Array) -> dict[str, int]:
    counts = np.bincount(verdicts.class_index[mask] + 1, minlength=len(verdicts.classes) + 1)
    return dict(zip(("none", *verdicts.classes), counts.tolist(), strict=True))


def _by_place(columns: Columns, mask: Array, digits: int) -> dict[str, int]:
    places = columns.values["area_code"]
    counts = np.bincount(columns.codes["area_code"][mask], minlength=len(places))
    found: dict[str, int] = {}
    for place, count in zip(places, counts.tolist(), strict=True):
        name = "unknown" if place is None else place[:digits]
        found[name] = found.get(name, 0) + count
    return found


def _seconds(act: Callable[[], object]) -> float:
    """Of this process's own time, which a busy neighbour disturbs less; all here is one thread."""
    began = time.process_time()
    act()
    return time.process_time() - began


def _peak_mb() -> float:
    """Of this program alone: `ru_maxrss` would count the parent's memory before the start."""
    lines = Path(f"/proc/{os.getpid()}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / KIBIBYTES


def _sweep(count: int) -> None:
    began = time.perf_counter()
    columns = columns_for(count)
    made = time.perf_counter()
    verdicts = sweep(list(BOOK.programmes.values()), columns, AS_OF)
    judged = time.perf_counter()
    told = {
        "peak_mb": _peak_mb(),
        "programmes": len(verdicts),
        "made": made - began,
        "judged": judged - made,
    }
    sys.stdout.buffer.write(orjson.dumps(told))


MEASUREMENTS = (
    Measurement((BY_HAND,), by_hand),
    Measurement((OPENFISCA,), against_openfisca),
    Measurement((MEMORY,), memory),
    Measurement((WHAT_IF,), what_if),
)

if __name__ == "__main__":
    _sweep(int(sys.argv[1]))
