"""What scheduling can prove of itself beyond its letters: plans, visits and their counts."""

from __future__ import annotations

from shared.verification import Check
from shared.work import Work

OVERLAPS = """
SELECT (SELECT count(*) FROM visits) AS checked, count(*) AS flaws
FROM visits a JOIN visits b ON a.caregiver_id = b.caregiver_id AND a.visit_id < b.visit_id
    AND tstzrange(a.planned_at, a.planned_until) && tstzrange(b.planned_at, b.planned_until)
WHERE a.state IN ('planned', 'completed') AND b.state IN ('planned', 'completed')
"""
FIXED_CAREGIVER = """
SELECT count(*) AS checked, count(*) FILTER (WHERE v.plan_caregiver_id <> p.caregiver_id
    OR (v.caregiver_id <> p.caregiver_id
        AND (v.deviation IS DISTINCT FROM 'substitute' OR v.substitute_reason IS NULL))) AS flaws
FROM visits v JOIN plans p USING (plan_id) WHERE v.state = 'completed'
"""
TWO_PARTIES = """
SELECT count(*) AS checked, count(*) FILTER (WHERE confirmed_by IS NULL
    OR confirmed_by = proposed_by) AS flaws
FROM plans WHERE state = 'confirmed' OR confirmed_at IS NOT NULL
"""
BOOKED = """
SELECT count(*) AS checked, count(*) FILTER (WHERE b.plan_id IS NULL
    OR b.caregiver_id <> p.caregiver_id
    OR b.weekly <> weekly_of(p.weekdays, p.starts_at_minute, p.minutes)
    OR upper(b.days) > p.ended_on + 1) AS flaws
FROM plans p LEFT JOIN bookings b USING (plan_id) WHERE p.confirmed_at IS NOT NULL
"""
CANCELLED = """
SELECT count(*) AS checked,
    count(*) FILTER (WHERE v.state IN ('planned', 'paused') AND v.day_on > p.ended_on) AS flaws
FROM visits v JOIN plans p USING (plan_id) WHERE p.state = 'ended'
"""
PAUSED = """
SELECT count(*) AS checked, count(*) FILTER (WHERE v.state = 'planned' OR p.suspended_on IS NULL
    OR p.resumed_on IS NOT NULL) AS flaws
FROM visits v JOIN bookings b USING (plan_id) JOIN plans p USING (plan_id)
WHERE v.state IN ('planned', 'paused') AND (v.state = 'paused' OR b.paused_days @> v.day_on)
"""
LETTERS = """
WITH told AS (
    SELECT aggregate_id, type, count(*) AS n FROM outbox
    WHERE type IN ('scheduling.visit.completed.v1', 'scheduling.visit.missed.v1')
    GROUP BY aggregate_id, type
)
SELECT count(*) AS checked, count(*) FILTER (WHERE t.n IS DISTINCT FROM 1
    OR v.visit_id IS NULL OR t.type <> 'scheduling.visit.' || v.state || '.v1') AS flaws
FROM (SELECT * FROM visits WHERE state IN ('completed', 'missed')) v
FULL JOIN told t ON t.aggregate_id = v.visit_id
"""
CHECKS = (
    ("caregivers_in_one_place", OVERLAPS, "overlapping pairs of visits"),
    ("caregiver_fixed_or_substitute", FIXED_CAREGIVER, "visits by another without a reason"),
    ("plans_by_two_parties", TWO_PARTIES, "plans without two different persons"),
    ("plans_booked", BOOKED, "confirmed plans that their booking does not match"),
    ("ended_plans_without_visits", CANCELLED, "open visits after their plan's end"),
    ("suspended_plans_without_visits", PAUSED, "visits that a suspension did not stop or free"),
    ("letters_of_visits", LETTERS, "outcomes without exactly one letter"),
)


async def scheduling_checks(work: Work) -> list[Check]:
    """Recompute each check over all rows."""
    return [await _check(work, name, sql, what) for name, sql, what in CHECKS]


async def _check(work: Work, name: str, sql: str, what: str) -> Check:
    row = (await work.rows(sql))[0]
    flaws: int = row["flaws"]
    return Check(name=name, ok=flaws == 0, checked=row["checked"], detail=f"{flaws} {what}")
