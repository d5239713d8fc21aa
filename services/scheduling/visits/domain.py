"""A visit and its one outcome: done, missed or cancelled, and how it differed from the plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal
from uuid import UUID

from services.scheduling.plans.guards import award_suspended
from services.scheduling.policy.loader import Rules
from services.scheduling.visits.instants import instant_refusal, report_refusal
from services.scheduling.workforce.domain import (
    CaregiverStanding,
    caregiver_refusal,
    double_booked,
)
from shared.contracts.months import month_of
from shared.contracts.scheduling import Deviation, MissedReason, VisitCompleted, VisitMissed
from shared.errors import Conflict, Refusal, invalid_field

VisitState = Literal["planned", "paused", "completed", "missed", "cancelled"]
CancelReason = Literal["plan_ended", "award_suspended", "caregiver_elsewhere"]
SubstituteReason = Literal["illness", "leave", "training", "emergency", "other"]


@dataclass(frozen=True, slots=True)
class Visit:
    """One day of a plan; `caregiver_id` is who comes, `plan_caregiver_id` who was fixed."""

    visit_id: UUID
    plan_id: UUID
    person_id: UUID
    application_id: UUID | None
    area_code: str
    provider_id: str
    plan_caregiver_id: UUID
    caregiver_id: UUID
    item_code: str
    day_on: date
    planned_at: datetime
    planned_until: datetime
    state: str
    plan_ended_on: date | None = None
    checked_in_at: datetime | None = None
    checked_out_at: datetime | None = None
    done_items: tuple[str, ...] = ()
    deviation: Deviation | None = None
    missed_reason: str | None = None
    substitute_reason: str | None = None
    cancel_reason: str | None = None


@dataclass(frozen=True, slots=True)
class SubstituteStanding:
    """How a would-be substitute stands on the visit's day and time."""

    caregiver_id: UUID
    caregiver: CaregiverStanding
    is_busy: bool


def check_month(month_on: date, today: date, rules: Rules) -> None:
    """A month is rostered as a whole, and not too long before it begins.

    Raises:
        Invalid: not a month's first day, or too far ahead.
    """
    if month_on != month_of(month_on):
        raise invalid_field(
            "body.month_on", "not_a_month", "请填该月第一天", "give the first day of the month"
        )
    if (month_on - today).days > rules.roster_ahead:
        raise invalid_field(
            "body.month_on",
            "month_too_far",
            f"最多可提前 {rules.roster_ahead} 天排班",
            f"a month may be rostered at most {rules.roster_ahead} days ahead",
        )


def open_refusal(visit: Visit) -> Refusal | None:
    """Why a visit takes no report; none when it is still open."""
    if visit.plan_ended_on is not None and visit.day_on > visit.plan_ended_on:
        return Conflict(
            "visit_cancelled",
            "方案已终止，此次服务已取消",
            "the plan has ended; this visit is cancelled",
        )
    if visit.state == "paused":
        return award_suspended()
    if visit.state != "planned":
        return Conflict(
            "visit_closed",
            "此次服务已有结果，不能再报",
            "this visit has its outcome; it cannot be reported again",
        )
    return None


def substitute(
    visit: Visit, standing: SubstituteStanding, reason: SubstituteReason
) -> Visit | Refusal:
    """Another caregiver comes this once: a recorded deviation with a reason (N-13)."""
    if standing.caregiver_id == visit.plan_caregiver_id:
        return invalid_field(
            "body.caregiver_id",
            "not_a_substitute",
            "替班人应不同于核定的服务员",
            "a substitute is somebody else than the fixed caregiver",
        )
    refusal = open_refusal(visit) or caregiver_refusal(
        standing.caregiver, visit.provider_id, visit.day_on
    )
    if refusal is not None:
        return refusal
    if standing.is_busy:
        return double_booked()
    return replace(visit, caregiver_id=standing.caregiver_id, substitute_reason=reason)


def check_in(visit: Visit, at: datetime, rules: Rules, now: datetime) -> Visit | Refusal:
    """The caregiver has come."""
    if visit.checked_in_at == at and visit.state == "planned":
        return visit
    refusal = open_refusal(visit) or _checked_in_refusal(visit)
    refusal = refusal or report_refusal(visit.day_on, rules, now)
    refusal = refusal or instant_refusal("body.checked_in_at", at, visit, rules, now)
    return refusal or replace(visit, checked_in_at=at)


def _checked_in_refusal(visit: Visit) -> Refusal | None:
    if visit.checked_in_at is None:
        return None
    return Conflict(
        "already_checked_in",
        "此次服务已按另一时间签到",
        "this visit was checked in at another time",
    )


def check_out(
    visit: Visit, at: datetime, done_items: tuple[str, ...], rules: Rules, now: datetime
) -> tuple[Visit, VisitCompleted] | Refusal:
    """The caregiver has gone: the visit is done."""
    refusal = (
        open_refusal(visit)
        or report_refusal(visit.day_on, rules, now)
        or instant_refusal("body.checked_out_at", at, visit, rules, now)
        or _order_refusal(visit, at)
    )
    if refusal is not None:
        return refusal
    done = replace(visit, state="completed", checked_out_at=at, done_items=done_items)
    done = replace(done, deviation=deviation_of(done, rules))
    return done, _completed(done, now)


def _order_refusal(visit: Visit, at: datetime) -> Refusal | None:
    if visit.checked_in_at is None:
        return Conflict("not_checked_in", "请先签到", "check in first")
    if at <= visit.checked_in_at:
        return invalid_field(
            "body.checked_out_at",
            "out_before_in",
            "签退时间应晚于签到时间",
            "the check-out must come after the check-in",
        )
    return None


def deviation_of(visit: Visit, rules: Rules) -> Deviation | None:
    """How a finished visit differed from the plan; the weightiest difference, or none."""
    assert visit.checked_in_at is not None
    assert visit.checked_out_at is not None
    tolerance = timedelta(minutes=rules.on_time_tolerance)
    planned = visit.planned_until - visit.planned_at
    if visit.caregiver_id != visit.plan_caregiver_id:
        return "substitute"
    if visit.checked_in_at > visit.planned_at + tolerance:
        return "late"
    if visit.checked_in_at < visit.planned_at - tolerance:
        return "early"
    if visit.checked_out_at - visit.checked_in_at < planned - tolerance:
        return "shortened"
    return None


def miss(
    visit: Visit, reason: MissedReason, rules: Rules, now: datetime
) -> tuple[Visit, VisitMissed] | Refusal:
    """The visit did not take place."""
    refusal = open_refusal(visit) or report_refusal(visit.day_on, rules, now)
    if refusal is not None:
        return refusal
    if now < visit.planned_at:
        return Conflict(
            "visit_not_due",
            "尚未到核定的服务时间",
            "the fixed time has not come yet",
        )
    missed = replace(visit, state="missed", missed_reason=reason)
    return missed, _missed(missed, reason, now)


def _completed(visit: Visit, now: datetime) -> VisitCompleted:
    assert visit.checked_in_at is not None
    assert visit.checked_out_at is not None
    return VisitCompleted(
        aggregate_id=visit.visit_id,
        occurred_at=now,
        person_id=visit.person_id,
        application_id=visit.application_id,
        area_code=visit.area_code,
        agency=visit.provider_id,
        visit_id=visit.visit_id,
        plan_id=visit.plan_id,
        provider_id=UUID(visit.provider_id),
        caregiver_id=visit.caregiver_id,
        item_code=visit.item_code,
        planned_at=visit.planned_at,
        checked_in_at=visit.checked_in_at,
        checked_out_at=visit.checked_out_at,
        deviation=visit.deviation,
    )


def _missed(visit: Visit, reason: MissedReason, now: datetime) -> VisitMissed:
    return VisitMissed(
        aggregate_id=visit.visit_id,
        occurred_at=now,
        person_id=visit.person_id,
        application_id=visit.application_id,
        area_code=visit.area_code,
        agency=visit.provider_id,
        visit_id=visit.visit_id,
        plan_id=visit.plan_id,
        provider_id=UUID(visit.provider_id),
        caregiver_id=visit.caregiver_id,
        planned_at=visit.planned_at,
        reason=reason,
    )
