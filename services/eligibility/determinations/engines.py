"""The evaluators by engine version, so that an old determination is reached again by its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from services.eligibility.policy import Judgement, Programme, evaluate
from shared.contracts.facts import PersonFacts

Engine: TypeAlias = Callable[[Programme, PersonFacts, date], Judgement]


@dataclass(frozen=True, slots=True)
class Engines:
    """The evaluators that a program carries, and the versions that it carries no longer.

    What a retired one decided is proved by its stored bytes alone (decision 0013).
    """

    carried: Mapping[str, Engine]
    retired: frozenset[str] = frozenset()


PRESENT = Engines({"1": evaluate})
