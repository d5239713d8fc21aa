"""What eligibility can prove of itself: replay, two people for each award, no award to the dead."""

from __future__ import annotations

from services.eligibility.awards.checks import (
    JOURNALLED,
    LETTERS,
    MACHINE_NO,
    TAKEN,
    UNDEAD,
    UNPAIRED,
)
from services.eligibility.determinations.replay import replayed
from shared.contracts.eligibility import AwardEnded, AwardGranted, DeterminationMade
from shared.verification import Check
from shared.work import Work

TYPES = {"granted": AwardGranted.TYPE, "ended": AwardEnded.TYPE, "made": DeterminationMade.TYPE}


async def checks(work: Work) -> list[Check]:
    """Everything recomputed from the journals."""
    return [
        await replayed(work),
        await _count(work, "awards_by_two_people", UNPAIRED),
        await _count(work, "no_award_to_the_dead", UNDEAD),
        await _count(work, "decided_by_people", MACHINE_NO),
        await _count(work, "letters_match_rows", LETTERS, **TYPES),
        await _count(work, "awards_match_their_journal", JOURNALLED),
        await _count(work, "benefits_taken_by_two_people", TAKEN),
    ]


async def _count(work: Work, name: str, sql: str, **values: str) -> Check:
    row = await work.row(sql, **values)
    checked, off = (row["checked"], row["off"]) if row else (0, 0)
    return Check(name=name, ok=off == 0, checked=checked, detail=f"{off} off")
