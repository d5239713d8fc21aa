"""Areas and the activation of streets: 成熟一个，启动一个 (N-22)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.caller import Caller
from shared.contracts.ids import derived_id
from shared.contracts.intake import StreetActivated, StreetPaused
from shared.contracts.letter import Letter
from shared.contracts.programmes import OFFERED
from shared.errors import Conflict, Forbidden, invalid_field

State = Literal["not_reported", "reported", "returned", "mature", "activated", "paused"]
Step = Literal["report_plan", "return_plan", "mark_mature", "activate", "pause"]

STEPS: dict[tuple[State, Step], State] = {
    ("not_reported", "report_plan"): "reported",
    ("returned", "report_plan"): "reported",
    ("reported", "return_plan"): "returned",
    ("reported", "mark_mature"): "mature",
    ("mature", "activate"): "activated",
    ("activated", "pause"): "paused",
    ("paused", "activate"): "activated",
}
STREET_STEPS = frozenset({"report_plan"})
STATE_WORDS: dict[State, str] = {
    "not_reported": "未上报",
    "reported": "已上报方案",
    "returned": "退回修改",
    "mature": "已成熟",
    "activated": "已启动",
    "paused": "暂停",
}


def check_area(caller: Caller, area_code: str, field: str, *, known: bool) -> None:
    """An area that is acted on must exist and be the caller's.

    Raises:
        Invalid: there is no such area.
        Forbidden: it lies outside the caller's.
    """
    if not known:
        raise invalid_field(
            field,
            "unknown_area",
            "没有这个区划代码；代码表见 /intake/v1/areas",
            "there is no such area code; see /intake/v1/areas",
        )
    if not caller.covers(area_code):
        raise Forbidden(
            "outside_area",
            f"区划 {area_code} 不在您的辖区；跨街道请由区级办理",
            f"{area_code} is outside your area; the district can act across streets",
        )


@dataclass(frozen=True, slots=True)
class Activation:
    """How far a street is under one programme."""

    programme: str
    street_code: str
    state: State = "not_reported"
    changed_on: date | None = None

    @property
    def activation_id(self) -> UUID:
        return derived_id("activation", self.programme, self.street_code)

    def take(self, step: Step, caller: Caller, at: datetime) -> tuple[Activation, list[Letter]]:
        """Take a step of 四(七).

        Raises:
            Invalid: no programme of that name is offered.
            Forbidden: the step is the district's to take.
            Conflict: the street is not where this step starts.
        """
        if caller.role == "street_officer" and step not in STREET_STEPS:
            raise Forbidden(
                "district_decides",
                "街道只能上报方案，其余由区民政局决定",
                "a street may only report its plan; the rest is for the district",
            )
        if self.programme not in OFFERED:
            raise invalid_field(
                "body.programme",
                "unknown_programme",
                f"没有这个项目；现有：{'、'.join(sorted(OFFERED))}",
                f"there is no such programme; offered: {', '.join(sorted(OFFERED))}",
            )
        state = STEPS.get((self.state, step))
        if state is None:
            raise Conflict(
                "step_not_possible",
                f"该街道目前为“{STATE_WORDS[self.state]}”，不能执行此步骤",
                f"the street is {self.state}; {step} cannot follow",
            )
        moved = replace(self, state=state, changed_on=at.date())
        return moved, moved._letters(at)

    def _letters(self, at: datetime) -> list[Letter]:
        if self.state == "activated":
            return [
                StreetActivated(
                    aggregate_id=self.activation_id,
                    occurred_at=at,
                    area_code=self.street_code,
                    programme=self.programme,
                    street_code=self.street_code,
                    activated_on=at.date(),
                )
            ]
        if self.state == "paused":
            return [
                StreetPaused(
                    aggregate_id=self.activation_id,
                    occurred_at=at,
                    area_code=self.street_code,
                    programme=self.programme,
                    street_code=self.street_code,
                    paused_on=at.date(),
                )
            ]
        return []
