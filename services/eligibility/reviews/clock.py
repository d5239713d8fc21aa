"""Time limits in days by programme (C-54, C-55), and how early to warn that a case is due."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from services.eligibility.policy import PolicyBook

DECISION_LIMIT = "decision_limit"
Due = Literal["soon", "overdue"]
WARN_DAYS = 7
"""A case is due soon when so many days or fewer are left, unless the reader says otherwise."""
MOST_WARN_DAYS = 60


def limits(book: PolicyBook, name: str = DECISION_LIMIT) -> list[dict[str, Any]]:
    """A parameter in days by programme and the day since when; the first counts from ever on.

    A programme whose document sets no such limit has none.
    """
    found: list[dict[str, Any]] = []
    for programme in book.programmes.values():
        parameter = programme.parameters.get(name)
        if parameter is not None:
            days = (date.min, *parameter.values.days[1:])
            found += [
                {"programme": programme.id, "since": day, "days": value}
                for day, value in zip(days, parameter.values.values, strict=True)
            ]
    return found
