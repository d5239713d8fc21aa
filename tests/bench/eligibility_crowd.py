"""A made-up population of two districts, as the JSON facts that eligibility's mirror holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

import orjson

from tests.bench.rosters import areas

SEED = 2010
PEOPLE_AT_ONCE = 500
AS_OF = date(2010, 3, 15)
OLDEST, DAYS_OF_BIRTH = date(1903, 1, 1), 38_000
UNKNOWN = 0.05
STREETS, COMMUNITIES = 18, 9
FLAGS = {
    "sanwu": 0.02, "gulao": 0.05, "dibao": 0.2, "tekun": 0.05, "employed": 0.5,
    "centenarian_certificate_held": 0.3, "mobility_impaired": 0.2, "device_need": 0.5,
    "device_able": 0.7, "enrolled": 0.3,
}  # fmt: skip
HOMES = ("alone", "spouse_elderly_or_disabled", "spouse_able", "able_adult", "other")
NEEDS = ("bath", "toilet", "cooking", "indoor")


def chunks(count: int) -> Iterator[bytes]:
    """JSON arrays with the facts of `count` people in all, the same at every call."""
    draw = _Population()
    for start in range(0, count, PEOPLE_AT_ONCE):
        size = min(PEOPLE_AT_ONCE, count - start)
        yield orjson.dumps([draw.person() for _ in range(size)])


class _Population:
    """Draws people; one fact in twenty is unknown, children are known or not as a whole."""

    def __init__(self) -> None:
        self._chance = Random(SEED)
        chaoyang = [row["code"] for row in areas() if row["level"] == "community"]
        nangang = [
            f"230103{street:03d}{community:03d}"
            for street in range(1, STREETS + 1)
            for community in range(1, COMMUNITIES + 1)
        ]
        self._communities = chaoyang + nangang

    def person(self) -> dict[str, Any]:
        chance = self._chance.random
        home = self._one_of(self._communities)
        size = 1 + int(chance() * 4)
        facts: dict[str, Any] = {name: chance() < share for name, share in FLAGS.items()}
        facts |= {
            "birth_on": (OLDEST + timedelta(days=int(chance() * DAYS_OF_BIRTH))).isoformat(),
            "sex": "female" if chance() < 0.5 else "male",
            "hukou_area": home[:6] if chance() < 0.8 else "130100",
            "residence_area": home,
            "household_size": size,
            "household_monthly_income_fen": int(chance() * 120_000) * size,
            "lives_with": self._one_of(HOMES),
            "disability": self._disability(),
            "modification_needs": [need for need in NEEDS if chance() < 0.3],
            "children": [self._child() for _ in range(int(chance() * 4))],
        }
        known = {name: value for name, value in facts.items() if chance() >= UNKNOWN}
        if chance() < 0.02:
            known["died_on"] = (AS_OF + timedelta(days=int(chance() * 60) - 30)).isoformat()
        return known | {"area_code": home}

    def _disability(self) -> Any:
        chance = self._chance.random
        if chance() < 0.7:
            return "none"
        return {"category": 1 + int(chance() * 7), "grade": 1 + int(chance() * 4)}

    def _child(self) -> dict[str, Any]:
        chance = self._chance.random
        in_city: Any = "county" if chance() < 0.1 else chance() < 0.6
        return {
            "alive": chance() < 0.9,
            "in_city": in_city,
            "dibao": chance() < 0.2,
            "severely_disabled": chance() < 0.1,
        }

    def _one_of(self, choices: Any) -> Any:
        return choices[int(self._chance.random() * len(choices))]
