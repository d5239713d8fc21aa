"""How much care there is on a day, as the letters of plans and caregivers tell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Present:
    """The care planned on a day: people with plans, their minutes a week, and who is on duty."""

    people: int
    weekly_minutes: int
    working: int
    caregivers: int
