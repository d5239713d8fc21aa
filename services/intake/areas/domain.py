"""Areas and the activation of streets: 成熟一个，启动一个 (N-22)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from shared.contracts.ids import derived_id
from shared.contracts.intake import StreetActivated, StreetPaused
from shared.contracts.letter import Letter
from shared.errors import Conflict

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

    def take(self, step: Step, at: datetime) -> tuple[Activation, list[Letter]]:
        """Take a step of 四(七).

        Raises:
            Conflict: the street is not where this step starts.
        """
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
