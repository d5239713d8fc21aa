"""Stories of scores: readable arithmetic, versions that stay, and a verification that notices."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from services.evaluation.policy.loader import load_policies
from services.evaluation.scorecards.domain import Tally, points
from tests.desk import OfficeDesk
from tests.evaluation.letters import COMMUNITY, DISTRICT, STREET, Elder, post

SCORING = load_policies().of(DISTRICT).score.on(date(2010, 1, 1))
SCORES = "/evaluation/v1/scores"


def tally(planned: int, done: int, on_time: int, *ratings: int) -> Tally:
    return Tally(planned, done, on_time, 0, len(ratings), sum(ratings))


@pytest.mark.parametrize(
    ("month", "expected"),
    [
        (tally(10, 10, 10, 5, 5), 100),
        (tally(10, 10, 10, 1), 70),
        (tally(10, 10, 0, 5), 80),
        (tally(2, 1, 1, 5), 75),
        (tally(10, 9, 9), 92),
        (tally(3, 0, 0), 0),
        (tally(3, 2, 2, 3), 68),
        (tally(0, 0, 0), None),
    ],
    ids=[
        "all kept, on time and praised",
        "the lowest rating takes its 30 points",
        "never on time takes 20",
        "half kept: 25 + 20 + 30",
        "no rating yet: (45 + 20) of 70",
        "nothing kept and nothing else to judge",
        "33.3 + 20 + 15, fractions dropped",
        "no visits, no score",
    ],
)
def test_points_are_whole_and_readable(month: Tally, expected: int | None) -> None:
    assert points(month, SCORING) == expected


async def publish(desk: OfficeDesk, month_on: str = "2010-01-01", **who: str) -> httpx.Response:
    async with desk.as_("district_officer", **({"area": DISTRICT} | who)) as client:
        return await client.post(SCORES, json={"id": str(uuid4()), "month_on": month_on})


async def rate(desk: OfficeDesk, visit: Any, rating: int) -> None:
    body = {"id": str(uuid4()), "visit_id": str(visit.visit_id), "rating": rating}
    async with desk.as_("community_worker", area=COMMUNITY) as client:
        assert (await client.post("/evaluation/v1/feedback", json=body)).status_code == 201


async def verified(desk: OfficeDesk) -> dict[str, bool]:
    async with desk.as_("operator") as client:
        answer = (await client.get("/evaluation/v1/verification")).json()
    return {check["name"]: check["ok"] for check in answer["checks"]}


@pytest.mark.anyio
async def test_a_month_is_scored_and_the_same_month_again_gives_the_same_bytes(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    first, late = elder.visited(11), elder.visited(18, "late")
    missed, excused = elder.missed(25), elder.missed(27, "elder_absent")
    await post(desk, "scheduling", first, late, missed, excused)
    await desk.settle()
    await rate(desk, first, 5)
    await desk.settle()
    desk.clock.set(date(2010, 2, 1))
    made = await publish(desk)
    assert made.status_code == 201, made.text
    (score,) = made.json()["scores"]
    assert score["points"] == 73  # 50 * 2/3 + 20 * 1/2 + 30 * 1
    assert (score["visits_planned"], score["visits_done"], score["visits_excused"]) == (3, 2, 1)
    again = await publish(desk, sub="zhao")
    assert again.content == made.content
    await rate(desk, late, 1)
    await desk.settle()
    (second,) = (await publish(desk)).json()["scores"]
    assert (second["version"], second["points"]) == (2, 58)
    work = desk.work("evaluation")
    kept = await work.rows("SELECT version, points FROM scores ORDER BY version")
    sent = await work.value(
        "SELECT count(*) FROM outbox WHERE type = 'evaluation.score.published.v1'"
    )
    await work.abandon()
    assert [(row["version"], row["points"]) for row in kept] == [(1, 73), (2, 58)]
    assert sent == 2
    async with desk.as_("provider", agency=str(elder.provider)) as client:
        shown = (await client.get(SCORES, params={"month_on": "2010-01-01"})).json()
    assert shown["scores"] == [second]


@pytest.mark.anyio
async def test_a_month_that_is_not_over_or_no_month_is_not_scored(desk: OfficeDesk) -> None:
    early = await publish(desk)
    assert (early.status_code, early.json()["code"]) == (409, "month_not_over")
    middle = await publish(desk, "2009-12-15")
    assert (middle.status_code, middle.json()["code"]) == (422, "not_a_month")
    street = await publish(desk, "2009-12-01", area=STREET)
    assert (street.status_code, street.json()["code"]) == (403, "district_only")


@pytest.mark.anyio
async def test_verification_holds_and_notices_what_was_touched(
    desk: OfficeDesk, database: str
) -> None:
    elder = Elder()
    visit = elder.visited()
    await post(desk, "intake", elder.submitted())
    await post(desk, "eligibility", elder.awarded())
    await post(desk, "vouchers", elder.redeemed())
    await post(desk, "scheduling", visit)
    await desk.settle()
    await rate(desk, visit, 5)
    desk.clock.set(date(2010, 2, 1))
    await publish(desk)
    await desk.settle()
    assert all((await verified(desk)).values())
    await owner_writes(database, "UPDATE scores SET points = points - 1")
    await owner_writes(
        database, "DELETE FROM chain_links WHERE type = 'eligibility.award.granted.v1'"
    )
    touched = await verified(desk)
    wrong = {name for name, ok in touched.items() if not ok}
    assert wrong >= {"scores_recomputed", "redemptions_follow_awards"}


async def owner_writes(database: str, sql: str) -> None:
    """Somebody with the owner's rights writes past every door."""
    connection = await asyncpg.connect(database)
    try:
        await connection.execute(f"SET search_path = evaluation; {sql}")
    finally:
        await connection.close()
