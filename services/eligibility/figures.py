"""What eligibility counts for those who watch over the whole: open cases, days to a decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from services.eligibility.reviews.figures import due_figures
from shared.metrics import Figure
from shared.work import Row, Work

RECENT = timedelta(days=90)
EDGES = (0, 1, 3, 5, 10, 15, 20, 30, 45, 60)
BEYOND = "+Inf"
OPEN = """
SELECT programme, stage, count(*) AS n, CAST(:today AS date) - min(opened_on) AS oldest
FROM cases WHERE open GROUP BY programme, stage
"""
# A case counts from the day of applying, also when it was looked at again later.
DECIDED = """
WITH decided AS (
    SELECT c.programme, c.stage AS outcome, c.decided_on - coalesce((
        SELECT min(d.as_of_on) FROM determinations d
        WHERE d.application_id = c.application_id AND d.trigger = 'application'
    ), c.opened_on) AS days
    FROM cases c WHERE c.stage IN ('approved', 'refused') AND c.decided_on > :since
)
SELECT programme, outcome, edge, count(*) AS n, sum(days) AS days,
    count(*) FILTER (WHERE days <= edge) AS within
FROM decided CROSS JOIN unnest(CAST(:edges AS integer[])) AS edge
GROUP BY programme, outcome, edge ORDER BY programme, outcome, edge
"""


async def figures(work: Work) -> Sequence[Figure]:
    """Open cases by stage, and how long recent decisions took."""
    waiting = await work.rows(OPEN, today=work.today)
    decided = await work.rows(DECIDED, since=work.today - RECENT, edges=list(EDGES))
    return [*_open(waiting), *await due_figures(work), *_days(decided)]


def _open(rows: Sequence[Row]) -> list[Figure]:
    oldest: dict[str, int] = {}
    for row in rows:
        oldest[row["programme"]] = max(oldest.get(row["programme"], 0), row["oldest"])
    return [
        *(
            Figure(
                "juyang.cases.open",
                row["n"],
                {"programme": row["programme"], "stage": row["stage"]},
            )
            for row in rows
        ),
        *(Figure("juyang.cases.oldest_days", n, {"programme": k}) for k, n in oldest.items()),
    ]


def _days(rows: Sequence[Row]) -> list[Figure]:
    found: list[Figure] = []
    for row in rows:
        about = {"programme": row["programme"], "outcome": row["outcome"]}
        bucket = {**about, "le": str(row["edge"])}
        found.append(Figure("juyang.decision.days.bucket", row["within"], bucket))
        if row["edge"] == EDGES[-1]:
            whole = {**about, "le": BEYOND}
            found.append(Figure("juyang.decision.days.bucket", row["n"], whole))
            found.append(Figure("juyang.decision.days.count", row["n"], about))
            found.append(Figure("juyang.decision.days.sum", row["days"], about))
    return found
