"""How many open cases are past their day, or close to it, for those who watch over the whole."""

from __future__ import annotations

from collections.abc import Sequence

from services.eligibility.reviews.store import Cases
from shared.metrics import Figure
from shared.work import Work


async def due_figures(work: Work) -> Sequence[Figure]:
    """Open cases by programme that are overdue or due soon (C-54)."""
    return [
        Figure("juyang.cases.due", row[due], {"programme": row["programme"], "due": due})
        for row in await Cases(work).due_counts()
        for due in ("overdue", "soon")
    ]
