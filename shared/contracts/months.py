"""Calendar months as the first day of each (`2010-02-01`), Asia/Shanghai."""

from __future__ import annotations

from datetime import date, timedelta

MONTHS_IN_YEAR = 12


def month_of(day: date) -> date:
    """The first day of the month that a day lies in."""
    return day.replace(day=1)


def next_month(month_on: date) -> date:
    """The first day of the month after."""
    turn, month = divmod(month_on.month, MONTHS_IN_YEAR)
    return date(month_on.year + turn, month + 1, 1)


def last_day(month_on: date) -> date:
    """The last day of a month."""
    return next_month(month_of(month_on)) - timedelta(days=1)
