"""Two versions of a programme over a population in columns: who gains, who loses, and by what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import numpy as np

from services.eligibility.policy import Programme
from services.eligibility.policy.columns import Columns
from services.eligibility.policy.columns_judging import OUTCOMES, Verdicts, sweep
from services.eligibility.simulations.projection import AMOUNT

KINDS = ("before", "after", "gained", "lost")
ELIGIBLE, NO = OUTCOMES.index("eligible"), OUTCOMES.index("ineligible")
NEW_PROGRAMME, NO_PROGRAMME = "programme_new", "programme_gone"
Array: TypeAlias = "np.ndarray[Any, Any]"


@dataclass(frozen=True, slots=True)
class Pair:
    """A programme before and after a change; none where one of the two has no such programme."""

    id: str
    before: Programme | None
    after: Programme | None

    @property
    def either(self) -> Programme:
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of both, and at the end the name of what has no class."""
        sides = [side for side in (self.before, self.after) if side is not None]
        ids = dict.fromkeys(each.id for side in sides for each in side.classes)
        return (*ids, next((side.tier for side in sides if side.tier), "—"))

    @property
    def paid(self) -> bool:
        return any(AMOUNT in side.parameters for side in (self.before, self.after) if side)


@dataclass(frozen=True, slots=True)
class Side:
    """One side's answer over a chunk: who is in, in which class, who is open, what comes first."""

    eligible: Array
    open: Array
    class_at: Array
    criterion: Array
    criteria: tuple[str, ...]


def _nobody(people: int) -> Side:
    """The side on which there is no such programme."""
    nobody = np.zeros(people, dtype=bool)
    return Side(nobody, nobody, np.zeros(people, np.intp), np.full(people, -1), ())


class Tally:
    """Counts of one pair, chunk after chunk; nothing of a person is kept."""

    def __init__(self, pair: Pair, as_of: date, months: Sequence[date]) -> None:
        self.pair = pair
        self.people = 0
        self.open = {"before": 0, "after": 0}
        self.places: dict[str, int] = {}
        self.reasons: dict[tuple[str, str], int] = {}
        self._as_of = as_of
        self._months = months if pair.paid else ()
        self._width = len(pair.classes) * len(KINDS)
        self._counts = np.zeros((0, self._width), dtype=np.int64)
        self.heads = np.zeros((len(self._months), 2, len(pair.classes)), dtype=np.int64)

    @property
    def months(self) -> Sequence[date]:
        """The days (the last of each month) on which heads were counted."""
        return self._months

    @property
    def counts(self) -> Array:
        """Places × classes × kinds."""
        return self._counts.reshape(len(self.places), len(self.pair.classes), len(KINDS))

    def add(self, columns: Columns) -> None:
        """Judge a chunk twice and count it."""
        before, after = self._sides(columns, self._as_of)
        gained, lost = after.eligible & ~before.eligible, before.eligible & ~after.eligible
        self.people += len(columns)
        self.open["before"] += int(before.open.sum())
        self.open["after"] += int(after.open.sum())
        self._count(columns, before, after, gained, lost)
        self._why("gained", before, gained, NEW_PROGRAMME)
        self._why("lost", after, lost, NO_PROGRAMME)
        for at, day in enumerate(self._months):
            for number, side in enumerate(self._sides(columns, day)):
                heads = side.class_at[side.eligible]
                self.heads[at, number] += np.bincount(heads, minlength=len(self.pair.classes))

    def _sides(self, columns: Columns, day: date) -> list[Side]:
        """Before and after, together: what both ask in the same words is asked once."""
        asked = [self.pair.before, self.pair.after]
        found = iter(sweep([one for one in asked if one is not None], columns, day))
        return [_nobody(len(columns)) if one is None else self._side(next(found)) for one in asked]

    def _side(self, verdicts: Verdicts) -> Side:
        eligible = verdicts.outcome == ELIGIBLE
        names = [self.pair.classes.index(name) for name in verdicts.classes]
        # Index -1 is no class: it takes the last name, that of what has none.
        class_at = np.array([*names, len(self.pair.classes) - 1])[verdicts.class_index]
        is_open = ~eligible & (verdicts.outcome != NO)
        return Side(eligible, is_open, class_at, verdicts.criterion, verdicts.criteria)

    def _count(
        self, columns: Columns, before: Side, after: Side, gained: Array, lost: Array
    ) -> None:
        codes, names = columns.codes["area_code"], columns.values["area_code"]
        rows = np.array([self.places.setdefault(str(n or "—"), len(self.places)) for n in names])
        if missing := len(self.places) - len(self._counts):
            self._counts = np.vstack(
                (self._counts, np.zeros((missing, self._width), dtype=np.int64))
            )
        sides = (
            (before, before.eligible),
            (after, after.eligible),
            (after, gained),
            (before, lost),
        )
        for kind, (side, mask) in enumerate(sides):
            keys = rows[codes[mask]] * self._width + side.class_at[mask] * len(KINDS) + kind
            counted = np.bincount(keys, minlength=self._counts.size)
            self._counts += counted.reshape(self._counts.shape)

    def _why(self, kind: str, side: Side, mask: Array, none: str) -> None:
        """The first criterion that the side at which they were out did not meet."""
        counted = np.bincount(side.criterion[mask] + 1, minlength=len(side.criteria) + 1)
        for name, number in zip((none, *side.criteria), counted, strict=True):
            if number:
                key = (kind, name)
                self.reasons[key] = self.reasons.get(key, 0) + int(number)
