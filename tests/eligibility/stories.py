"""People, letters from intake and officers, for the stories about cases and awards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from shared.contracts.facts import PersonFacts
from shared.contracts.ids import new_id
from shared.contracts.intake import (
    ApplicationSubmitted,
    ApplicationWithdrawn,
    PersonDied,
    PersonMoved,
    PersonRegistered,
    StreetActivated,
    StreetPaused,
)
from shared.contracts.letter import Letter
from shared.contracts.programmes import HOME_CARE, VOUCHER
from tests.desk import OfficeDesk

STREET = "110105001"
COMMUNITY = "110105001001"
OTHER_COMMUNITY = "110105002001"
NANGANG_COMMUNITY = "230103001001"
NANGANG_STREET = "230103001"
DISTRICT = "110105"
FACTS: dict[str, Any] = {"hukou_area": "110105", "residence_area": COMMUNITY, "disability": "none"}
NANGANG_FACTS: dict[str, Any] = {
    "birth_on": date(1935, 5, 5),
    "hukou_area": "230103",
    "residence_area": NANGANG_COMMUNITY,
    "household_size": 1,
    "household_monthly_income_fen": 40000,
    "dibao": True,
    "lives_with": "alone",
    "children": (),
}
Lines = list[dict[str, Any]]


@dataclass
class Elder:
    """Somebody with facts, who may apply, move and die."""

    birth_on: date | None = date(1925, 3, 3)
    area: str = COMMUNITY
    programme: str = VOUCHER
    applied_on: date = date(2010, 1, 4)
    agency: str | None = None
    more: dict[str, Any] = field(default_factory=dict)
    person_id: UUID = field(default_factory=new_id)
    application_id: UUID = field(default_factory=new_id)

    @property
    def facts(self) -> PersonFacts:
        base = NANGANG_FACTS if self.programme == HOME_CARE else FACTS
        return PersonFacts.model_validate(base | {"birth_on": self.birth_on} | self.more)

    def _envelope(self, day: date, aggregate_id: UUID) -> dict[str, Any]:
        return {
            "aggregate_id": aggregate_id,
            "occurred_at": f"{day.isoformat()}T09:00:00+08:00",
            "person_id": self.person_id,
            "area_code": self.area,
            "agency": self.agency,
        }

    def registers(self) -> PersonRegistered:
        envelope = self._envelope(self.applied_on, self.person_id)
        return PersonRegistered(**envelope, person=self.facts)

    def applies(self, application_id: UUID | None = None) -> ApplicationSubmitted:
        application_id = application_id or self.application_id
        return ApplicationSubmitted(
            **self._envelope(self.applied_on, application_id),
            application_id=application_id,
            programme=self.programme,
            channel="community_station",
            applied_on=self.applied_on,
            person=self.facts,
        )

    def withdraws(self, day: date) -> ApplicationWithdrawn:
        return ApplicationWithdrawn(
            **self._envelope(day, self.application_id),
            application_id=self.application_id,
            withdrawn_on=day,
        )

    def dies(self, day: date) -> PersonDied:
        return PersonDied(**self._envelope(day, self.person_id), died_on=day)

    def moves(self, area: str, day: date) -> PersonMoved:
        before, self.area = self.area, area
        envelope = self._envelope(day, self.person_id)
        return PersonMoved(**envelope, previous_area=before, moved_on=day)


def street_letter(kind: type[StreetActivated] | type[StreetPaused], day: date) -> Letter:
    word = "activated_on" if kind is StreetActivated else "paused_on"
    return kind.model_validate(
        {
            "aggregate_id": new_id(),
            "occurred_at": f"{day.isoformat()}T09:00:00+08:00",
            "area_code": NANGANG_STREET,
            "programme": HOME_CARE,
            "street_code": NANGANG_STREET,
            word: day,
        }
    )


async def tell(desk: OfficeDesk, *letters: Letter) -> None:
    """Letters from intake, arrived and handled."""
    work = desk.work("intake")
    work.send(*letters)
    await work.commit()
    await desk.settle()


async def cases(
    desk: OfficeDesk, area: str = DISTRICT, sub: str = "reader", **filters: str
) -> Lines:
    """The worklist of a district's officer."""
    async with desk.as_("district_officer", sub=sub, area=area) as client:
        answer = await client.get("/eligibility/v1/cases", params={"limit": "1000", **filters})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def case_of(desk: OfficeDesk, elder: Elder, area: str = DISTRICT) -> dict[str, Any]:
    """The elder's newest case."""
    mine = [c for c in await cases(desk, area) if c["person_id"] == str(elder.person_id)]
    return max(mine, key=lambda case: case["case_id"])


async def review(
    desk: OfficeDesk,
    *case_ids: str,
    decision: str = "recommend_approval",
    sub: str = "li",
    area: str = STREET,
) -> Lines:
    """The street's officer reviews."""
    lines = [{"case_id": case_id, "decision": decision} for case_id in case_ids]
    async with desk.as_("street_officer", sub=sub, area=area) as client:
        answer = await client.post(
            "/eligibility/v1/reviews", json={"id": str(new_id()), "decisions": lines}
        )
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


async def approve(
    desk: OfficeDesk,
    *case_ids: str,
    decision: str = "approve",
    sub: str = "wang",
    area: str = DISTRICT,
    body: str = "",
    note: str | None = None,
) -> Lines:
    """The district's officer decides."""
    lines = [{"case_id": case_id, "decision": decision, "note": note} for case_id in case_ids]
    async with desk.as_("district_officer", sub=sub, area=area, body=body) as client:
        answer = await client.post(
            "/eligibility/v1/approvals", json={"id": str(new_id()), "decisions": lines}
        )
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


async def awarded(desk: OfficeDesk, elder: Elder) -> dict[str, Any]:
    """The elder's award, of the voucher programme, through both parties."""
    await tell(desk, elder.registers(), elder.applies())
    case_id = (await case_of(desk, elder))["case_id"]
    assert [line["ok"] for line in await review(desk, case_id)] == [True]
    assert [line["ok"] for line in await approve(desk, case_id)] == [True]
    return await award_of(desk, elder)


async def awards(desk: OfficeDesk, area: str = DISTRICT) -> Lines:
    """The awards that a district sees."""
    async with desk.as_("district_officer", area=area) as client:
        answer = await client.get("/eligibility/v1/awards")
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


async def award_of(desk: OfficeDesk, elder: Elder) -> dict[str, Any]:
    """The elder's only award."""
    (mine,) = [a for a in await awards(desk) if a["person_id"] == str(elder.person_id)]
    return mine


async def letters(desk: OfficeDesk, elder: Elder, kind: type[Letter]) -> Lines:
    """What eligibility told the others about the elder."""
    work = desk.work("eligibility")
    rows = await work.rows(
        "SELECT CAST(facts AS text) AS facts, application_id, area_code FROM outbox "
        "WHERE type = :type AND person_id = :person_id ORDER BY position",
        type=kind.TYPE,
        person_id=elder.person_id,
    )
    await work.abandon()
    return [{**row, **orjson.loads(row["facts"])} for row in rows]


async def verification(desk: OfficeDesk) -> dict[str, bool]:
    """What the service proves of itself, check by check, once all letters are out."""
    await desk.settle()
    async with desk.as_("auditor") as client:
        answer = await client.get("/eligibility/v1/verification")
    assert answer.status_code == 200, answer.text
    return {check["name"]: check["ok"] for check in answer.json()["checks"]}
