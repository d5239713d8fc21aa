"""How much of each fault a campaign does: `ci` beside everything else, `short`, or `long`.

Of the letters `ci` does as much as `short`; of the money a sample, since CI has no hour.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

EVERY_SERVICE = ("intake", "evaluation", "scheduling", "eligibility", "vouchers")


@dataclass(frozen=True, slots=True)
class Size:
    """Counts of one campaign; a round of stops is four stopped consumers, one of each group.

    Of the money: attempts on contended vouchers, steps of the state machine, concurrent requests
    at each door, requests that hang up, races, people of the twelve months, tamperings, mutants;
    and the services whose stories bring the requests to their doors.
    `timed`: a goal of time that is missed is a broken promise; beside other work it is only told.
    """

    kills: int
    crashes: int
    away_s: float
    rounds_of_stops: int
    seeds: int
    poison_s: int
    contended: int
    steps: int
    doors: int
    cancelled: int
    races: int
    people: int
    tamperings: int
    mutants: int
    stories: tuple[str, ...] = EVERY_SERVICE
    timed: bool = True


SIZES: Mapping[str, Size] = {
    "ci": Size(
        kills=100, crashes=20, away_s=120, rounds_of_stops=5, seeds=20, poison_s=20,
        contended=1_500, steps=1_500, doors=10, cancelled=400, races=100, people=200,
        tamperings=60, mutants=40, stories=("evaluation", "scheduling"), timed=False,
    ),
    "short": Size(
        kills=100, crashes=20, away_s=120, rounds_of_stops=5, seeds=20, poison_s=20,
        contended=20_000, steps=25_000, doors=50, cancelled=8_000, races=2_000, people=10_000,
        tamperings=1_000, mutants=10_000,
    ),
    "long": Size(
        kills=2_000, crashes=200, away_s=1_800, rounds_of_stops=75, seeds=500, poison_s=120,
        contended=500_000, steps=2_000_000, doors=50, cancelled=200_000, races=50_000,
        people=10_000, tamperings=1_000, mutants=10_000,
    ),
}  # fmt: skip
