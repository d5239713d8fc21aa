"""Reads scheduling's policy file and gives the rules in force on a day, for stores and doors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("nangang-2008.yaml")
UNITS = {"minutes": int, "days": int, "programmes": list}


class PolicyRefused(ValueError):
    """The policy file must not be decided by: which parameter, and why."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The parameters in force on one day; minutes and days are whole numbers."""

    activation_required: tuple[str, ...]
    shortest_visit: int
    longest_visit: int
    longest_week: int
    latest_start: int
    report_within: int
    earliest_check_in: int
    on_time_tolerance: int
    roster_ahead: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """One dated parameter with its article, or "silence"."""

    id: str
    article: str
    unit: str
    values: Mapping[date, Any]

    def on(self, day: date) -> Any:
        """The value in force on a day.

        Raises:
            PolicyRefused: the parameter has no value yet on that day.
        """
        begun = [start for start in self.values if start <= day]
        if not begun:
            raise PolicyRefused(f"{self.id}: no value in force on {day}")
        value = self.values[max(begun)]
        return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole file."""

    instrument: str
    parameters: tuple[Parameter, ...]

    def on(self, day: date) -> Rules:
        """The rules in force on a day."""
        return Rules(**{parameter.id: parameter.on(day) for parameter in self.parameters})


def load_policy(file: Path = FILE) -> Policy:
    """Read and check the file.

    Raises:
        PolicyRefused: a parameter is unknown, missing, uncited, undated or of the wrong kind.
    """
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    parameters = tuple(_parameter(entry) for entry in content["parameters"])
    known, found = {one.name for one in fields(Rules)}, [one.id for one in parameters]
    if set(found) != known or len(found) != len(known):
        raise PolicyRefused(f"parameters must be exactly, and once each, {sorted(known)}")
    return Policy(content["instrument"], parameters)


@cache
def own_policy() -> Policy:
    """The policy of this package, read once a process: nothing changes what was read."""
    return load_policy()


def _parameter(entry: Mapping[str, Any]) -> Parameter:
    name, unit, values = entry["id"], entry["unit"], entry["values"]
    if not entry.get("article"):
        raise PolicyRefused(f"{name}: cite the article, or say silence")
    if unit not in UNITS:
        raise PolicyRefused(f"{name}: unknown unit {unit}")
    for start, value in values.items():
        if type(start) is not date or type(value) is not UNITS[unit]:
            raise PolicyRefused(f"{name}: every value needs a day and must fit {unit}")
    return Parameter(name, entry["article"], unit, values)
