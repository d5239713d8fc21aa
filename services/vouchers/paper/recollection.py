"""Counting paper back in: every scanned line has its answer, and the count is compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

LineCode = Literal[
    "bad_serial", "repeated", "foreign", "not_redeemed", "of_another_provider",
    "already_recollected", "already_settled", "already_destroyed", "lapsed", "void", "lost",
]  # fmt: skip
STANDING: Mapping[str, LineCode] = {
    "generated": "not_redeemed",
    "handed_out": "not_redeemed",
    "recollected": "already_recollected",
    "settled": "already_settled",
    "destroyed": "already_destroyed",
    "expired": "lapsed",
    "void": "void",
    "lost": "lost",
}


@dataclass(frozen=True, slots=True)
class Known:
    """A scanned serial that is in the books, locked until the end of the work."""

    id: UUID
    state: str
    amount_fen: int
    provider_id: str | None


@dataclass(frozen=True, slots=True)
class Counted:
    """One denomination: what was counted by hand, what was taken in, and how they differ."""

    amount_fen: int
    counted: int
    taken: int

    @property
    def difference(self) -> int:
        """More counted than taken in is above zero."""
        return self.counted - self.taken


def decided(
    scanned: Sequence[bytes | None], known: Mapping[bytes, Known], provider_id: str
) -> list[Known | LineCode]:
    """What becomes of each line: the serial that is taken in, or why it is not."""
    seen: set[bytes] = set()
    outcomes: list[Known | LineCode] = []
    for digest in scanned:
        if digest is None:
            outcomes.append("bad_serial")
        elif digest in seen:
            outcomes.append("repeated")
        else:
            seen.add(digest)
            outcomes.append(_one(known.get(digest), provider_id))
    return outcomes


def _one(note: Known | None, provider_id: str) -> Known | LineCode:
    if note is None:
        return "foreign"
    if note.state != "used":
        return STANDING[note.state]
    return note if note.provider_id == provider_id else "of_another_provider"


def compared(counted: Mapping[int, int], taken: Sequence[Known]) -> list[Counted]:
    """The count by hand beside what was taken in, by denomination, the largest first."""
    made = Counter(note.amount_fen for note in taken)
    return [
        Counted(fen, counted.get(fen, 0), made[fen])
        for fen in sorted({*counted, *made}, reverse=True)
    ]
