"""A street with an elder, a provider and caregivers, told to scheduling by letters."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from shared.clock import SHANGHAI
from shared.contracts.eligibility import AwardGranted
from shared.contracts.evaluation import CaregiverRegistered, ProviderAdmitted
from shared.contracts.ids import new_id
from shared.contracts.intake import StreetActivated
from shared.contracts.letter import Letter
from shared.contracts.programmes import HOME_CARE, NANGANG
from tests.desk import OfficeDesk

STREET = "230103001"
COMMUNITY = "230103001001"
ITEM = "home-cleaning"


def at(day: date, clock: str) -> datetime:
    """An instant on a day, in Shanghai."""
    return datetime.combine(day, datetime.strptime(clock, "%H:%M").time(), SHANGHAI)


@dataclass
class Street:
    """The desk, and the identifiers of those who live and work in the street."""

    desk: OfficeDesk
    provider_id: UUID = field(default_factory=new_id)
    caregiver_id: UUID = field(default_factory=new_id)
    substitute_id: UUID = field(default_factory=new_id)
    person_id: UUID = field(default_factory=new_id)
    application_id: UUID = field(default_factory=new_id)
    award_id: UUID = field(default_factory=new_id)

    @property
    def agency(self) -> str:
        return str(self.provider_id)

    def officer(self, sub: str = "li", area: str = STREET) -> Any:
        return self.desk.as_("street_officer", sub=sub, area=area)

    def office(self, sub: str = "wang") -> Any:
        return self.desk.as_("district_officer", sub=sub, area=NANGANG)

    def provider(self) -> Any:
        return self.desk.as_("provider", agency=self.agency)

    async def tell(self, service: str, *letters: Letter) -> None:
        """Let another service say something, and let it arrive."""
        await self.write(service, *letters)
        await self.desk.settle()

    async def write(self, service: str, *letters: Letter) -> None:
        """Let another service say something that has not arrived yet."""
        work = self.desk.work(service)
        work.send(*letters)
        await work.commit()

    async def activate(self, code: str = STREET) -> None:
        """The street may plan; the letter is on its way."""
        street = StreetActivated(
            aggregate_id=new_id(),
            occurred_at=at(date(2009, 12, 1), "09:00"),
            area_code=code,
            programme=HOME_CARE,
            street_code=code,
            activated_on=date(2009, 12, 1),
        )
        await self.write("intake", street)

    def registered(self, caregiver_id: UUID, until: date | None = date(2010, 12, 31)) -> Letter:
        return CaregiverRegistered(
            aggregate_id=caregiver_id,
            occurred_at=at(date(2009, 12, 1), "09:00"),
            caregiver_id=caregiver_id,
            provider_id=self.provider_id,
            certified_until_on=until,
        )

    def awarded(self, person_id: UUID, award_id: UUID, area: str = COMMUNITY) -> AwardGranted:
        return AwardGranted(
            aggregate_id=award_id,
            occurred_at=at(date(2009, 12, 20), "09:00"),
            person_id=person_id,
            application_id=self.application_id,
            area_code=area,
            award_id=award_id,
            programme=HOME_CARE,
            benefit_class="tier-a",
            starts_on=date(2010, 1, 1),
        )

    def admitted(self) -> ProviderAdmitted:
        return ProviderAdmitted(
            aggregate_id=self.provider_id,
            occurred_at=at(date(2009, 12, 1), "09:00"),
            provider_id=self.provider_id,
            admitted_on=date(2009, 12, 1),
        )

    async def publish_item(self) -> None:
        item = {
            "id": str(new_id()),
            "item_code": ITEM,
            "category": "household",
            "name": "家政服务",
            "price_mode": "free",
            "price_fen": 0,
            "voucher_allowed": True,
        }
        async with self.office() as client:
            answer = await client.post("/scheduling/v1/items", json=item)
        assert answer.status_code == 201, answer.text

    async def people(self) -> None:
        """The elder with an award, the admitted provider and two caregivers."""
        await self.write(
            "evaluation",
            self.admitted(),
            self.registered(self.caregiver_id),
            self.registered(self.substitute_id),
        )
        await self.tell("eligibility", self.awarded(self.person_id, self.award_id))

    async def another_elder(self, area: str = COMMUNITY) -> UUID:
        person_id = new_id()
        await self.tell("eligibility", self.awarded(person_id, new_id(), area))
        return person_id

    def plan(self, **changes: Any) -> dict[str, Any]:
        """Monday, Wednesday and Friday at nine for two hours, from February on."""
        return {
            "id": str(new_id()),
            "person_id": str(self.person_id),
            "programme": HOME_CARE,
            "provider_id": str(self.provider_id),
            "caregiver_id": str(self.caregiver_id),
            "item_code": ITEM,
            "weekdays": [1, 3, 5],
            "starts_at": "09:00",
            "minutes": 120,
            "place": "home",
            "starts_on": "2010-02-01",
            "ends_on": None,
            **changes,
        }

    async def propose(self, plan: dict[str, Any], sub: str = "li") -> Any:
        async with self.officer(sub) as client:
            return await client.post("/scheduling/v1/plans", json=plan)

    async def confirm(self, *plan_ids: str, sub: str = "wang") -> list[dict[str, Any]]:
        body = {"id": str(new_id()), "plan_ids": list(plan_ids)}
        async with self.office(sub) as client:
            answer = await client.post("/scheduling/v1/plan-confirmations", json=body)
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    async def confirmed(self, **changes: Any) -> str:
        """A plan that both parties agreed on."""
        plan = self.plan(**changes)
        answer = await self.propose(plan)
        assert answer.status_code == 201, answer.text
        [result] = await self.confirm(plan["id"])
        assert result["ok"], result
        return str(plan["id"])

    async def roster(self, month_on: str = "2010-02-01") -> dict[str, Any]:
        body = {"id": str(new_id()), "month_on": month_on}
        async with self.officer() as client:
            answer = await client.post("/scheduling/v1/visit-rosters", json=body)
        assert answer.status_code == 200, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def visits(self, **query: str) -> list[dict[str, Any]]:
        async with self.officer() as client:
            answer = await client.get("/scheduling/v1/visits", params=query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def act(self, visit_id: str, act: str, **facts: Any) -> Any:
        """A provider's report about a visit."""
        async with self.provider() as client:
            body = {"id": str(new_id()), **facts}
            return await client.post(f"/scheduling/v1/visits/{visit_id}/{act}", json=body)

    async def report(self, *reports: dict[str, Any]) -> list[dict[str, Any]]:
        body = {"id": str(new_id()), "reports": list(reports)}
        async with self.provider() as client:
            answer = await client.post("/scheduling/v1/visit-reports", json=body)
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["results"]
        return results

    async def sent(self, kind: str) -> list[dict[str, Any]]:
        """The letters of a type that scheduling has written."""
        work = self.desk.work("scheduling")
        rows = await work.rows(
            "SELECT facts, application_id, person_id, area_code, agency FROM outbox "
            "WHERE type = :kind ORDER BY position",
            kind=kind,
        )
        found = [dict(row) for row in rows]
        await work.abandon()
        return found

    async def flaws(self) -> list[dict[str, Any]]:
        """The checks of `verification` that do not hold once every letter has arrived."""
        await self.desk.settle()
        async with self.desk.as_("auditor") as client:
            answer = await client.get("/scheduling/v1/verification")
        assert answer.status_code == 200, answer.text
        return [check for check in answer.json()["checks"] if not check["ok"]]


def done(visit: dict[str, Any], came: str = "09:00", left: str = "11:00") -> dict[str, Any]:
    """A report that a visit took place."""
    day = date.fromisoformat(visit["day_on"])
    return {
        "visit_id": visit["visit_id"],
        "outcome": "completed",
        "checked_in_at": at(day, came).isoformat(),
        "checked_out_at": at(day, left).isoformat(),
    }
