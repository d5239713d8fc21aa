"""What evaluation counts for those who watch over the whole: providers and ratings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from shared.metrics import Figure
from shared.work import Work

RECENT = timedelta(days=90)
PROVIDERS = "SELECT state, count(*) AS n FROM providers GROUP BY state"
RATINGS = "SELECT rating, count(*) AS n FROM feedback WHERE given_on > :since GROUP BY rating"


async def figures(work: Work) -> Sequence[Figure]:
    """Providers by state; ratings of the last 90 days."""
    providers = await work.rows(PROVIDERS)
    ratings = await work.rows(RATINGS, since=work.today - RECENT)
    return [
        *(Figure("juyang.providers", row["n"], {"state": row["state"]}) for row in providers),
        *(Figure("juyang.feedback", row["n"], {"rating": str(row["rating"])}) for row in ratings),
    ]
