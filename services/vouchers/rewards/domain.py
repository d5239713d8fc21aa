"""A provider's year and its reward: published months, a scheme of steps, an amount (C-25)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.contracts.months import MONTHS_IN_YEAR
from shared.errors import Conflict, invalid_field

HIGHEST_POINTS = 100


@dataclass(frozen=True, slots=True)
class Step:
    """From so many points on, so much money."""

    points_from: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Scheme:
    """A year's scheme, approved by two people."""

    id: UUID
    months_at_least: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """A provider's year: the mean of its published months, rounded down."""

    points: int
    months: int


def check_steps(steps: Sequence[Step]) -> None:
    """Steps rise: more points, more money.

    Raises:
        Invalid: they do not, or one begins above the highest points.
    """
    points, amounts = [s.points_from for s in steps], [s.amount_fen for s in steps]
    if points != sorted(set(points)) or amounts != sorted(set(amounts)):
        raise invalid_field(
            "body.steps",
            "steps_do_not_rise",
            "各档得分与金额须依次递增",
            "the steps' points and amounts must rise together",
        )
    if points[-1] > HIGHEST_POINTS:
        raise invalid_field(
            "body.steps", "too_many_points", "得分不得超过 100", "at most 100 points"
        )


def result_of(points: Sequence[int]) -> Result:
    """The year's result from its months."""
    return Result(sum(points) // len(points) if points else 0, len(points))


def reward(result: Result, scheme: Scheme | None, year: int, today: date) -> int:
    """What a year's result brings, in fen.

    Raises:
        Conflict: the year is not over, there is no scheme, or the result brings nothing.
    """
    if year >= today.year:
        raise Conflict("year_not_over", "该年度尚未结束", "this year is not over yet")
    if scheme is None:
        raise Conflict(
            "no_scheme",
            "该年度没有已批准的奖励办法；请先由民政、财政签署",
            "there is no approved scheme for this year; have one signed first",
        )
    if result.months < scheme.months_at_least:
        raise Conflict(
            "too_few_months",
            f"该单位当年公布得分 {result.months} 个月，不足 {scheme.months_at_least} 个月",
            f"{result.months} published months, the scheme asks for {scheme.months_at_least}",
        )
    reached = [step for step in scheme.steps if step.points_from <= result.points]
    if not reached:
        raise Conflict(
            "below_the_scheme",
            f"年度结果 {result.points} 分，未达到奖励标准",
            f"{result.points} points are below the scheme's first step",
        )
    return reached[-1].amount_fen


def days_of(year: int) -> tuple[date, date]:
    """The first and the last month of a year."""
    return date(year, 1, 1), date(year, MONTHS_IN_YEAR, 1)
