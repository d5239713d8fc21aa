"""What a device's clock may say: its instants are bounded by the office's own; pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Protocol

from services.scheduling.policy.loader import Rules
from shared.errors import Conflict, Refusal, invalid_field


class Planned(Protocol):
    """The parts of a visit that bound an instant."""

    @property
    def day_on(self) -> date: ...
    @property
    def planned_at(self) -> datetime: ...


def report_refusal(day_on: date, rules: Rules, now: datetime) -> Refusal | None:
    """Why a visit can no longer be reported; none while it can."""
    if (now.date() - day_on).days <= rules.report_within:
        return None
    return Conflict(
        "report_too_late",
        f"已超过服务日后 {rules.report_within} 天的报送期限",
        f"a visit is reported within {rules.report_within} days of its day",
    )


def instant_refusal(
    field: str, at: datetime, visit: Planned, rules: Rules, now: datetime
) -> Refusal | None:
    """Why an instant cannot belong to a visit; none when it can."""
    if at > now:
        return invalid_field(
            field,
            "instant_in_future",
            "时间晚于办公时钟，请校正设备时间",
            "this lies after the office clock; set the device's clock right",
        )
    if at < visit.planned_at - timedelta(minutes=rules.earliest_check_in):
        return invalid_field(
            field,
            "too_early",
            f"最多可提前 {rules.earliest_check_in} 分钟",
            f"this lies more than {rules.earliest_check_in} minutes before the fixed time",
        )
    if at.astimezone(visit.planned_at.tzinfo).date() != visit.day_on:
        return invalid_field(
            field,
            "not_on_planned_day",
            "时间不在核定的服务日",
            "this does not lie on the visit's planned day",
        )
    return None
