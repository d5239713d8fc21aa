"""Each test of a policy file over columns: the one-person look asked once for each known value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
NOBODY = PersonFacts()
INCOME, PERSONS = "household_monthly_income_fen", "household_size"


@dataclass(frozen=True, slots=True)
class Block:
    """Some of the people, with their age codes on the day."""

    codes: Mapping[str, Array]
    ages: Array


Look: TypeAlias = Callable[[Block], Array]
"""One code a person: `NO`, `EVIDENCE`, `REVIEW` or `YES`."""


def block_of(columns: Columns, some: slice, as_of: date) -> Block:
    """Some of the people, without copying."""
    codes = {name: column[some] for name, column in columns.codes.items()}
    return Block(codes, _age_codes(codes["birth_on"], as_of))


def look_of(rule: Rule, columns: Columns, as_of: date) -> Look:
    """The rule, ready to look at any block of these columns."""
    if rule.parts:
        ways = [[rule.parts[leaf.id] for leaf in way] for way in rule.criterion.ways]
        return _either([[look_of(part, columns, as_of) for part in way] for way in ways])
    test = COLUMN_TESTS.get(rule.criterion.test, _by_value)
    look = test(rule, columns, as_of)
    waiver = rule.criterion.waived_by
    return look if waiver is None else _waived(look, waiver.fact)


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
    return (ages * (birth_on != NO_DAY)).astype(np.intp)


def code_of(rule: Rule, seen: Seen) -> int:
    """A flag asks a person; else the criterion's paper is missing, if it names one."""
    if seen.met is not None:
        return FLAG_CODES[seen.met]
    return EVIDENCE if seen.cause is None and rule.criterion.document is not None else REVIEW


def _seen(rule: Rule, cases: Iterable[Case]) -> list[int]:
    """What the test says of each case, without the waiver."""
    look = TESTS[rule.criterion.test](rule.criterion, rule.required)
    return [code_of(rule, look(case)) for case in cases]


def _by_value(rule: Rule, columns: Columns, as_of: date) -> Look:
    """Ask about every value that somebody has."""
    fact = rule.criterion.fact
    values = list(FLAG_CODES) if fact in FLAGS else columns.values[fact]
    people = (NOBODY.model_copy(update={fact: value}) for value in values)
    told = _seen(rule, (Case(person, None, as_of) for person in people))
    if fact in FLAGS:
        table = dict(zip(FLAG_CODES.values(), told, strict=True))
    else:
        table = dict(enumerate(told))
    return _table_look(fact, table)


def _table_look(fact: str, table: Mapping[int, int]) -> Look:
    """Fetch what each code of the fact leads to; a few codes are faster compared than fetched."""
    if all(code == result for code, result in table.items()):
        return lambda block: block.codes[fact]
    if len(table) > FEW:
        results = np.array(list(table.values()), np.uint8)
        return lambda block: results.take(block.codes[fact])
    some = {code: np.uint8(result) for code, result in table.items() if result}

    def look(block: Block) -> Array:
        column = block.codes[fact]
        parts = [(column == code).view(np.uint8) * result for code, result in some.items()]
        return reduce(np.bitwise_or, parts, np.zeros(len(column), np.uint8))

    return look


def _by_age(rule: Rule, _: Columns, as_of: date) -> Look:
    results = np.array(_seen(rule, (Case(NOBODY, age, as_of) for age in AGES)), np.uint8)
    return lambda block: results.take(block.ages)


def _is(rule: Rule, columns: Columns, as_of: date) -> Look:
    if rule.criterion.fact != "alive":
        return _by_value(rule, columns, as_of)
    people = (NOBODY, PersonFacts(died_on=date.min))
    alive, dead = _seen(rule, (Case(person, None, as_of) for person in people))
    codes = np.uint8(alive), np.uint8(dead)
    today = packed(as_of)
    return lambda block: np.where(block.codes["died_on"] >= today, *codes)


def _any_true(rule: Rule, _: Columns, as_of: date) -> Look:
    """Kleene's or: the greatest code, where `unknown` stands between no and yes."""
    (unknown,) = _seen(rule, (Case(NOBODY, None, as_of),))

    def look(block: Block) -> Array:
        greatest = reduce(np.maximum, (block.codes[name] for name in rule.required))
        return greatest if unknown == UNKNOWN else np.where(greatest == UNKNOWN, unknown, greatest)

    return look


def _at_most_per_head(rule: Rule, _: Columns, as_of: date) -> Look:
    """Whole fen against whole fen; with nobody counted only a yes is certain."""
    (unknown,) = (np.uint8(code) for code in _seen(rule, (Case(NOBODY, None, as_of),)))
    within = np.less_equal if rule.criterion.inclusive else np.less
    limit_fen = np.int64(rule.required)

    def look(block: Block) -> Array:
        income_fen, persons = block.codes[INCOME], block.codes[PERSONS]
        low = within(income_fen, limit_fen * np.maximum(persons, 1))
        certain = np.where(persons == NOBODY_COUNTED, unknown, np.uint8(NO))
        return np.where(income_fen == NOT_KNOWN, unknown, np.where(low, np.uint8(YES), certain))

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
        return np.where(papers & (greatest == REVIEW), np.uint8(EVIDENCE), greatest)

    return look


COLUMN_TESTS: dict[str, Callable[[Rule, Columns, date], Look]] = {
    "at_least": _by_age,
    "between": _by_age,
    "at_most_per_head": _at_most_per_head,
    "is": _is,
    "any_true": _any_true,
}
"""The tests that read days or several facts; every other one is asked value by value."""
