"""What life and officers do to running awards, for the stories of dynamic management."""

from __future__ import annotations

from datetime import date
from typing import Any

from shared.contracts.ids import new_id
from shared.contracts.intake import PersonUpdated
from tests.desk import OfficeDesk
from tests.eligibility.stories import DISTRICT, STREET, Elder, Lines, award_of

SEVERE: dict[str, Any] = {"disability": {"category": 1, "grade": 1}, "employed": False}


def learns(elder: Elder, day: date, **more: Any) -> PersonUpdated:
    """Intake learns something new of the elder on a day."""
    elder.more = {**elder.more, **more}
    return PersonUpdated(
        aggregate_id=elder.person_id,
        occurred_at=f"{day.isoformat()}T09:00:00+08:00",
        person_id=elder.person_id,
        area_code=elder.area,
        person=elder.facts,
        changed=tuple(more),
    )


async def sweep_awards(desk: OfficeDesk, day: date, area: str = DISTRICT) -> dict[str, int]:
    """The district looks at its awards on a day."""
    desk.clock.set(day)
    async with desk.as_("district_officer", area=area) as client:
        answer = await client.post("/eligibility/v1/rechecks/sweeps", json={"id": str(new_id())})
    assert answer.status_code == 200, answer.text
    await desk.settle()
    return {key: answer.json()[key] for key in ("examined", "reclassified", "asked")}


async def rechecks(desk: OfficeDesk, area: str = DISTRICT, **filters: str) -> Lines:
    """The worklist of re-checks that a district sees."""
    async with desk.as_("district_officer", area=area) as client:
        answer = await client.get("/eligibility/v1/rechecks", params={"limit": "1000", **filters})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def recheck_of(desk: OfficeDesk, elder: Elder) -> dict[str, Any]:
    """The elder's newest re-check."""
    mine = [one for one in await rechecks(desk) if one["person_id"] == str(elder.person_id)]
    return max(mine, key=lambda one: one["recheck_id"])


async def found(
    desk: OfficeDesk, *lines: dict[str, Any], sub: str = "li", area: str = STREET
) -> Lines:
    """The street's findings at re-checks."""
    return await _post(desk, "street_officer", sub, area, "rechecks/findings", "findings", lines)


async def reported(
    desk: OfficeDesk, elder: Elder, sub: str = "li", area: str = STREET, **line: Any
) -> dict[str, Any]:
    """The street's report about the elder's award."""
    about = {"award_id": (await award_of(desk, elder))["award_id"], **line}
    (answer,) = await _post(desk, "street_officer", sub, area, "rechecks", "reports", [about])
    return answer


async def decided(
    desk: OfficeDesk, recheck_id: str, decision: str = "confirm", sub: str = "wang", **more: Any
) -> dict[str, Any]:
    """The district's decision on a finding."""
    body = more.pop("body", "")
    line = {"recheck_id": recheck_id, "decision": decision, **more}
    (answer,) = await _post(
        desk, "district_officer", sub, DISTRICT, "rechecks/decisions", "decisions", [line], body
    )
    return answer


async def resumed(desk: OfficeDesk, elder: Elder, sub: str = "wang", **line: Any) -> dict[str, Any]:
    """The district gives the elder's award back."""
    about = {"award_id": (await award_of(desk, elder))["award_id"], **line}
    (answer,) = await _post(
        desk, "district_officer", sub, DISTRICT, "resumptions", "resumptions", [about]
    )
    return answer


async def acts(desk: OfficeDesk, elder: Elder) -> Lines:
    """The journal of the elder's award."""
    award_id = (await award_of(desk, elder))["award_id"]
    async with desk.as_("auditor") as client:
        answer = await client.get(f"/eligibility/v1/awards/{award_id}/acts")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def judge(desk: OfficeDesk) -> int:
    """The district judges its residents."""
    async with desk.as_("district_officer", area=DISTRICT) as client:
        answer = await client.post(
            "/eligibility/v1/outreach/judgements", json={"id": str(new_id())}
        )
    assert answer.status_code == 200, answer.text
    judged: int = answer.json()["judged"]
    return judged


async def _post(
    desk: OfficeDesk,
    role: str,
    sub: str,
    area: str,
    path: str,
    place: str,
    lines: Any,
    body: str = "",
) -> Lines:
    async with desk.as_(role, sub=sub, area=area, body=body) as client:
        answer = await client.post(
            f"/eligibility/v1/{path}", json={"id": str(new_id()), place: list(lines)}
        )
    assert answer.status_code == 200, answer.text
    await desk.settle()
    return answer.json()["results"]
