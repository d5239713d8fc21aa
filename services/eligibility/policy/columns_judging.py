"""The judgement of many people by a programme on a day, equal to `evaluate` one by one."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

import numpy as np

from services.eligibility.policy.columns import NO, YES, Array, Columns
from services.eligibility.policy.columns_classes import branches_of
from services.eligibility.policy.columns_looking import (
    Block,
    Looks,
    asked_by,
    chosen,
    everything,
    mapped,
)
from services.eligibility.policy.findings import Outcome
from services.eligibility.policy.judging import Rule, Rules, rules_of
from services.eligibility.policy.model import Programme

OUTCOMES: tuple[Outcome, ...] = ("ineligible", "needs_evidence", "needs_review", "eligible")
"""In the order of the codes `NO`, `EVIDENCE`, `REVIEW`, `YES`: the least of all looks decides."""

ELIGIBLE = OUTCOMES.index("eligible")
PEOPLE_AT_ONCE = 1 << 16
NONE = 255


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
    return sweep([programme], columns, as_of)[0]


def sweep(programmes: Sequence[Programme], columns: Columns, as_of: date) -> tuple[Verdicts, ...]:
    """The same by several programmes, in their order; what they ask in common is asked once."""
    for programme in programmes:
        programme.in_time(as_of)
    looks = Looks(columns, as_of)
    size = len(columns)
    wholes: dict[Hashable, _Whole] = {}
    asked = [_same(rules_of(one, one.version_on(as_of)), wholes, looks, size) for one in programmes]
    for start in range(0, size, PEOPLE_AT_ONCE):
        some = slice(start, start + PEOPLE_AT_ONCE)
        block = looks.block(some)
        for whole in wholes.values():
            whole.judge(block, some)
    return tuple(whole.verdicts for whole in asked)


def _same(rules: Rules, known: dict[Hashable, _Whole], looks: Looks, size: int) -> _Whole:
    """One for all programmes that ask exactly the same under the same names."""
    key = tuple((rule.criterion.id, asked_by(rule)) for rule in _in_order(rules))
    classes = tuple((one.id, len(one.rules)) for one in rules.classes)
    if (key, classes) not in known:
        known[key, classes] = _Whole(rules, looks, size)
    return known[key, classes]


class _Whole:
    """All rules of one version, ready to look at blocks, and what came of it so far."""

    def __init__(self, rules: Rules, looks: Looks, size: int) -> None:
        self._common = [looks.of(rule) for rule in rules.common]
        self._branches = branches_of(rules.classes, looks) if rules.classes else None
        names = [rule.criterion.id for rule in _in_order(rules)]
        criteria = tuple(dict.fromkeys(names))
        self._name_of = mapped([*map(criteria.index, names), NONE])
        classes = tuple(one.id for one in rules.classes)
        none = np.broadcast_to(np.int8(-1), size)
        self.verdicts = Verdicts(
            classes,
            criteria,
            np.empty(size, np.uint8),
            np.empty(size, np.int8) if classes else none,
            np.empty(size, np.int8),
        )

    def judge(self, block: Block, some: slice) -> None:
        """Outcome, class and the criterion that decided, for some of the people."""
        told = [look(block) for look in self._common]
        least = reduce(np.minimum, told)
        if self._branches is not None:
            member, own = self._branches.looks(block)
            fits = reduce(np.minimum, own)
            counts = (fits == YES) & (least != NO)
            # No class is every bit of a byte.
            self.verdicts.class_index[some] = (member | ~everything(counts)).view(np.int8)
            least = np.minimum(least, fits)
            told += own
        self.verdicts.outcome[some] = np.minimum(least, np.uint8(ELIGIBLE))
        self.verdicts.criterion[some] = self._name_of(_first(told, least)).view(np.int8)


def _first(told: list[Array], least: Array) -> Array:
    """The position of the first no, or of the first open look; one past the end for neither."""
    before_no, before_open = (np.ones(len(least), bool) for _ in range(2))
    first_no, first_open = (np.zeros(len(least), np.uint8) for _ in range(2))
    for codes in told:
        before_no &= codes != NO
        first_no += before_no.view(np.uint8)
        before_open &= codes == YES
        first_open += before_open.view(np.uint8)
    return chosen(least == NO, first_no, first_open)


def _in_order(rules: Rules) -> list[Rule]:
    """In the order in which a judgement lists its findings."""
    return [*rules.common, *(rule for one in rules.classes for rule in one.rules)]
