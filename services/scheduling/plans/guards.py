"""What must hold around a plan before it may be proposed or confirmed; pure, for the domain."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Protocol
from uuid import UUID

from services.scheduling.policy.loader import Rules
from services.scheduling.workforce.domain import (
    CaregiverStanding,
    caregiver_refusal,
    double_booked,
    provider_refusal,
)
from shared.errors import Conflict, Refusal, invalid_field


class Fixed(Protocol):
    """The parts of a plan that the guards look at."""

    @property
    def programme(self) -> str: ...
    @property
    def provider_id(self) -> str: ...
    @property
    def starts_on(self) -> date: ...
    @property
    def week_minutes(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Standing:
    """How the parties of one plan stand; `area_code` is empty for a person out of sight."""

    area_code: str = ""
    died_on: date | None = None
    award_id: UUID | None = None
    application_id: UUID | None = None
    award_suspended: bool = False
    provider_state: str | None = None
    caregiver: CaregiverStanding = field(default_factory=CaregiverStanding)
    street_active: bool = False
    item_area: str | None = None
    is_booked: bool = False
    booked_minutes: int = 0


def standing_refusal(fixed: Fixed, standing: Standing, rules: Rules, booked: int) -> Refusal | None:
    """The first thing that stands in a plan's way; `booked` adds to the caregiver's week."""
    return (
        _person_refusal(standing)
        or _street_refusal(fixed, standing, rules)
        or _item_refusal(standing)
        or provider_refusal(standing.provider_state)
        or caregiver_refusal(standing.caregiver, fixed.provider_id, fixed.starts_on)
        or _time_refusal(fixed, standing, rules, booked)
    )


def _person_refusal(standing: Standing) -> Refusal | None:
    if standing.area_code and standing.died_on is not None:
        return Conflict("person_died", "此人已去世，不能安排服务", "this person has died")
    if not standing.area_code or standing.award_id is None:
        return Conflict(
            "award_not_active",
            "此人在方案开始日无该项目的有效批准，或不在您的辖区",
            "this person has no award of the programme on the plan's first day, or lives outside "
            "your area",
        )
    if standing.award_suspended:
        return award_suspended()
    return None


def award_suspended() -> Refusal:
    """Nothing is planned, and no visit reported, while the award is suspended."""
    return Conflict(
        "award_suspended",
        "此人待遇已暂停，恢复前不安排服务",
        "the award is suspended; no service is given until it is resumed",
    )


def _street_refusal(fixed: Fixed, standing: Standing, rules: Rules) -> Refusal | None:
    if fixed.programme in rules.activation_required and not standing.street_active:  # N-22
        return Conflict(
            "street_not_activated",
            "该街道尚未启动此项目（成熟一个，启动一个），不得安排服务",
            "this street has not been activated under the programme; nothing may be planned yet",
        )
    return None


def _item_refusal(standing: Standing) -> Refusal | None:
    if standing.item_area is None or not standing.area_code.startswith(standing.item_area):
        return invalid_field(
            "body.item_code",
            "item_not_published",
            "服务项目未经本区审定，请从服务项目目录中选择",
            "this item is not published in the district; choose one from the catalogue",
        )
    return None


def _time_refusal(fixed: Fixed, standing: Standing, rules: Rules, booked: int) -> Refusal | None:
    if standing.is_booked:  # N-13
        return double_booked()
    if standing.booked_minutes + booked + fixed.week_minutes > rules.longest_week:
        return Conflict(
            "caregiver_week_full",
            f"该服务员每周安排将超过 {rules.longest_week} 分钟，请另定服务员",
            f"the caregiver's week would exceed {rules.longest_week} minutes; choose another one",
        )
    return None
