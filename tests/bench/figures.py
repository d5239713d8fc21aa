"""What one measurement says: a figure with its yardstick and goal, and medians of rounds."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

AT_MOST, AT_LEAST = "<=", ">="
DIGITS = 4

REPORT = Path(__file__).parent / "report.json"


@dataclass(frozen=True, slots=True)
class Goal:
    """The bound that the figure of one name has to keep."""

    name: str
    unit: str
    sense: str
    bound: float

    def figure(self, value: float, yardstick: str) -> Figure:
        met = value <= self.bound if self.sense == AT_MOST else value >= self.bound
        return Figure(self.name, round(value, DIGITS), self.unit, yardstick, self.text, met)

    def unmeasured(self, why: str) -> Figure:
        """No value, and why."""
        return Figure(self.name, None, self.unit, f"not measured: {why}", self.text, False)

    @property
    def text(self) -> str:
        return f"{self.sense} {self.bound:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report."""

    name: str
    value: float | None
    unit: str
    yardstick: str
    goal: str
    met: bool

    def line(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Measurement:
    """Figures that come from one run, and the run."""

    goals: tuple[Goal, ...]
    run: Callable[[], Awaitable[list[Figure]]]


@dataclass(frozen=True, slots=True)
class Round:
    """Rates of the thing measured and of its yardstick, taken one right after the other."""

    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs


def middle(rounds: Sequence[Round]) -> Round:
    """The round with the median ratio."""
    ratio = median(one.ratio for one in rounds)
    return min(rounds, key=lambda one: abs(one.ratio - ratio))


def spread(rounds: Sequence[Round], unit: str) -> str:
    """How the rounds lie, in words."""
    ratios = sorted(one.ratio for one in rounds)
    ours = median(one.ours for one in rounds)
    theirs = median(one.theirs for one in rounds)
    return (
        f"median of {len(rounds)} rounds, ratios {ratios[0]:.3f} to {ratios[-1]:.3f}; "
        f"ours {ours:,.0f} {unit}, yardstick {theirs:,.0f} {unit}"
    )


def kept(figures: Sequence[Figure]) -> None:
    """Put the figures into the report in place of older ones of the same name."""
    names = {one.name for one in figures}
    lines = json.loads(REPORT.read_text(encoding="utf-8")) if REPORT.exists() else []
    lines = [line for line in lines if line["name"] not in names]
    lines += [one.line() for one in figures]
    REPORT.write_text(json.dumps(lines, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
