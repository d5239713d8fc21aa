"""Letters of the other services, for stories in which those are not on stage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.clock import SHANGHAI
from shared.contracts.eligibility import AwardGranted, DeterminationMade
from shared.contracts.facts import PersonFacts
from shared.contracts.ids import new_id
from shared.contracts.intake import ApplicationSubmitted, PersonMoved, PersonRegistered
from shared.contracts.letter import Letter
from shared.contracts.programmes import VOUCHER
from shared.contracts.scheduling import PlanConfirmed, VisitCompleted, VisitMissed
from shared.contracts.vouchers import AccountOpened, VoucherRedeemed, VouchersIssued
from tests.desk import OfficeDesk

COMMUNITY = "110105001002"
STREET = "110105001"
OTHER_STREET = "110105002"
OTHER_COMMUNITY = "110105002004"
DISTRICT = "110105"


def at(day: int, hour: int = 9, month: int = 1) -> datetime:
    """An instant of 2010 in the office's time."""
    return datetime(2010, month, day, hour, tzinfo=SHANGHAI)


async def post(desk: OfficeDesk, service: str, *letters: Letter) -> None:
    """Put letters into a service's outbox; they move when the desk settles."""
    work = desk.work(service)
    work.send(*letters)
    await work.commit()


@dataclass
class Elder:
    """A person with one application, and the letters that tell of him."""

    area: str = COMMUNITY
    programme: str = VOUCHER
    provider: UUID = field(default_factory=new_id)
    person: UUID = field(default_factory=new_id)
    application: UUID = field(default_factory=new_id)
    award: UUID = field(default_factory=new_id)

    def registered(self) -> PersonRegistered:
        facts = PersonFacts(birth_on=date(1925, 3, 1), household_monthly_income_fen=40_000)
        return PersonRegistered(
            aggregate_id=self.person,
            person_id=self.person,
            area_code=self.area,
            occurred_at=at(2, 8),
            person=facts,
        )

    def moved(self, to: str) -> PersonMoved:
        return PersonMoved(
            aggregate_id=self.person,
            person_id=self.person,
            area_code=to,
            previous_area=self.area,
            moved_on=date(2010, 1, 28),
            occurred_at=at(28),
        )

    def submitted(self) -> ApplicationSubmitted:
        return self._letter(
            ApplicationSubmitted,
            self.application,
            at(2),
            programme=self.programme,
            channel="street_office",
            applied_on=date(2010, 1, 2),
            person=PersonFacts(birth_on=date(1925, 3, 1)),
        )

    def determined(self) -> DeterminationMade:
        return self._letter(
            DeterminationMade,
            self.application,
            at(3),
            determination_id=new_id(),
            programme=self.programme,
            as_of_on=date(2010, 1, 3),
            policy_version="2010-01-06",
            outcome="eligible",
            benefit_class="A",
            digest="d",
        )

    def awarded(self) -> AwardGranted:
        return self._letter(
            AwardGranted,
            self.award,
            at(4),
            award_id=self.award,
            programme=self.programme,
            benefit_class="A",
            starts_on=date(2010, 1, 1),
            monthly_amount_fen=10_000,
            birth_on=date(1925, 3, 1),
        )

    def opened(self) -> AccountOpened:
        return self._letter(
            AccountOpened,
            self.award,
            at(5),
            award_id=self.award,
            programme=self.programme,
            opened_on=date(2010, 1, 5),
        )

    def redeemed(self, amount_fen: int = 3_000) -> VoucherRedeemed:
        return self._letter(
            VoucherRedeemed,
            self.award,
            at(12),
            agency=str(self.provider),
            redemption_id=new_id(),
            provider_id=self.provider,
            outlet_id=new_id(),
            item_code="meal",
            amount_fen=amount_fen,
            redeemed_on=date(2010, 1, 12),
        )

    def planned(self) -> PlanConfirmed:
        plan = new_id()
        return self._letter(
            PlanConfirmed,
            plan,
            at(8),
            agency=str(self.provider),
            plan_id=plan,
            provider_id=self.provider,
            caregiver_id=new_id(),
            item_code="chat",
            weekdays=(1,),
            starts_at_minute=540,
            minutes=60,
            starts_on=date(2010, 1, 11),
        )

    def visited(self, day: int = 18, deviation: str | None = None) -> VisitCompleted:
        visit, planned = new_id(), at(day)
        return self._letter(
            VisitCompleted,
            visit,
            planned + timedelta(hours=1),
            agency=str(self.provider),
            visit_id=visit,
            plan_id=new_id(),
            provider_id=self.provider,
            caregiver_id=new_id(),
            item_code="chat",
            planned_at=planned,
            checked_in_at=planned,
            checked_out_at=planned + timedelta(hours=1),
            deviation=deviation,
        )

    def missed(self, day: int = 25, reason: str = "caregiver_absent") -> VisitMissed:
        visit = new_id()
        return self._letter(
            VisitMissed,
            visit,
            at(day, 20),
            agency=str(self.provider),
            visit_id=visit,
            plan_id=new_id(),
            provider_id=self.provider,
            caregiver_id=new_id(),
            planned_at=at(day),
            reason=reason,
        )

    def _letter(
        self, kind: Callable[..., Any], aggregate: UUID, occurred: datetime, **facts: Any
    ) -> Any:
        return kind(
            aggregate_id=aggregate,
            person_id=self.person,
            application_id=self.application,
            area_code=self.area,
            occurred_at=occurred,
            **facts,
        )


def issued(*elders: Elder, each_fen: int = 10_000) -> VouchersIssued:
    """One month's issue in a street."""
    run = new_id()
    return VouchersIssued(
        aggregate_id=run,
        area_code=STREET,
        occurred_at=at(6),
        run_id=run,
        programme=VOUCHER,
        month_on=date(2010, 1, 1),
        street_code=STREET,
        people=len(elders),
        total_fen=each_fen * len(elders),
        applications=tuple(elder.application for elder in elders),
    )
