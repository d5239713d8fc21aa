"""Hours and caregivers needed against those present, for the what-if."""

from __future__ import annotations

from typing import Any

from services.eligibility.capacity.domain import Present

MINUTES_AN_HOUR = 60


def care_of(
    present: Present, before: int, after: int, each_minutes: int | None, week_minutes: int
) -> dict[str, Any]:
    """Care planned now, and needed after the change: at the present share, and if all ask for it.

    `before` and `after` are the people entitled; `each_minutes` replaces the mean of the plans.
    """
    mean = present.weekly_minutes // present.people if present.people else None
    each = each_minutes or mean
    cases = [_case("planned_now", present.people, present.weekly_minutes, present, week_minutes)]
    if each is not None:
        if before:
            share = present.people * after // before
            cases.append(_case("same_share", share, share * each, present, week_minutes))
        cases.append(_case("everybody", after, after * each, present, week_minutes))
    return {
        "people_before": before,
        "people_after": after,
        "minutes_each": each,
        "week_minutes": week_minutes,
        "caregivers_present": present.caregivers,
        "hours_present": present.caregivers * week_minutes // MINUTES_AN_HOUR,
        "cases": cases,
    }


def _case(
    name: str, people: int, weekly_minutes: int, present: Present, week_minutes: int
) -> dict[str, Any]:
    needed = -(-weekly_minutes // week_minutes)
    return {
        "case": name,
        "people": people,
        "hours_needed": -(-weekly_minutes // MINUTES_AN_HOUR),
        "caregivers_needed": needed,
        "caregivers_missing": max(0, needed - present.caregivers),
    }
