"""The tests that a policy file may name, each compiled once into a three-valued look at facts.

True and False are certain: no unknown fact could change them. None is unknown (K6, Nangang 八(三)).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from services.eligibility.policy.children import (
    CHILD_UNKNOWN,
    COUNTY_CHILD,
    MIXED_CHILDREN,
    each_child,
)
from services.eligibility.policy.findings import Json
from services.eligibility.policy.looking import Case, Look, Seen, all_of, any_of
from services.eligibility.policy.model import Criterion

WAIVER_UNKNOWN = "waiver"
EVERY_CATEGORY = "every_category"
EITHER = "either"


def compiled(criterion: Criterion, required: Any) -> Look:
    """The criterion with the value in force on one day, ready to look at any number of people."""
    look = TESTS[criterion.test](criterion, required)
    waiver = criterion.waived_by
    return look if waiver is None else _waived(look, waiver.fact)


def either(ways: Sequence[Sequence[tuple[str, Look]]]) -> Look:
    """An `or` of `and`s over named looks; `open` names the unknown ones that could still matter."""

    def seen(case: Case) -> Seen:
        found: dict[str, Json] = {}
        results: list[bool | None] = []
        unknown: list[str] = []
        for way in ways:
            looks = [(name, look(case)) for name, look in way]
            found.update((name, one.found) for name, one in looks)
            result = all_of(one.met for _, one in looks)
            results.append(result)
            if result is None:
                unknown += [name for name, one in looks if one.met is None]
        met = any_of(results)
        return Seen(found, met, None, tuple(unknown) if met is None else ())

    return seen


def review_flags(test: str, fact: str, required: Any) -> set[str]:
    """The questions that a test with this value may put to a reviewer, by their flags."""
    if test == "word":
        return {_word_flag(fact, word) for word, effect in required.items() if effect == "review"}
    if test == "each_child":
        county = {COUNTY_CHILD} if required["county"] == "review" else set()
        return {MIXED_CHILDREN, CHILD_UNKNOWN} | county
    return set()


def _waived(look: Look, fact: str) -> Look:
    def seen(case: Case) -> Seen:
        waived = getattr(case.facts, fact)
        if waived:
            return Seen({"waived_by": fact}, True)
        result = look(case)
        if result.met is False and waived is None:
            return Seen(result.found, None, WAIVER_UNKNOWN)
        return result

    return seen


def _at_least(_: Criterion, low: int) -> Look:
    def seen(case: Case) -> Seen:
        age = case.age
        return Seen(age, None if age is None else age >= low)

    return seen


def _between(_: Criterion, band: Sequence[int]) -> Look:
    low, high = band

    def seen(case: Case) -> Seen:
        age = case.age
        return Seen(age, None if age is None else low <= age <= high)

    return seen


def _at_most_per_head(criterion: Criterion, limit_fen: int) -> Look:
    inclusive = criterion.inclusive

    def seen(case: Case) -> Seen:
        income_fen = case.facts.household_monthly_income_fen
        persons = case.facts.household_size
        found: Json = {"monthly_income_fen": income_fen, "persons": persons}
        if income_fen is None:
            return Seen(found, None)
        # Whole fen against whole fen: no division, so 490.00 a head is exact for any household.
        bound = limit_fen * (persons or 1)
        within = income_fen <= bound if inclusive else income_fen < bound
        # Nobody counted yet: one person is the least there is, more people only lower the share.
        return Seen(found, within if within or persons is not None else None)

    return seen


def _within_area(criterion: Criterion, prefix: str) -> Look:
    fact = criterion.fact

    def seen(case: Case) -> Seen:
        area: str | None = getattr(case.facts, fact)
        return Seen(area, None if area is None else area.startswith(prefix))

    return seen


def _grade_at_most(_: Criterion, grades: dict[str, int]) -> Look:
    """The grade on the certificate, and not its last day: neither document names one.

    A disability does not end with its paper. That one has run out is found by the daily look at
    awards, which asks people (C-53); so it is no fact of a judgement, here or in columns.
    """
    common = grades[EVERY_CATEGORY]

    def seen(case: Case) -> Seen:
        disability = case.facts.disability
        if disability is None:
            return Seen(None, None)
        if disability == "none":
            return Seen("none", False)
        heaviest = grades.get(str(disability.category), common)
        found: Json = {"category": disability.category, "grade": disability.grade}
        return Seen(found, disability.grade <= heaviest)

    return seen


def _holds(criterion: Criterion, required: bool) -> Look:
    """A disability certificate of any grade (Chaoyang 三(八), C-15)."""

    def seen(case: Case) -> Seen:
        disability = case.facts.disability
        if disability is None:
            return Seen(None, None)
        if disability == "none":
            return Seen("none", required is False)
        found: Json = {"category": disability.category, "grade": disability.grade}
        return Seen(found, required)

    return seen


def _named(criterion: Criterion, required: list[str]) -> Look:
    """At least one of the words of the list; an empty answer is a certain no."""
    fact, wanted = criterion.fact, frozenset(required)

    def seen(case: Case) -> Seen:
        words: Sequence[str] | None = getattr(case.facts, fact)
        if words is None:
            return Seen(None, None)
        return Seen(list(words), not wanted.isdisjoint(words))

    return seen


def _shown(criterion: Criterion, required: bool) -> Look:
    """A paper that has been shown; one that has not may yet be, so there is no certain no."""
    fact = criterion.fact

    def seen(case: Case) -> Seen:
        held: bool | None = getattr(case.facts, fact)
        return Seen(held, True if held is required else None)

    return seen


def _is(criterion: Criterion, required: bool) -> Look:
    fact = criterion.fact
    if fact == "alive":
        return lambda case: _alive(case, required)

    def seen(case: Case) -> Seen:
        value: bool | None = getattr(case.facts, fact)
        return Seen(value, None if value is None else value is required)

    return seen


def _alive(case: Case, required: bool) -> Seen:
    died_on = case.facts.died_on
    alive = died_on is None or died_on >= case.as_of  # C-43, NS-09: the day of death still counts
    return Seen(alive, alive is required)


def _any_true(_: Criterion, names: list[str]) -> Look:
    def seen(case: Case) -> Seen:
        values = {name: getattr(case.facts, name) for name in names}
        return Seen(values, any_of(values.values()))

    return seen


def _word(criterion: Criterion, effects: dict[str, str]) -> Look:
    fact = criterion.fact
    by_word = {word: _word_seen(fact, word, effect) for word, effect in effects.items()}

    def seen(case: Case) -> Seen:
        word: str | None = getattr(case.facts, fact)
        return by_word[word] if word in by_word else Seen(word, None)

    return seen


def _word_seen(fact: str, word: str, effect: str) -> Seen:
    if effect == "review":
        return Seen(word, None, _word_flag(fact, word))
    return Seen(word, effect == "met")


def _word_flag(fact: str, word: str) -> str:
    return f"{fact}_{word}".upper()


TESTS: dict[str, Callable[[Criterion, Any], Look]] = {
    "at_least": _at_least,
    "between": _between,
    "at_most_per_head": _at_most_per_head,
    "within_area": _within_area,
    "grade_at_most": _grade_at_most,
    "holds": _holds,
    "names_any": _named,
    "shown": _shown,
    "is": _is,
    "any_true": _any_true,
    "word": _word,
    "each_child": each_child,
}
