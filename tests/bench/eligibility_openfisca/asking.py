"""The measurement's side: facts as OpenFisca's inputs, and the other process's answers."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import orjson

from services.eligibility.policy.columns import FLAGS, NO, NOBODY_COUNTED, YES, Array, Columns

DISTRICT = 6
ANSWERS = "answers.npy"
START_PATIENCE_S, TURN_PATIENCE_S = 180.0, 120.0


class NotInstalled(Exception):
    """OpenFisca stands in the benchmark's own requirements."""


@dataclass(frozen=True, slots=True)
class TheirSweep:
    """A process that holds the same people and sweeps them each time it is told to."""

    version: str
    programmes: tuple[str, ...]
    place: Path
    process: asyncio.subprocess.Process

    async def seconds(self) -> float:
        """One sweep over all programmes from inputs that are set; the seconds of the sweep."""
        stdin = self.process.stdin
        assert stdin is not None
        stdin.write(b"sweep\n")
        await stdin.drain()
        return float(orjson.loads(await _line(self.process, TURN_PATIENCE_S))["seconds"])

    async def answers(self) -> list[Array]:
        """Who is eligible, programme by programme."""
        await self.seconds()
        return list(await asyncio.to_thread(np.load, self.place / ANSWERS))


@asynccontextmanager
async def asked(
    columns: Columns, programmes: Sequence[str], as_of: date
) -> AsyncIterator[TheirSweep]:
    """The other process with the people's facts set as inputs."""
    if find_spec("openfisca_core") is None:
        raise NotInstalled("openfisca-core is not installed: pip install -r requirements-bench.txt")
    with tempfile.TemporaryDirectory(prefix="juyang-bench-") as name:
        place = Path(name)
        for fact, column in inputs_of(columns).items():
            np.save(place / f"{fact}.npy", column)
        words = ("-m", f"{__package__}.sweeping", str(place), as_of.isoformat(), *programmes)
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        try:
            ready = orjson.loads(await _line(process, START_PATIENCE_S))
            yield TheirSweep(ready["version"], tuple(programmes), place, process)
        finally:
            if process.stdin is not None:
                process.stdin.close()
            await process.wait()


async def _line(process: asyncio.subprocess.Process, patience_s: float) -> bytes:
    assert process.stdout is not None
    async with asyncio.timeout(patience_s):
        line = await process.stdout.readline()
    if not line:
        raise RuntimeError("the process with OpenFisca ended")
    return line


def inputs_of(columns: Columns) -> dict[str, Array]:
    """What is known for certain, as a calculator of two values takes it; unknown is not shown."""
    codes = columns.codes
    inputs: dict[str, Array] = {name: codes[name] == YES for name in FLAGS}
    size = codes["household_size"]
    counted = np.where(size == NOBODY_COUNTED, 1, size)
    inputs |= {
        "not_employed": codes["employed"] == NO,
        "birth": _days(codes["birth_on"]),
        "death": _days(codes["died_on"]),
        "persons": counted.astype(np.int32),
        "income_fen": codes["household_monthly_income_fen"].astype(np.int32),
        "hukou_district": _districts(columns, "hukou_area"),
        "residence_district": _districts(columns, "residence_area"),
        "woman": _words(columns, "sex", "female"),
        "alone": _words(columns, "lives_with", "alone"),
        "home_needs": np.array([bool(one) for one in columns.values["modification_needs"]])[
            codes["modification_needs"]
        ],
        "disability_grade": np.array(
            [getattr(one, "grade", 0) for one in columns.values["disability"]], np.int32
        )[codes["disability"]],
    }
    known = np.array([one is not None for one in columns.values["children"]])
    inputs["children_known"] = known[codes["children"]]
    return inputs | _children(columns)


def _children(columns: Columns) -> dict[str, Array]:
    """Every child of everybody, with the place of the parent."""
    families = [family or () for family in columns.values["children"]]
    counts = np.array([len(family) for family in families])[columns.codes["children"]]
    firsts = np.cumsum([0, *(len(family) for family in families[:-1])])
    begin = np.cumsum(counts) - counts
    nth = np.arange(counts.sum()) - np.repeat(begin, counts)
    kind = np.repeat(firsts[columns.codes["children"]], counts) + nth
    children = [child for family in families for child in family]
    return {
        "parent": np.repeat(np.arange(len(columns)), counts),
        "child_alive": np.array([bool(child.alive) for child in children])[kind],
        "child_elsewhere": np.array([child.in_city is False for child in children])[kind],
        "child_dibao": np.array([bool(child.dibao) for child in children])[kind],
        "child_severe": np.array([bool(child.severely_disabled) for child in children])[kind],
    }


def _days(packed: Array) -> Array:
    """`YYYYMMDD` as days; no day at all is the first one there is."""
    years, months, days = packed // 10_000, packed // 100 % 100, packed % 100
    month = (years - 1970) * 12 + months - 1
    whole = month.astype("datetime64[M]").astype("datetime64[D]") + (days - 1)
    return np.where(packed == 0, np.datetime64("9000-01-01"), whole)


def _districts(columns: Columns, name: str) -> Array:
    areas = [0 if area is None else int(area[:DISTRICT]) for area in columns.values[name]]
    return np.array(areas, np.int32)[columns.codes[name]]


def _words(columns: Columns, name: str, word: str) -> Array:
    return np.array([value == word for value in columns.values[name]])[columns.codes[name]]
