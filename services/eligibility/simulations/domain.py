"""A what-if run: what was asked by whom, and how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from shared.caller import DISTRICT_DIGITS, EVERYWHERE, Caller
from shared.errors import Conflict, Forbidden

State = Literal["waiting", "running", "done", "failed", "cancelled"]
WHOLE_PERCENT = 100
ATTEMPTS = 3
"""A run that was cut so often is given up, so that the next one gets its turn."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """One run; `asked` is the question as it was sent."""

    simulation_id: UUID
    kind: str
    area_code: str
    sub: str
    role: str
    asked: dict[str, Any]
    as_of_on: date
    asked_on: date
    state: State
    attempts: int
    people_total: int
    people_done: int
    trouble: str

    @property
    def pattern(self) -> str:
        """Whom it counts, as a LIKE pattern of areas."""
        return "%" if self.area_code == EVERYWHERE else f"{self.area_code}%"

    @property
    def percent(self) -> int:
        if self.state == "done":
            return WHOLE_PERCENT
        return self.people_done * WHOLE_PERCENT // self.people_total if self.people_total else 0

    def cancelled_by(self, caller: Caller) -> None:
        """Whether the caller may stop it.

        Raises:
            Forbidden: it is somebody else's, and the caller runs not the office.
            Conflict: it has ended.
        """
        if caller.sub != self.sub and caller.role != "operator":
            raise Forbidden(
                "not_your_simulation",
                "只有提出者或运行管理员可以取消",
                "only who asked, or an operator, may cancel it",
            )
        if self.state not in ("waiting", "running"):
            raise Conflict("simulation_ended", "该测算已结束", "this what-if has ended")


def area_of(caller: Caller, district: str | None) -> str:
    """Whom the caller's question counts: his whole area or one district of it.

    Raises:
        Forbidden: less than a district, whose totals could point at persons, or not his.
    """
    area = district or caller.area
    if area != EVERYWHERE and (len(area) > DISTRICT_DIGITS or not caller.covers(area)):
        raise Forbidden(
            "whole_district_only",
            "测算以整个区为单位，且应在您的辖区内",
            "a what-if counts a whole district, within your area",
        )
    return area
