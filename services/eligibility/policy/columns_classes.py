"""The class that each person's age leaves, over columns: its rules asked of its people alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import reduce

import numpy as np

from services.eligibility.policy.columns import NO, NOBODY, YES, Array
from services.eligibility.policy.columns_looking import (
    AGES,
    Block,
    Look,
    Looks,
    chosen,
    code_of,
    everything,
    mapped,
)
from services.eligibility.policy.judging import Rule, RuleClass, nearest
from services.eligibility.policy.looking import Case

NO_CLASS = 255
UNKNOWN_AGE = AGES.index(None)


@dataclass(frozen=True, slots=True)
class Branch:
    """A class's rules after that of age, and what an unknown age means to the latter."""

    rest: tuple[Look, ...]
    age_unknown: int


@dataclass(frozen=True, slots=True)
class Branches:
    """All classes; `member` and `age_result` say for each age code which class and whether in."""

    each: tuple[Branch, ...]
    member: Callable[[Array], Array]
    age_result: Callable[[Array], Array]

    def looks(self, block: Block) -> tuple[Array, list[Array]]:
        """Each person's class by age, and the codes of all classes' rules in order.

        What is not asked of a person, because it stands in another class, counts as met. Outside
        the class's ages the age has said no already, so that what comes after it decides nothing.
        """
        member = self.member(block.ages)
        age_result = self.age_result(block.ages)
        unknown = np.flatnonzero(block.ages == UNKNOWN_AGE)
        raw = [[look(block) for look in branch.rest] for branch in self.each]
        told: list[Array] = []
        for number, rest in enumerate(raw):
            others = everything(member != number)
            told.append(age_result | others)
            told += [result | others for result in rest]
        if len(unknown):
            for codes, known in zip(told, self._without_age(raw, unknown), strict=True):
                codes[unknown] = known
        return member, told

    def _without_age(self, raw: list[list[Array]], people: Array) -> Iterator[Array]:
        """The age asked by every class still open; or what closes them all."""
        some = [[result[people] for result in rest] for rest in raw]
        closed = [
            reduce(np.logical_or, (result == NO for result in rest), np.zeros(len(people), bool))
            for rest in some
        ]
        every = reduce(np.logical_and, closed)
        for branch, rest, shut in zip(self.each, some, closed, strict=True):
            yield chosen(shut, np.uint8(YES), np.uint8(branch.age_unknown))
            yield from (everything(~(every & (result == NO))) for result in rest)


def branches_of(classes: tuple[RuleClass, ...], looks: Looks) -> Branches:
    """The classes, ready to look at any block of people."""
    each = tuple(
        Branch(
            tuple(looks.of(rule) for rule in one.rules[1:]),
            _age_code(one.rules[0], None, looks.as_of),
        )
        for one in classes
    )
    member = [NO_CLASS if age is None else classes.index(nearest(classes, age)) for age in AGES]
    result = [
        YES if age is None else _age_code(classes[number].rules[0], age, looks.as_of)
        for age, number in zip(AGES, member, strict=True)
    ]
    return Branches(each, mapped(member), mapped(result))


def _age_code(rule: Rule, age: int | None, as_of: date) -> int:
    return code_of(rule, rule.look(Case(NOBODY, age, as_of)))
