"""Determinations kept for good: facts, day and digest, by the version of the engine that made them.

`python -m tests.eligibility.corpus` writes cases for programmes that the present engine's file
lacks. It never changes a line that stands: a line that no longer holds is a changed result.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CASES_EACH = 40
FORGOTTEN = 0.06
YESNO = (True, True, False)
AGES = (15, 16, 17, 40, 59, 60, 61, 64, 65, 66, 70, 79, 80, 81, 90, 99, 100, 101)
DAYS = (date(2010, 1, 6), date(2010, 3, 15), date(2011, 2, 28), date(2012, 2, 29))
HOMES = {
    "chaoyang-2010": ("110105001001",) * 8 + ("110108001001", "230103001001"),
    "nangang-2008": ("230103001001",) * 8 + ("230102001001", "110105001001"),
}
CHOICES: dict[str, tuple[Any, ...]] = {
    "sex": ("female", "female", "male"),
    "household_size": (1, 1, 2, 3),
    "household_monthly_income_fen": (0, 30000, 48999, 49000, 49001, 98000, 98001, 200000),
    "sanwu": (False, False, True),
    "gulao": YESNO,
    "dibao": YESNO,
    "tekun": YESNO,
    "lives_with": ("alone", "alone", "spouse_elderly_or_disabled", "spouse_able", "other"),
    "disability": ("none", {"category": 3, "grade": 1}, {"category": 5, "grade": 2},
                   {"category": 7, "grade": 3}),
    "employed": (False, False, True),
    "centenarian_certificate_held": YESNO,
    "mobility_impaired": YESNO,
    "modification_needs": (["bath"], ["toilet", "indoor"], []),
    "device_need": YESNO,
    "device_able": YESNO,
    "enrolled": YESNO,
}  # fmt: skip
CHILD = {
    "alive": (True, True, False),
    "in_city": (True, False, False, "county"),
    "dibao": (False, True),
    "severely_disabled": (False, True),
}


def cases(version: str) -> Iterator[dict[str, Any]]:
    """The cases of an engine version."""
    for line in (HERE / f"engine-{version}.jsonl").read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def versions() -> list[str]:
    """The engine versions of which there are cases."""
    return sorted(file.stem.removeprefix("engine-") for file in HERE.glob("engine-*.jsonl"))


def drawn(programme: str) -> Iterator[tuple[dict[str, Any], date]]:
    """Facts and days for a programme: near its bounds, now and then one unknown."""
    chance = random.Random(programme)
    for _ in range(CASES_EACH):
        as_of = chance.choice(DAYS)
        home = chance.choice(HOMES[programme.split("/")[0]])
        facts: dict[str, Any] = {
            "birth_on": _born(chance, as_of),
            "hukou_area": chance.choice((home, home, home, "130100")),
            "residence_area": home,
            **{name: chance.choice(values) for name, values in CHOICES.items()},
            "children": [_child(chance) for _ in range(chance.choice((0, 0, 1, 2)))],
        }
        known = {name: value for name, value in facts.items() if chance.random() > FORGOTTEN}
        yield known, as_of


def _born(chance: random.Random, as_of: date) -> str:
    year, day = as_of.year - chance.choice(AGES), min(as_of.day, 28)
    return chance.choice(
        (date(year, as_of.month, day), date(year, as_of.month, day + 1 if day < 28 else day))
    ).isoformat()


def _child(chance: random.Random) -> dict[str, Any]:
    drawn_child = {name: chance.choice(values) for name, values in CHILD.items()}
    return {name: value for name, value in drawn_child.items() if chance.random() > FORGOTTEN}
