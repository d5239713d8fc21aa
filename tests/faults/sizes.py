"""How much of each fault a campaign does: `ci` beside everything else, `short`, or `long`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Size:
    """Counts of one campaign; a round of stops is four stopped consumers, one of each group.

    `timed`: a goal of time that is missed is a broken promise; beside other work it is only told.
    """

    kills: int
    crashes: int
    away_s: float
    rounds_of_stops: int
    seeds: int
    poison_s: int
    timed: bool = True


SIZES: Mapping[str, Size] = {
    "ci": Size(
        kills=30, crashes=6, away_s=15, rounds_of_stops=1, seeds=5, poison_s=20, timed=False
    ),
    "short": Size(kills=100, crashes=20, away_s=60, rounds_of_stops=5, seeds=20, poison_s=20),
    "long": Size(kills=2_000, crashes=200, away_s=900, rounds_of_stops=75, seeds=500, poison_s=120),
}
