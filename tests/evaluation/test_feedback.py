"""Stories of feedback: one rating for one visit, by somebody other than who did it (N-52)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.contracts.scheduling import VisitCompleted
from tests.desk import OfficeDesk
from tests.evaluation.letters import COMMUNITY, OTHER_STREET, STREET, Elder, post

pytestmark = pytest.mark.anyio
FEEDBACK = "/evaluation/v1/feedback"


def rating(visit: VisitCompleted, points: int = 4, **more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "visit_id": str(visit.visit_id), "rating": points, **more}


async def rate(
    desk: OfficeDesk, body: dict[str, Any], area: str = COMMUNITY, sub: str = "chen"
) -> httpx.Response:
    async with desk.as_("community_worker", sub=sub, area=area) as client:
        return await client.post(FEEDBACK, json=body)


async def told(desk: OfficeDesk) -> list[dict[str, Any]]:
    work = desk.work("evaluation")
    rows = await work.rows("SELECT facts FROM outbox WHERE type = 'evaluation.feedback.given.v1'")
    await work.abandon()
    return [row["facts"] for row in rows]


async def test_feedback_waits_for_its_visit_and_then_is_taken(desk: OfficeDesk) -> None:
    visit = Elder().visited()
    body = rating(visit)
    early = await rate(desk, body)
    assert (early.status_code, early.json()["code"]) == (409, "visit_unknown")
    assert "稍后再试" in early.json()["zh"]
    await post(desk, "scheduling", visit)
    await desk.settle()
    assert (await rate(desk, body)).status_code == 201


async def test_a_visit_is_rated_once_whoever_rates_it_again(desk: OfficeDesk) -> None:
    visit = Elder().visited()
    await post(desk, "scheduling", visit)
    await desk.settle()
    body = rating(visit)
    first, same = await rate(desk, body), await rate(desk, body)
    other = await rate(desk, rating(visit, 1), sub="sun")
    assert (first.status_code, same.status_code) == (201, 201)
    assert (other.status_code, other.json()["code"]) == (409, "visit_rated")
    assert [facts["rating"] for facts in await told(desk)] == [4]


async def test_words_stay_here_and_the_provider_sees_the_rating_alone(desk: OfficeDesk) -> None:
    elder = Elder()
    visit = elder.visited()
    await post(desk, "scheduling", visit)
    await desk.settle()
    await rate(desk, rating(visit, comment="来得很准时"))
    assert "comment" not in (await told(desk))[0]
    async with desk.as_("street_officer", area=STREET) as client:
        assert (await client.get(FEEDBACK)).json()["items"][0]["comment"] == "来得很准时"
    async with desk.as_("provider", agency=str(elder.provider)) as client:
        own = (await client.get(FEEDBACK)).json()["items"]
    assert [(line["rating"], line["comment"]) for line in own] == [(4, None)]
    async with desk.as_("provider", agency=str(uuid4())) as client:
        assert (await client.get(FEEDBACK)).json()["items"] == []


async def test_neither_caregiver_nor_provider_nor_another_street_rates_a_visit(
    desk: OfficeDesk,
) -> None:
    elder = Elder()
    visit = elder.visited()
    await post(desk, "scheduling", visit)
    await desk.settle()
    for role in ("caregiver", "provider"):
        async with desk.as_(role, agency=str(elder.provider)) as client:
            assert (await client.post(FEEDBACK, json=rating(visit))).status_code == 403
    other = await rate(desk, rating(visit), area=OTHER_STREET)
    assert (other.status_code, other.json()["code"]) == (409, "visit_unknown")


async def test_a_list_is_answered_line_by_line(desk: OfficeDesk) -> None:
    visits = [Elder().visited(), Elder().visited(), Elder().visited()]
    await post(desk, "scheduling", *visits)
    await desk.settle()
    lines = [rating(visit) for visit in visits]
    lines[1]["rating"] = 6
    lines += [rating(Elder().visited()), rating(visits[0])]
    body = {"id": str(uuid4()), "feedback": lines}
    async with desk.as_("hotline") as client:
        answer = (await client.post(f"{FEEDBACK}/batch", json=body)).json()
    assert [line["ok"] for line in answer["results"]] == [True, False, True, False, False]
    assert [line["code"] for line in answer["results"] if not line["ok"]] == [
        "invalid_fields",
        "visit_unknown",
        "visit_rated",
    ]
    assert len(await told(desk)) == 2
