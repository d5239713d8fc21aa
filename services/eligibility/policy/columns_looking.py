"""Each test of a policy file over columns: the one-person look asked once for each known value."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from typing import TypeAlias

import numpy as np

from services.eligibility.policy.columns import (
    FLAG_CODES,
    FLAGS,
    NO,
    NO_DAY,
    NOBODY,
    NOBODY_COUNTED,
    NOT_KNOWN,
    UNKNOWN,
    YES,
    Array,
    Columns,
)
from services.eligibility.policy.criteria import TESTS
from services.eligibility.policy.judging import Rule
from services.eligibility.policy.looking import Case, Seen
from shared.contracts.facts import PersonFacts

EVIDENCE, REVIEW = UNKNOWN, 2
"""Open because a paper is missing, or because a person has to judge; between `NO` and `YES`."""

YEAR = 1_00_00
LEAP_DAY = 2_29
UNBORN, OLDEST = -1, 200
AGES: tuple[int | None, ...] = (None, *range(UNBORN, OLDEST + 1))
"""What an age code stands for; below and above these no age of a policy makes a difference."""

FEW = 8
INCOME, PERSONS = "household_monthly_income_fen", "household_size"


@dataclass(frozen=True, slots=True)
class Block:
    """Some of the people, with their age codes on the day and what has been looked at already."""

    codes: Mapping[str, Array]
    ages: Array
    told: dict[Hashable, Array]


Look: TypeAlias = Callable[[Block], Array]
"""One code a person: `NO`, `EVIDENCE`, `REVIEW` or `YES`."""


class Looks:
    """Rules ready to look at these people on a day; what several of them ask is asked once."""

    def __init__(self, columns: Columns, as_of: date) -> None:
        self._columns = columns
        self.as_of = as_of
        self._known: dict[Hashable, Look] = {}

    def block(self, some: slice) -> Block:
        """Some of the people, without copying."""
        codes = {name: column[some] for name, column in self._columns.codes.items()}
        return Block(codes, _age_codes(codes["birth_on"], self.as_of), {})

    def of(self, rule: Rule) -> Look:
        """The rule over a block; the array is shared, so nobody may write into it."""
        asked = asked_by(rule)
        if asked not in self._known:
            self._known[asked] = _once(asked, self._compiled(rule))
        return self._known[asked]

    def _compiled(self, rule: Rule) -> Look:
        if rule.parts:
            ways = [[rule.parts[leaf.id] for leaf in way] for way in rule.criterion.ways]
            return _either([[self.of(part) for part in way] for way in ways])
        test = COLUMN_TESTS.get(rule.criterion.test, _by_value)
        look = test(rule, self._columns, self.as_of)
        waiver = rule.criterion.waived_by
        return look if waiver is None else _waived(look, waiver.fact)


def asked_by(rule: Rule) -> Hashable:
    """Everything in a rule that its codes depend on; names and articles are not part of it."""
    criterion = rule.criterion
    if rule.parts:
        return tuple(tuple(asked_by(rule.parts[leaf.id]) for leaf in way) for way in criterion.ways)
    waiver = None if criterion.waived_by is None else criterion.waived_by.fact
    papers = criterion.document is not None
    required = repr(rule.required)
    return criterion.fact, criterion.test, required, criterion.inclusive, papers, waiver


def _once(asked: Hashable, look: Look) -> Look:
    def told(block: Block) -> Array:
        if asked not in block.told:
            block.told[asked] = look(block)
        return block.told[asked]

    return told


def everything(where: Array) -> Array:
    """Every bit there, which is `YES`, and none elsewhere."""
    return where.view(np.uint8) * np.uint8(YES)


def chosen(where: Array, one: Array | np.uint8, other: Array | np.uint8) -> Array:
    """`np.where` for bytes by their bits: without branches, and so many times as fast."""
    return other ^ ((one ^ other) & everything(where))


def packed(day: date) -> int:
    """A day as `YYYYMMDD`."""
    return int(day.strftime("%Y%m%d"))


def _age_codes(birth_on: Array, as_of: date) -> Array:
    """Full years from whole days; 29 February is completed on the 28th in common years (K3)."""
    day = packed(as_of)
    ends_february = as_of.month == 2 and (as_of + timedelta(days=1)).day == 1
    if ends_february:
        day = day // YEAR * YEAR + LEAP_DAY
    unborn = AGES.index(UNBORN)
    ages = (np.int32(day) - birth_on) // np.int32(YEAR) - np.int32(UNBORN - unborn)
    np.clip(ages, unborn, len(AGES) - 1, out=ages)
    return ages.astype(np.uint8) * (birth_on != NO_DAY).view(np.uint8)


def code_of(rule: Rule, seen: Seen) -> int:
    """A flag asks a person; else the criterion's paper is missing, if it names one."""
    if seen.met is not None:
        return FLAG_CODES[seen.met]
    return EVIDENCE if seen.cause is None and rule.criterion.document is not None else REVIEW


def _seen(rule: Rule, cases: Iterable[Case]) -> list[int]:
    """What the test says of each case, without the waiver."""
    look = TESTS[rule.criterion.test](rule.criterion, rule.required)
    return [code_of(rule, look(case)) for case in cases]


def mapped(table: Sequence[int]) -> Callable[[Array], Array]:
    """What each code of a column leads to: by comparing where that changes seldom, else fetched."""
    results = np.array(table, np.uint8)
    changes = results[1:] ^ results[:-1]
    steps = np.flatnonzero(changes)
    if len(steps) > FEW:
        return results.take

    def look(column: Array) -> Array:
        found = np.full(len(column), results[0])
        for step in steps.tolist():
            found ^= (column > step).view(np.uint8) * changes[step]
        return found

    return look


def _by_value(rule: Rule, columns: Columns, as_of: date) -> Look:
    """Ask about every value that somebody has."""
    fact = rule.criterion.fact
    told = _seen(rule, (Case(person, None, as_of) for person in columns.people_of(fact)))
    if fact in FLAGS:
        return _by_flag(fact, dict(zip(FLAG_CODES.values(), told, strict=True)))
    look = mapped(told)
    return lambda block: look(block.codes[fact])


def _by_flag(fact: str, told: Mapping[int, int]) -> Look:
    if all(code == result for code, result in told.items()):
        return lambda block: block.codes[fact]
    look = mapped([told[NO], told[UNKNOWN], told[YES]])  # every code above two is yes
    return lambda block: look(block.codes[fact])


def _by_age(rule: Rule, _: Columns, as_of: date) -> Look:
    look = mapped(_seen(rule, (Case(NOBODY, age, as_of) for age in AGES)))
    return lambda block: look(block.ages)


def _is(rule: Rule, columns: Columns, as_of: date) -> Look:
    if rule.criterion.fact != "alive":
        return _by_value(rule, columns, as_of)
    people = (NOBODY, PersonFacts(died_on=date.min))
    alive, dead = _seen(rule, (Case(person, None, as_of) for person in people))
    codes = np.uint8(alive), np.uint8(dead)
    today = packed(as_of)
    return lambda block: chosen(block.codes["died_on"] >= today, *codes)


def _any_true(rule: Rule, _: Columns, as_of: date) -> Look:
    """Kleene's or: the greatest code, where `unknown` stands between no and yes."""
    (unknown,) = _seen(rule, (Case(NOBODY, None, as_of),))

    def look(block: Block) -> Array:
        greatest = reduce(np.maximum, (block.codes[name] for name in rule.required))
        return chosen(greatest == UNKNOWN, np.uint8(unknown), greatest)

    return look


def _at_most_per_head(rule: Rule, _: Columns, as_of: date) -> Look:
    """Whole fen against whole fen; with nobody counted only a yes is certain."""
    (unknown,) = (np.uint8(code) for code in _seen(rule, (Case(NOBODY, None, as_of),)))
    within = np.less_equal if rule.criterion.inclusive else np.less
    limit_fen = np.int64(rule.required)

    def look(block: Block) -> Array:
        income_fen, persons = block.codes[INCOME], block.codes[PERSONS]
        low = within(income_fen, limit_fen * np.maximum(persons, 1))
        certain = chosen(persons == NOBODY_COUNTED, unknown, np.uint8(NO))
        return chosen(income_fen == NOT_KNOWN, unknown, chosen(low, np.uint8(YES), certain))

    return look


def _waived(look: Look, fact: str) -> Look:
    """A true waiver is a yes; an unknown one turns a no into a missing paper."""
    return lambda block: np.maximum(look(block), block.codes[fact])


def _either(ways: list[list[Look]]) -> Look:
    """Kleene's or of ands; while open, a paper that could settle a way comes before a question."""

    def look(block: Block) -> Array:
        results = [reduce(np.minimum, (one(block) for one in way)) for way in ways]
        greatest = reduce(np.maximum, results)
        papers = reduce(np.logical_or, (result == EVIDENCE for result in results))
        return chosen(papers & (greatest == REVIEW), np.uint8(EVIDENCE), greatest)

    return look


COLUMN_TESTS: dict[str, Callable[[Rule, Columns, date], Look]] = {
    "at_least": _by_age,
    "between": _by_age,
    "at_most_per_head": _at_most_per_head,
    "is": _is,
    "any_true": _any_true,
}
"""The tests that read days or several facts; every other one is asked value by value."""
