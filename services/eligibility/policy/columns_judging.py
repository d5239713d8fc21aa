"""The judgement of many people by a programme on a day, equal to `evaluate` one by one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import reduce

import numpy as np

from services.eligibility.policy.columns import NO, YES, Array, Columns
from services.eligibility.policy.columns_classes import NO_CLASS, branches_of
from services.eligibility.policy.columns_looking import Block, block_of, look_of
from services.eligibility.policy.findings import Outcome
from services.eligibility.policy.judging import Rules, rules_of
from services.eligibility.policy.model import Programme

OUTCOMES: tuple[Outcome, ...] = ("ineligible", "needs_evidence", "needs_review", "eligible")
"""In the order of the codes `NO`, `EVIDENCE`, `REVIEW`, `YES`: the least of all looks decides."""

ELIGIBLE = OUTCOMES.index("eligible")
PEOPLE_AT_ONCE = 1 << 16
NO_CRITERION = -1


@dataclass(frozen=True, slots=True, eq=False)
class Verdicts:
    """One entry a person: indexes into `OUTCOMES`, `classes` and `criteria`, -1 for none.

    `criterion` is the first unmet one where somebody is ineligible, the first open one where
    something is missing.
    """

    classes: tuple[str, ...]
    criteria: tuple[str, ...]
    outcome: Array
    class_index: Array
    criterion: Array

    def __len__(self) -> int:
        return len(self.outcome)


def judge(programme: Programme, columns: Columns, as_of: date) -> Verdicts:
    """Judge everybody as of one day; raises `AsOfRefused` outside the policy's time."""
    programme.in_time(as_of)
    rules = rules_of(programme, programme.version_on(as_of))
    whole = _Whole(rules, columns, as_of)
    criteria, places = _names(rules)
    size = len(columns)
    outcome = np.empty(size, np.uint8)
    class_index = np.empty(size, np.int8)
    criterion = np.empty(size, np.int16)
    for start in range(0, size, PEOPLE_AT_ONCE):
        some = slice(start, start + PEOPLE_AT_ONCE)
        outcome[some], class_index[some], first = whole.judge(block_of(columns, some, as_of))
        criterion[some] = places.take(first)
    classes = tuple(one.id for one in rules.classes)
    return Verdicts(classes, criteria, outcome, class_index, criterion)


class _Whole:
    """All rules of one version, ready to look at blocks of these columns."""

    def __init__(self, rules: Rules, columns: Columns, as_of: date) -> None:
        self._common = [look_of(rule, columns, as_of) for rule in rules.common]
        self._branches = branches_of(rules.classes, columns, as_of) if rules.classes else None

    def judge(self, block: Block) -> tuple[Array, Array | int, Array]:
        """Outcome and class of each person, and the position of the criterion that decided."""
        told = [look(block) for look in self._common]
        least = reduce(np.minimum, told)
        class_index: Array | int = NO_CLASS
        if self._branches is not None:
            member, own = self._branches.looks(block)
            fits = reduce(np.minimum, own)
            counts = (fits == YES) & (least != NO)
            class_index = np.where(counts, member, np.int8(NO_CLASS))
            least = np.minimum(least, fits)
            told += own
        return np.minimum(least, np.uint8(ELIGIBLE)), class_index, _first(told, least)


def _first(told: list[Array], least: Array) -> Array:
    """The position of the first no, or of the first open look; one past the end for neither."""
    before_no, before_open = (np.ones(len(least), bool) for _ in range(2))
    first_no, first_open = (np.zeros(len(least), np.uint8) for _ in range(2))
    for codes in told:
        before_no &= codes != NO
        first_no += before_no
        before_open &= codes == YES
        first_open += before_open
    return np.where(least == NO, first_no, first_open)


def _names(rules: Rules) -> tuple[tuple[str, ...], Array]:
    """The criteria by name, and for each position which; the last position is none."""
    asked = [*rules.common, *(rule for one in rules.classes for rule in one.rules)]
    names = [rule.criterion.id for rule in asked]
    criteria = tuple(dict.fromkeys(names))
    return criteria, np.array([*map(criteria.index, names), NO_CRITERION], np.int16)
