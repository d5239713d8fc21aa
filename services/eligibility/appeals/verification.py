"""What can be proved of appeals and signed lists: by outsiders, in time, as they were kept."""

from __future__ import annotations

from services.eligibility.appeals.store import ON_TIME, OUTSIDE, SIGNED
from shared.verification import Check
from shared.work import Work

CHECKS = {
    "appeals_heard_by_outsiders": OUTSIDE,
    "appeals_in_time": ON_TIME,
    "signed_lists_match_decisions": SIGNED,
}


async def appeal_checks(work: Work) -> list[Check]:
    """Everything recomputed from the journals."""
    found: list[Check] = []
    for name, sql in CHECKS.items():
        row = await work.row(sql)
        checked, off = (row["checked"], row["off"]) if row else (0, 0)
        found.append(Check(name=name, ok=off == 0, checked=checked, detail=f"{off} off"))
    return found
