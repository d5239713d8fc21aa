"""What intake counts for those who watch over the whole: applications."""

from __future__ import annotations

from collections.abc import Sequence

from shared.metrics import Figure
from shared.work import Work

APPLICATIONS = """
SELECT programme, channel, state, count(*) AS n FROM applications GROUP BY programme, channel, state
"""


async def figures(work: Work) -> Sequence[Figure]:
    """Applications by programme, channel and state."""
    return [
        Figure(
            "juyang.applications",
            row["n"],
            {"programme": row["programme"], "channel": row["channel"], "state": row["state"]},
        )
        for row in await work.rows(APPLICATIONS)
    ]
