"""What the visits' doors take and show."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field

from services.scheduling.visits.domain import CancelReason, SubstituteReason, VisitState
from services.scheduling.visits.reports import Done, Missed, Report
from shared.contracts.scheduling import Deviation, MissedReason
from shared.doors import Body
from shared.errors import Invalid, invalid_field
from shared.lines import Listed

LARGEST_LIST = 20
ItemCode = Annotated[str, Field(min_length=1, max_length=40)]


class RosterBody(Body):
    """The month, as its first day."""

    id: UUID
    month_on: date


class CheckInBody(Body):
    """When the caregiver came, by the device's clock, with its offset from UTC."""

    id: UUID
    checked_in_at: AwareDatetime


class CheckOutBody(Body):
    """When the caregiver left, and which items were done if not the fixed one alone."""

    id: UUID
    checked_out_at: AwareDatetime
    done_items: Annotated[tuple[ItemCode, ...], Field(max_length=LARGEST_LIST)] = ()


class MissBody(Body):
    """Why the visit did not take place."""

    id: UUID
    reason: MissedReason


class SubstitutionBody(Body):
    """Who comes instead, and why."""

    id: UUID
    caregiver_id: UUID
    reason: SubstituteReason


class ReportBody(Body):
    """One line of a device's report."""

    visit_id: UUID
    outcome: Literal["completed", "missed"]
    checked_in_at: AwareDatetime | None = None
    checked_out_at: AwareDatetime | None = None
    reason: MissedReason | None = None
    substitute_caregiver_id: UUID | None = None
    substitute_reason: SubstituteReason | None = None

    def report(self) -> Report | Invalid:
        """The report, or which field is missing or too many."""
        if self.outcome == "missed":
            return Missed(self.visit_id, self.reason) if self.reason else _lacks("reason")
        if self.checked_in_at is None:
            return _lacks("checked_in_at")
        if self.checked_out_at is None:
            return _lacks("checked_out_at")
        if (self.substitute_caregiver_id is None) != (self.substitute_reason is None):
            return _lacks(
                "substitute_reason" if self.substitute_caregiver_id else "substitute_caregiver_id"
            )
        return Done(
            self.visit_id,
            self.checked_in_at,
            self.checked_out_at,
            self.substitute_caregiver_id,
            self.substitute_reason,
        )


def _lacks(field: str) -> Invalid:
    return invalid_field(
        field, "missing", "此结果缺少该项，请填写", "this outcome needs the field; add it"
    )


class ReportsBody(Body):
    """Up to 1,000 reports; each line is a `ReportBody`."""

    id: UUID
    reports: Listed[ReportBody]


class Clash(BaseModel):
    """A day on which the fixed caregiver is already somewhere else; needs another plan."""

    plan_id: UUID
    day_on: date


class RosterAnswer(BaseModel):
    """What the roster made, what already stood, and what could not be made."""

    month_on: date
    created: int
    kept: int
    clashes: list[Clash]


class VisitAnswer(BaseModel):
    """A visit after an act."""

    visit_id: UUID
    state: VisitState
    caregiver_id: UUID
    deviation: Deviation | None


class VisitShown(BaseModel):
    """A visit on a list."""

    visit_id: UUID
    plan_id: UUID
    person_id: UUID
    area_code: str
    provider_id: UUID
    plan_caregiver_id: UUID
    caregiver_id: UUID
    item_code: str
    day_on: date
    planned_at: datetime
    planned_until: datetime
    state: VisitState
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    done_items: list[str]
    deviation: Deviation | None
    missed_reason: MissedReason | None
    substitute_reason: SubstituteReason | None
    cancel_reason: CancelReason | None
