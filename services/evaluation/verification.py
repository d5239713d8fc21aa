"""What evaluation recomputes of itself: scores, the numbering of letters, and whole chains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.evaluation.policy.model import Policies
from services.evaluation.scorecards.domain import points
from services.evaluation.scorecards.store import tally_of
from shared.verification import Check
from shared.work import Work

SCORES = """
SELECT district, month_on, points, planned, done, on_time, excused, feedbacks, rating_sum
FROM scores
"""
COUNTS = """
SELECT count(*) AS scored,
    count(*) FILTER (WHERE s.planned + s.excused > coalesce(k.known, 0)) AS over
FROM scores s LEFT JOIN (
    SELECT provider_id, left(area_code, 6) AS district,
        CAST(date_trunc('month', planned_on) AS date) AS month_on, count(*) AS known
    FROM scored_visits GROUP BY 1, 2, 3
) AS k USING (provider_id, district, month_on)
"""
SEQUENCES = """
SELECT count(*) AS aggregates, count(*) FILTER (WHERE letters <> last) AS gaps
FROM (
    SELECT count(*) AS letters, max(seq) AS last FROM chain_links WHERE nth = 1
    GROUP BY aggregate_id, split_part(type, '.', 1)
) AS numbered
"""
CAUSES = """
SELECT count(*) AS links, count(*) FILTER (WHERE c.letter_id IS NULL) AS loose
FROM chain_links l LEFT JOIN chain_links c ON c.letter_id = l.causation_id AND c.nth = 1
WHERE l.causation_id IS NOT NULL AND l.nth = 1
"""
FOLLOWS = """
SELECT count(*) AS links, count(*) FILTER (WHERE NOT EXISTS (
    SELECT 1 FROM chain_links b WHERE b.application_id = l.application_id AND b.type = :before
)) AS alone
FROM chain_links l WHERE l.type = :after AND l.application_id IS NOT NULL
"""
RATINGS = """
SELECT count(*) AS given, count(*) FILTER (WHERE r.rating IS DISTINCT FROM f.rating) AS off
FROM feedback f LEFT JOIN scored_ratings r USING (visit_id)
"""
ORDER: Mapping[str, tuple[str, str]] = {
    "awards_follow_applications": (
        "intake.application.submitted.v1",
        "eligibility.award.granted.v1",
    ),
    "redemptions_follow_awards": (
        "eligibility.award.granted.v1",
        "vouchers.voucher.redeemed.v1",
    ),
    "feedback_follows_visits": (
        "scheduling.visit.completed.v1",
        "evaluation.feedback.given.v1",
    ),
}


async def checks(work: Work) -> list[Check]:
    """All that is special to evaluation."""
    found = [await _scores(work)]
    found.append(await _counted(work, "scores_within_visits", COUNTS, "scored", "over"))
    found.append(await _counted(work, "feedback_scored", RATINGS, "given", "off"))
    found.append(await _counted(work, "chains_numbered", SEQUENCES, "aggregates", "gaps"))
    found.append(await _counted(work, "chains_caused", CAUSES, "links", "loose"))
    for name, (before, after) in ORDER.items():
        found.append(
            await _counted(work, name, FOLLOWS, "links", "alone", before=before, after=after)
        )
    return found


async def _scores(work: Work) -> Check:
    policies: Policies = work.state["policies"]
    rows = await work.rows(SCORES)
    off = 0
    for row in rows:
        scoring = policies.of(row["district"]).score.on(row["month_on"])
        off += points(tally_of(row), scoring) != row["points"]
    return Check(name="scores_recomputed", ok=off == 0, checked=len(rows), detail=f"{off} off")


async def _counted(work: Work, name: str, sql: str, all_of: str, bad: str, **values: Any) -> Check:
    row = await work.row(sql, **values)
    assert row is not None
    return Check(name=name, ok=row[bad] == 0, checked=row[all_of], detail=f"{row[bad]} {bad}")
