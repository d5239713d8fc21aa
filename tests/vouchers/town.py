"""A small town for voucher stories: holders, providers, money and tills, by letters and doors."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import httpx

from shared.contracts.eligibility import AwardEnded, AwardGranted
from shared.contracts.evaluation import OutletOpened, ProviderAdmitted, ProviderSuspended
from shared.contracts.ids import new_id
from shared.contracts.intake import PersonDied, PersonMoved
from shared.contracts.letter import Letter
from shared.contracts.programmes import VOUCHER
from shared.contracts.scheduling import CatalogueItemPublished
from tests.desk import OfficeDesk

STREET = "110105001"
COMMUNITY = "110105001001"
OTHER_STREET = "110105002"
OTHER_COMMUNITY = "110105002001"
MONTHLY_FEN = 10000
JANUARY, FEBRUARY, MARCH = date(2010, 1, 1), date(2010, 2, 1), date(2010, 3, 1)


def day(on: date) -> datetime:
    """Noon of a day, as letters carry it."""
    return datetime(on.year, on.month, on.day, 4, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Elder:
    """A holder with a journey."""

    person_id: UUID = field(default_factory=new_id)
    application_id: UUID = field(default_factory=new_id)
    award_id: UUID = field(default_factory=new_id)
    area_code: str = COMMUNITY
    benefit_class: str = "A"


@dataclass(frozen=True, slots=True)
class Shop:
    """A provider with one outlet."""

    provider_id: UUID = field(default_factory=new_id)
    outlet_id: UUID = field(default_factory=new_id)


def code(answer: httpx.Response) -> tuple[int, str]:
    """An answer's status, and the code of the refusal if it is one."""
    return answer.status_code, answer.json().get("code", "")


class Town:
    """Tells the vouchers service what other services would, and does what its offices do."""

    def __init__(self, desk: OfficeDesk) -> None:
        self.desk = desk

    async def tell(self, service: str, *letters: Letter) -> None:
        """Let another service send letters, and let them arrive."""
        work = self.desk.work(service)
        work.send(*letters)
        await work.commit()
        await self.desk.settle()

    async def grant(self, *elders: Elder, starts_on: date = JANUARY) -> None:
        await self.tell("eligibility", *[granted(elder, starts_on) for elder in elders])

    async def die(self, elder: Elder, on: date) -> None:
        await self.tell(
            "intake",
            PersonDied(
                aggregate_id=elder.person_id,
                occurred_at=day(on),
                person_id=elder.person_id,
                area_code=elder.area_code,
                died_on=on,
            ),
        )

    async def move(self, elder: Elder, to: str, on: date) -> None:
        await self.tell(
            "intake",
            PersonMoved(
                aggregate_id=elder.person_id,
                occurred_at=day(on),
                person_id=elder.person_id,
                area_code=to,
                previous_area=elder.area_code,
                moved_on=on,
            ),
        )

    async def end(self, elder: Elder, on: date, reason: Any, area: str = "") -> None:
        await self.tell("eligibility", ended(elder, on, reason, area))

    async def admit(self, shop: Shop, on: date = JANUARY) -> None:
        about = {"aggregate_id": shop.provider_id, "occurred_at": day(on)}
        await self.tell(
            "evaluation",
            ProviderAdmitted(**about, provider_id=shop.provider_id, admitted_on=on),
            OutletOpened(
                **about,
                area_code=STREET,
                outlet_id=shop.outlet_id,
                provider_id=shop.provider_id,
                categories=("life_care",),
            ),
        )

    async def suspend(self, shop: Shop, on: date) -> None:
        await self.tell(
            "evaluation",
            ProviderSuspended(
                aggregate_id=shop.provider_id,
                occurred_at=day(on),
                provider_id=shop.provider_id,
                suspended_on=on,
                reason="quality",
            ),
        )

    async def publish(
        self, item_code: str = "wash", category: Any = "life_care", allowed: bool = True
    ) -> None:
        await self.tell(
            "scheduling",
            CatalogueItemPublished(
                aggregate_id=new_id(),
                occurred_at=day(JANUARY),
                item_code=item_code,
                category=category,
                voucher_allowed=allowed,
                price_mode="low_price",
                price_fen=2000,
                published_on=JANUARY,
            ),
        )

    async def post(self, who: httpx.AsyncClient, path: str, **body: Any) -> httpx.Response:
        """Send a body with a fresh id, unless it has one."""
        return await who.post(f"/vouchers/v1/{path}", json={"id": str(new_id()), **body})

    async def allocate(
        self, amount_fen: int, fund: str = "lottery", purpose: str = "benefits"
    ) -> str:
        """An order made by civil affairs and signed by finance."""
        made = await self.post(
            self.civil(),
            "allocations",
            fund=fund,
            amount_fen=amount_fen,
            purpose=purpose,
            order_no=f"朝民财-{new_id().hex[-12:]}",
        )
        order: str = made.json()["allocation_id"]
        signed = await self.post(self.finance(), f"allocations/{order}/signatures")
        assert signed.status_code == 201, signed.text
        return order

    async def issue(self, month_on: date = JANUARY) -> dict[str, Any]:
        """A run made by one officer and approved by another."""
        made = await self.post(
            self.civil(), "issue-runs", programme=VOUCHER, month_on=str(month_on)
        )
        assert made.status_code == 201, made.text
        run_id = made.json()["run_id"]
        approved = await self.post(self.civil("wang"), f"issue-runs/{run_id}/approval")
        assert approved.status_code == 201, approved.text
        done: dict[str, Any] = approved.json()
        return done

    async def card(self, elder: Elder) -> str:
        """A card's number, opened and disclosed by the elder's street."""
        officer = self.street(elder.area_code[:9])
        opened = await self.post(officer, "cards", person_id=str(elder.person_id))
        assert opened.status_code == 201, opened.text
        card_id = opened.json()["card_id"]
        shown = await officer.post(f"/vouchers/v1/cards/{card_id}/disclosures")
        number: str = shown.json()["card_no"]
        return number

    async def redeem(
        self, shop: Shop, card_no: str, amount_fen: Any, **more: Any
    ) -> httpx.Response:
        purchase = {
            "card_no": card_no,
            "outlet_id": str(shop.outlet_id),
            "item_code": "wash",
            "amount_fen": amount_fen,
        }
        return await self.post(self.till(shop), "redemptions", **{**purchase, **more})

    async def settlements(self, month_on: date = JANUARY) -> list[dict[str, Any]]:
        """Statements of a month, confirmed by their providers and approved by both bodies."""
        made = await self.post(self.finance(), "settlements", month_on=str(month_on))
        found: list[dict[str, Any]] = made.json()["statements"]
        ids = [one["settlement_id"] for one in found]
        for one in found:
            await self.confirm(one)
        for who in (self.civil(), self.finance()):
            if ids:
                done = await self.post(who, "settlements/approvals", settlement_ids=ids)
                assert done.json()["refused"] == 0, done.text
        return found

    async def confirm(self, statement: dict[str, Any]) -> None:
        """A provider agrees to its statement, so that nobody waits for its objections."""
        shop = Shop(UUID(statement["provider_id"]))
        path = f"settlements/{statement['settlement_id']}/confirmation"
        done = await self.post(self.till(shop), path)
        assert done.status_code == 201, done.text

    async def money(self) -> dict[str, Any]:
        report = await self.finance().get("/vouchers/v1/conservation")
        books: dict[str, Any] = report.json()
        return books

    async def failures(self) -> list[str]:
        """The names of the checks that do not hold."""
        told = await self.desk.as_("auditor").get("/vouchers/v1/verification")
        assert told.status_code == 200, told.text
        return [check["name"] for check in told.json()["checks"] if not check["ok"]]

    async def told(self, type_part: str) -> list[dict[str, Any]]:
        """Letters that vouchers has sent, by a part of their type."""
        work = self.desk.work("vouchers")
        rows = await work.rows(
            "SELECT type, person_id, application_id, area_code, facts FROM outbox "
            "WHERE type LIKE :part ORDER BY position",
            part=f"%{type_part}%",
        )
        await work.abandon()
        return [dict(row) for row in rows]

    def civil(self, sub: str = "zhao") -> httpx.AsyncClient:
        return self.desk.as_("district_officer", sub=sub, area="110105")

    def finance(self, sub: str = "qian") -> httpx.AsyncClient:
        return self.desk.as_("finance", sub=sub)

    def street(self, area: str = STREET) -> httpx.AsyncClient:
        return self.desk.as_("street_officer", sub=f"li-{area}", area=area)

    def till(self, shop: Shop) -> httpx.AsyncClient:
        return self.desk.as_("provider", sub="till", agency=str(shop.provider_id))


def ended(elder: Elder, on: date, reason: Any, area: str = "") -> AwardEnded:
    return AwardEnded(
        aggregate_id=elder.award_id,
        occurred_at=day(on),
        person_id=elder.person_id,
        application_id=elder.application_id,
        area_code=area or elder.area_code,
        award_id=elder.award_id,
        programme=VOUCHER,
        ended_on=on,
        reason=reason,
    )


def granted(elder: Elder, starts_on: date = JANUARY) -> AwardGranted:
    return AwardGranted(
        aggregate_id=elder.award_id,
        occurred_at=day(starts_on),
        person_id=elder.person_id,
        application_id=elder.application_id,
        area_code=elder.area_code,
        award_id=elder.award_id,
        programme=VOUCHER,
        benefit_class=elder.benefit_class,
        starts_on=starts_on,
        monthly_amount_fen=MONTHLY_FEN,
    )
