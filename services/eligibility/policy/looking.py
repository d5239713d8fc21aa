"""A look at a person's facts on a day, and the three-valued logic that joins looks (K6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeAlias

from services.eligibility.policy.findings import Json
from shared.contracts.facts import PersonFacts


@dataclass(frozen=True, slots=True)
class Case:
    """A person on a day; `age` is None while the birth date is unknown."""

    facts: PersonFacts
    age: int | None
    as_of: date


class Seen(NamedTuple):
    """What was found, whether it is met, and what keeps it open: a flag, a waiver, conditions."""

    found: Json
    met: bool | None
    cause: str | None = None
    open: tuple[str, ...] = ()


Look: TypeAlias = Callable[[Case], Seen]


def any_of(values: Iterable[bool | None]) -> bool | None:
    """Kleene's or: true if one is, else unknown if one is."""
    unknown = False
    for value in values:
        if value:
            return True
        unknown = unknown or value is None
    return None if unknown else False


def all_of(values: Iterable[bool | None]) -> bool | None:
    """Kleene's and: false if one is, else unknown if one is."""
    unknown = False
    for value in values:
        if value is False:
            return False
        unknown = unknown or value is None
    return None if unknown else True
