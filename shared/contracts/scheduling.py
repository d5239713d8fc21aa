"""Letters that scheduling writes: the catalogue, five-fixed plans and visits."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts import topics
from shared.contracts.letter import Letter

Category = Literal[
    "life_care", "household", "rehabilitation", "spiritual_comfort", "medical", "legal", "culture",
    "sport", "meals", "day_care",
]  # fmt: skip
PriceMode = Literal["free", "low_price", "paid"]
Deviation = Literal["substitute", "late", "early", "other_place", "shortened"]
MissedReason = Literal["caregiver_absent", "elder_absent", "elder_declined", "weather", "other"]


class CatalogueItemPublished(Letter):
    """A service item that the district has approved (N-28 审定服务项目)."""

    TYPE: ClassVar[str] = "scheduling.item.published.v1"
    TOPIC: ClassVar[str] = topics.SCHEDULING_CATALOGUE
    item_code: str
    category: Category
    voucher_allowed: bool
    price_mode: PriceMode
    price_fen: int
    published_on: date


class PlanProposed(Letter):
    """The street proposed a five-fixed plan (N-13, N-14)."""

    TYPE: ClassVar[str] = "scheduling.plan.proposed.v1"
    TOPIC: ClassVar[str] = topics.SCHEDULING_PLANS
    plan_id: UUID
    provider_id: UUID
    caregiver_id: UUID
    item_code: str


class PlanConfirmed(Letter):
    """The district office confirmed it: caregiver, person, time, place and item are fixed."""

    TYPE: ClassVar[str] = "scheduling.plan.confirmed.v1"
    TOPIC: ClassVar[str] = topics.SCHEDULING_PLANS
    plan_id: UUID
    provider_id: UUID
    caregiver_id: UUID
    item_code: str
    weekdays: tuple[int, ...]
    starts_at_minute: int
    minutes: int
    starts_on: date


class PlanEnded(Letter):
    """A plan ended; its open visits are cancelled."""

    TYPE: ClassVar[str] = "scheduling.plan.ended.v1"
    TOPIC: ClassVar[str] = topics.SCHEDULING_PLANS
    plan_id: UUID
    ended_on: date
    reason: Literal["died", "moved_out", "award_ended", "withdrawn", "provider_exited"]


class VisitCompleted(Letter):
    """A visit was done: by whom, from when to when, and how it differed from the plan."""

    TYPE: ClassVar[str] = "scheduling.visit.completed.v1"
    TOPIC: ClassVar[str] = topics.SCHEDULING_VISITS
    visit_id: UUID
    plan_id: UUID
    provider_id: UUID
    caregiver_id: UUID
    item_code: str
    planned_at: datetime
    checked_in_at: datetime
    checked_out_at: datetime
    deviation: Deviation | None = None


class VisitMissed(Letter):
    """A planned visit did not take place, and why."""

    TYPE: ClassVar[str] = "scheduling.visit.missed.v1"
    TOPIC: ClassVar[str] = topics.SCHEDULING_VISITS
    visit_id: UUID
    plan_id: UUID
    provider_id: UUID
    caregiver_id: UUID
    planned_at: datetime
    reason: MissedReason
