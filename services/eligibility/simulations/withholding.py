"""Small counts are withheld: in a small place a count of one to four points at persons."""

from __future__ import annotations

from collections.abc import Mapping

SMALLEST_SHOWN = 5
FEWER = f"<{SMALLEST_SHOWN}"
WITHHELD = "*"
"""A count that is large enough, withheld because a sum would give a small one back."""
Shown = int | str


def shown(counts: Mapping[str, int], parents: Mapping[str, str]) -> dict[str, Shown]:
    """Counts by place as they may be told; `parents` gives the place whose total is told too.

    Larger counts are withheld as well, the smallest first, until no subtraction from a parent's
    total gives a small one back.
    """
    told: dict[str, Shown] = {}
    within: dict[str, list[str]] = {}
    for place, count in counts.items():
        within.setdefault(parents[place], []).append(place)
        told[place] = FEWER if 0 < count < SMALLEST_SHOWN else count
    for places in within.values():
        small = [counts[place] for place in places if told[place] == FEWER]
        others = sorted(
            (place for place in places if counts[place] >= SMALLEST_SHOWN),
            key=lambda place: (counts[place], place),
        )
        hidden: list[int] = []
        while others and small and _gives_away(small, hidden):
            place = others.pop(0)
            hidden.append(counts[place])
            told[place] = WITHHELD
    return told


def _gives_away(small: list[int], hidden: list[int]) -> bool:
    """Whether what is withheld can be told from its sum: one count alone, or each at its bound."""
    total = sum(small) + sum(hidden)
    least = len(small) + SMALLEST_SHOWN * len(hidden)
    most = (SMALLEST_SHOWN - 1) * len(small)
    alone = len(small) + len(hidden) == 1
    return alone or total == least or (not hidden and total == most)
