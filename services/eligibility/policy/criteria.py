"""The tests that a policy file may name, each compiled once into a three-valued look at facts.

True and False are certain: no unknown fact could change them. None is unknown (K6, Nangang 八(三)).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, TypeAlias

from services.eligibility.policy.findings import Json
from services.eligibility.policy.model import Criterion
from shared.contracts.facts import Child, PersonFacts

WAIVER_UNKNOWN = "waiver"
MIXED_CHILDREN = "MIXED_CHILDREN"
COUNTY_CHILD = "COUNTY_CHILD"
CHILD_UNKNOWN = "CHILD_UNKNOWN"
EVERY_CATEGORY = "every_category"


@dataclass(frozen=True, slots=True)
class Case:
    """A person on a day; `age` is None while the birth date is unknown."""

    facts: PersonFacts
    age: int | None
    as_of: date


class Seen(NamedTuple):
    """What was found, whether it is met, and the cause if a flag or a waiver keeps it open."""

    found: Json
    met: bool | None
    cause: str | None = None


Look: TypeAlias = Callable[[Case], Seen]


def compiled(criterion: Criterion, required: Any) -> Look:
    """The criterion with the value in force on one day, ready to look at any number of people."""
    look = TESTS[criterion.test](criterion, required)
    waiver = criterion.waived_by
    return look if waiver is None else _waived(look, waiver.fact)


def any_of(values: Iterable[bool | None]) -> bool | None:
    """Kleene's or: true if one is, else unknown if one is."""
    unknown = False
    for value in values:
        if value:
            return True
        unknown = unknown or value is None
    return None if unknown else False


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


def _each_child(_: Criterion, scope: dict[str, str]) -> Look:
    county = scope["county"]

    def seen(case: Case) -> Seen:
        children = case.facts.children
        if children is None:
            return Seen(None, None)
        living = [child for child in children if child.alive is not False]
        found: dict[str, Json] = {"children": len(children), "not_known_dead": len(living)}
        met, flag = _family([(_place(child, county), child) for child in living])
        if flag is not None:
            found["flag"] = flag
        return Seen(found, met, flag)

    return seen


def _place(child: Child, county: str) -> str | None:
    """`out_of_city`, `in_city`, `review` for a county to be weighed (K10), None for unknown."""
    if child.in_city is None:
        return None
    if child.in_city == "county":
        return county
    return "in_city" if child.in_city else "out_of_city"


def _family(children: list[tuple[str | None, Child]]) -> tuple[bool | None, str | None]:
    """Child by child (Nangang 三(一)): nobody in the city can help; both kinds together: review."""
    each = [_cannot_help(place, child) for place, child in children]
    if False in each:
        return False, None
    places = {place for place, _ in children}
    if None in each:
        county = any(
            met is None and place == "review"
            for met, (place, _) in zip(each, children, strict=True)
        )
        return None, COUNTY_CHILD if county else CHILD_UNKNOWN
    if "out_of_city" in places and places & {"in_city", "review"}:
        return None, MIXED_CHILDREN
    if None in places and len(children) > 1:
        return None, CHILD_UNKNOWN
    return True, None


def _cannot_help(place: str | None, child: Child) -> bool | None:
    """Away, or on dibao, or severely disabled; an unknown life or place keeps it open."""
    away = None if place in (None, "review") else place == "out_of_city"
    dead = None if child.alive is None else not child.alive
    return any_of((dead, away, child.dibao, child.severely_disabled))


TESTS: dict[str, Callable[[Criterion, Any], Look]] = {
    "at_least": _at_least,
    "between": _between,
    "at_most_per_head": _at_most_per_head,
    "within_area": _within_area,
    "grade_at_most": _grade_at_most,
    "is": _is,
    "any_true": _any_true,
    "word": _word,
    "each_child": _each_child,
}
