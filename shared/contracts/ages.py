"""Ages as the law counts them: full Gregorian years on a named day, for every service that asks."""

from __future__ import annotations

from datetime import date

LAST_OF_FEBRUARY = (2, 28)


def attained_on(birth_on: date, age: int) -> date:
    """The day on which somebody born on `birth_on` completes `age` years.

    29 February falls on 28 February in common years (K3, by analogy with 民法典 202).
    """
    year = birth_on.year + age
    try:
        return birth_on.replace(year=year)
    except ValueError:
        return date(year, *LAST_OF_FEBRUARY)


def age_on(birth_on: date, as_of: date) -> int:
    """Full Gregorian years completed on `as_of`; negative before the birth (K1)."""
    years = as_of.year - birth_on.year
    return years if as_of >= attained_on(birth_on, years) else years - 1
