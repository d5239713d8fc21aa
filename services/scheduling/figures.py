"""What scheduling counts for those who watch over the whole: plans, and visits kept or missed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from shared.metrics import Figure
from shared.work import Work

RECENT = timedelta(days=30)
OUTCOMES = ("planned", "completed", "substituted", "missed", "paused", "cancelled")
PLANS = "SELECT state, count(*) AS n FROM plans GROUP BY state"
VISITS = """
SELECT CASE WHEN state = 'completed' AND deviation = 'substitute' THEN 'substituted'
    ELSE state END AS outcome, count(*) AS n
FROM visits WHERE day_on > :since AND day_on <= :today GROUP BY 1
"""


async def figures(work: Work) -> Sequence[Figure]:
    """Plans by state; visits of the last 30 days by what became of them."""
    today = work.today
    plans = await work.rows(PLANS)
    visits = await work.rows(VISITS, since=today - RECENT, today=today)
    seen = {row["outcome"]: row["n"] for row in visits}
    return [
        *(Figure("juyang.plans", row["n"], {"state": row["state"]}) for row in plans),
        *(Figure("juyang.visits", seen.get(one, 0), {"outcome": one}) for one in OUTCOMES),
    ]
