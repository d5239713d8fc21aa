"""Crowds of random people at the limits of the policies, and how two judgements compare."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

from services.eligibility.policy import Judgement, Programme, evaluate
from services.eligibility.policy.columns import FLAGS, columns_of
from services.eligibility.policy.columns_judging import OUTCOMES, Verdicts, judge
from shared.contracts.facts import PersonFacts

AGES = (0, 15, 16, 17, 59, 60, 61, 64, 65, 66, 74, 75, 79, 80, 81, 99, 100, 101, 150)
DAYS = (
    date(2010, 1, 1), date(2010, 3, 15), date(2011, 2, 28), date(2012, 2, 28), date(2012, 2, 29),
    date(2012, 3, 1), date(2019, 12, 31), date(2030, 6, 1),
)  # fmt: skip
AREAS = (
    "110105", "110105", "110105001", "110105001024", "110108", "110190001", "130100", "230103",
    "230103", "230103002", "230103002005", "230102", "230190",
)  # fmt: skip
HOMES = ("alone", "alone", "spouse_elderly_or_disabled", "spouse_able", "able_adult", "other")
NEEDS = ("bath", "toilet", "cooking", "indoor")
LIMITS_FEN = (0, 49000, 60000)
FITTING: dict[str, Any] = {
    "sex": "female",
    "household_size": 2,
    "household_monthly_income_fen": 90_000,
    "lives_with": "alone",
    "disability": {"category": 2, "grade": 1},
    "modification_needs": ["bath"],
    "children": [{"alive": True, "in_city": False}],
}
Said = tuple[str, str | None, str | None]


class Crowd:
    """Draws people; about one fact in six is unknown, in a child too."""

    def __init__(self, seed: int) -> None:
        self._chance = Random(seed)

    def people(self, count: int) -> list[PersonFacts]:
        return [self._person() for _ in range(count)]

    def _person(self) -> PersonFacts:
        chance = self._chance
        facts: dict[str, Any] = {name: chance.random() < 0.5 for name in FLAGS}
        size = chance.randrange(1, 5)
        near = chance.choice(LIMITS_FEN) * size + chance.randrange(-1, 2)
        facts |= {
            "birth_on": self._birth(),
            "sex": chance.choice(("male", "female")),
            "hukou_area": chance.choice(AREAS),
            "residence_area": chance.choice(AREAS),
            "household_size": size,
            "household_monthly_income_fen": max(near, 0),
            "lives_with": chance.choice(HOMES),
            "disability": self._disability(),
            "modification_needs": chance.sample(NEEDS, chance.randrange(4)),
            "children": [self._child() for _ in range(chance.randrange(4))],
        }
        known = {name: value for name, value in facts.items() if chance.randrange(6)}
        if chance.randrange(2):
            known |= self._fitting(kept=chance.sample(sorted(facts), chance.randrange(5)))
        if chance.randrange(12) == 0:
            known["died_on"] = chance.choice(DAYS) + timedelta(days=chance.randrange(-1, 2))
        return PersonFacts.model_validate(known)

    def _fitting(self, kept: list[str]) -> dict[str, Any]:
        """What most programmes ask for, but for a few facts: so that every criterion is reached."""
        flags = {name: name not in ("employed", "sanwu") for name in FLAGS}
        area = self._chance.choice(("110105001024", "230103"))
        fitting = flags | FITTING | {"hukou_area": area, "residence_area": area}
        return {name: value for name, value in fitting.items() if name not in kept}

    def _birth(self) -> date:
        """Near a birthday that matters on one of the days, or on 29 February, or anywhere."""
        chance = self._chance
        day = chance.choice(DAYS)
        years = chance.choice(AGES)
        if chance.randrange(8) == 0:
            return date(day.year // 4 * 4 - years // 4 * 4, 2, 28) + timedelta(days=1)
        near = date(day.year - years, day.month, min(day.day, 28))
        return near + timedelta(days=chance.randrange(-2, 3))

    def _disability(self) -> Any:
        chance = self._chance
        if chance.randrange(4) == 0:
            return "none"
        held: dict[str, Any] = {"category": chance.randrange(1, 8), "grade": chance.randrange(1, 5)}
        if chance.randrange(2):
            held["valid_until_on"] = chance.choice(("2009-12-31", "2010-03-15", "2031-01-01"))
        return held

    def _child(self) -> dict[str, Any]:
        chance = self._chance
        child = {
            "alive": chance.random() < 0.8,
            "in_city": chance.choice((True, False, False, "county")),
            "dibao": chance.random() < 0.5,
            "severely_disabled": chance.random() < 0.3,
        }
        return {name: value for name, value in child.items() if chance.randrange(8)}


def told(judgement: Judgement) -> Said:
    """Outcome, class and the first unmet criterion, or the first open one."""
    asked = {"ineligible": False, "eligible": ...}.get(judgement.outcome)
    first = (one.criterion for one in judgement.findings if one.met is asked)
    return judgement.outcome, judgement.class_, next(first, None)


def told_at(verdicts: Verdicts, place: int) -> Said:
    """The same of one person in the columns."""
    class_index, criterion = verdicts.class_index[place], verdicts.criterion[place]
    return (
        OUTCOMES[verdicts.outcome[place]],
        verdicts.classes[class_index] if class_index >= 0 else None,
        verdicts.criteria[criterion] if criterion >= 0 else None,
    )


def differences(programme: Programme, people: Sequence[PersonFacts], as_of: date) -> list[str]:
    """Everybody about whom the two evaluators differ, in words."""
    verdicts = judge(programme, columns_of(people), as_of)
    assert len(verdicts) == len(people)
    pairs = (
        (facts, told(evaluate(programme, facts, as_of)), told_at(verdicts, place))
        for place, facts in enumerate(people)
    )
    return [
        f"{programme.id} on {as_of}: one by one {one}, in columns {many}: {facts!r}"
        for facts, one, many in pairs
        if one != many
    ]
