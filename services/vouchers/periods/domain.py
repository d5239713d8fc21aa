"""Closing an accounting month: in order, after its end, by two people, and for ever."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.caller import Caller
from shared.contracts.months import month_of, next_month
from shared.errors import Conflict, Forbidden, NotFound, invalid_field


@dataclass(frozen=True, slots=True)
class Period:
    """A month whose closing was asked for, and who closed it."""

    id: UUID
    month_on: date
    made_by: str
    signed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """The last month that was closed, and the first one in which anything was booked."""

    last_closed_on: date | None
    first_booked_on: date | None

    @property
    def next_on(self) -> date | None:
        """The month that can be closed next; none when nothing was ever booked."""
        if self.last_closed_on is not None:
            return next_month(self.last_closed_on)
        return month_of(self.first_booked_on) if self.first_booked_on else None


def check_next(calendar: Calendar, month_on: date, today: date) -> None:
    """Months close one after another, each when it is over.

    Raises:
        Invalid: no month's first day, or a month that is not over.
        Conflict: closed already, another month comes first, or nothing was ever booked.
    """
    if month_on != month_of(month_on) or month_on >= month_of(today):
        raise invalid_field(
            "body.month_on",
            "month_not_over",
            "应为已结束月份的一日；当月及以后月份不能结账",
            "must be the first day of a month that is over; it cannot be closed before",
        )
    if calendar.last_closed_on is not None and month_on <= calendar.last_closed_on:
        raise already_closed()
    if month_on != calendar.next_on:
        first = f"{calendar.next_on:%Y-%m}" if calendar.next_on else "—"
        raise Conflict(
            "months_in_order",
            f"须按月依次结账；下一个应结账月份：{first}",
            f"months close one after another; the next one is {first}",
        )


def check_closer(period: Period, caller: Caller) -> None:
    """The second person.

    Raises:
        Conflict: closed already.
        Forbidden: the person who asked for it.
    """
    if period.signed_by is not None:
        raise already_closed()
    if period.made_by == caller.sub:
        raise Forbidden(
            "same_person",
            "须由另一人结账：提出人不得自行结账",
            "another person must close it: whoever asked for it may not",
        )


def already_closed() -> Conflict:
    """A closed month stays closed."""
    return Conflict(
        "period_closed",
        "该月已结账，不能重开；之后的业务记入未结账月份",
        "the month is closed and is not opened again; what comes later is booked in the open one",
    )


def already_asked() -> Conflict:
    """Somebody has asked for it before."""
    return Conflict(
        "closing_asked",
        "该月结账已提出，请由另一人确认",
        "its closing was asked for already; another person is to confirm it",
    )


def books_busy() -> Conflict:
    """Somebody is booking for long."""
    return Conflict(
        "books_busy",
        "正有大批业务入账，请稍后再结账",
        "much is being booked at this moment; close the month a little later",
    )


def unknown_period() -> NotFound:
    """Nobody asked for this month's closing."""
    return NotFound("no_such_period", "该月尚未提出结账", "nobody asked for this month's closing")
