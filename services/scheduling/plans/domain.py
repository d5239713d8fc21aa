"""A five-fixed plan (N-13): who proposes, who confirms, when it ends, and the letters about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.scheduling.plans.guards import Standing, standing_refusal
from services.scheduling.policy.loader import Rules
from shared.caller import CIVIL_AFFAIRS
from shared.contracts.scheduling import PlanConfirmed, PlanEnded, PlanProposed
from shared.errors import Conflict, Forbidden, NotFound, Refusal, invalid_field

MINUTES_IN_DAY = 1440
Place = Literal["home", "centre", "station", "outlet"]
PlanState = Literal["proposed", "confirmed", "ended"]
EndReason = Literal["died", "moved_out", "award_ended", "withdrawn", "provider_exited"]
# What an award's end means for the plans that rest on it.
END_OF_AWARD: Mapping[str, EndReason] = {
    "died": "died",
    "moved_out": "moved_out",
    "withdrawn": "withdrawn",
    "no_longer_eligible": "award_ended",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """The five that are fixed: caregiver, person, time, place and item; and for how long."""

    plan_id: UUID
    person_id: UUID
    programme: str
    provider_id: str
    caregiver_id: UUID
    item_code: str
    weekdays: tuple[int, ...]
    starts_at_minute: int
    minutes: int
    place: str
    starts_on: date
    ends_on: date | None

    @property
    def week_minutes(self) -> int:
        return self.minutes * len(self.weekdays)


@dataclass(frozen=True, slots=True)
class Plan:
    """A proposed plan with the award it rests on and the person who proposed it."""

    fixed: Draft
    area_code: str
    award_id: UUID
    application_id: UUID | None
    state: str
    proposed_by: str


def draft_refusal(draft: Draft, rules: Rules, today: date) -> Refusal | None:
    """What is wrong with a draft in itself; none when it can stand."""
    if len(set(draft.weekdays)) != len(draft.weekdays):
        return invalid_field(
            "body.weekdays", "weekday_twice", "服务日不得重复", "a weekday may stand only once"
        )
    if not rules.shortest_visit <= draft.minutes <= rules.longest_visit:
        return invalid_field(
            "body.minutes",
            "minutes_out_of_bounds",
            f"每次服务应为 {rules.shortest_visit} 至 {rules.longest_visit} 分钟",
            f"a visit lasts {rules.shortest_visit} to {rules.longest_visit} minutes",
        )
    if draft.starts_at_minute + draft.minutes > MINUTES_IN_DAY:
        return invalid_field(
            "body.minutes",
            "past_midnight",
            "服务应在当日结束；请提前开始或缩短时长",
            "a visit ends on its day; let it begin earlier or last shorter",
        )
    return _period_refusal(draft, rules, today)


def _period_refusal(draft: Draft, rules: Rules, today: date) -> Refusal | None:
    if draft.ends_on is not None and draft.ends_on < draft.starts_on:
        return invalid_field(
            "body.ends_on",
            "ends_before_start",
            "终止日不得早于开始日",
            "the last day may not lie before the first",
        )
    if (today - draft.starts_on).days > rules.latest_start:
        return invalid_field(
            "body.starts_on",
            "starts_too_early",
            f"开始日最多可早于今日 {rules.latest_start} 天",
            f"a plan may begin at most {rules.latest_start} days before today",
        )
    return None


def propose(
    draft: Draft, standing: Standing, rules: Rules, sub: str, now: datetime
) -> tuple[Plan, PlanProposed] | Refusal:
    """The street's part of 核定 (N-14): a sound draft becomes a plan, or why it cannot."""
    refusal = standing_refusal(draft, standing, rules, booked=0)
    if refusal is not None:
        return refusal
    assert standing.award_id is not None
    plan = Plan(
        draft, standing.area_code, standing.award_id, standing.application_id, "proposed", sub
    )
    event = PlanProposed(
        aggregate_id=draft.plan_id,
        occurred_at=now,
        person_id=draft.person_id,
        application_id=standing.application_id,
        area_code=standing.area_code,
        agency=draft.provider_id,
        plan_id=draft.plan_id,
        provider_id=UUID(draft.provider_id),
        caregiver_id=draft.caregiver_id,
        item_code=draft.item_code,
    )
    return plan, event


def check_office(body: str) -> None:
    """The district office that confirms stands in civil affairs (N-23).

    Raises:
        Forbidden: the caller's body is another one.
    """
    if body != CIVIL_AFFAIRS:
        raise Forbidden(
            "district_office_only",
            "服务方案由设在民政部门的区办公室核定",
            "plans are confirmed by the district office, which stands in civil affairs",
        )


def confirm(
    plan: Plan, standing: Standing, rules: Rules, sub: str, now: datetime, booked: int
) -> PlanConfirmed | Refusal:
    """The district office's part of 核定; `booked` are minutes a week given away just before."""
    refusal = _confirm_refusal(plan, sub, now.date()) or standing_refusal(
        plan.fixed, standing, rules, booked=booked
    )
    return refusal or _confirmed(plan, now)


def _confirm_refusal(plan: Plan, sub: str, today: date) -> Refusal | None:
    if plan.state != "proposed":
        return Conflict(
            "plan_not_proposed",
            "该方案已核定或已终止，不能再核定",
            "this plan is confirmed or ended; it cannot be confirmed again",
        )
    if plan.proposed_by == sub:  # N-14, two parties
        return Conflict(
            "same_person",
            "提出方案的人不得核定同一方案，请由另一人核定",
            "who proposed a plan may not confirm it; another person does",
        )
    if plan.fixed.ends_on is not None and plan.fixed.ends_on < today:
        return Conflict(
            "plan_period_over",
            "方案的终止日已过，请重新提出",
            "the plan's last day is over; propose a new one",
        )
    return None


def _confirmed(plan: Plan, now: datetime) -> PlanConfirmed:
    fixed = plan.fixed
    return PlanConfirmed(
        aggregate_id=fixed.plan_id,
        occurred_at=now,
        person_id=fixed.person_id,
        application_id=plan.application_id,
        area_code=plan.area_code,
        agency=fixed.provider_id,
        plan_id=fixed.plan_id,
        provider_id=UUID(fixed.provider_id),
        caregiver_id=fixed.caregiver_id,
        item_code=fixed.item_code,
        weekdays=fixed.weekdays,
        starts_at_minute=fixed.starts_at_minute,
        minutes=fixed.minutes,
        starts_on=fixed.starts_on,
    )


def last_day_of(wanted: date | None, today: date) -> date:
    """The last day of a plan that is given up: today, unless a later one is wanted.

    Raises:
        Invalid: a day in the past.
    """
    if wanted is not None and wanted < today:
        raise invalid_field(
            "body.last_on", "day_past", "终止日不得早于今日", "the last day may not lie in the past"
        )
    return wanted or today


def ended(plan: Plan, ended_on: date, reason: EndReason, now: datetime) -> PlanEnded:
    """The letter about a plan's end."""
    return PlanEnded(
        aggregate_id=plan.fixed.plan_id,
        occurred_at=now,
        person_id=plan.fixed.person_id,
        application_id=plan.application_id,
        area_code=plan.area_code,
        agency=plan.fixed.provider_id,
        plan_id=plan.fixed.plan_id,
        ended_on=ended_on,
        reason=reason,
    )


def unknown_plan() -> NotFound:
    """No such plan in the caller's sight."""
    return NotFound(
        "no_such_plan", "没有此方案，或不在您的辖区", "there is no such plan in your area"
    )
