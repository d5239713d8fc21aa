"""An application: who applied for whom, for which programme, through which channel (N-05)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from shared.contracts.facts import PersonFacts
from shared.contracts.intake import ApplicationSubmitted, ApplicationWithdrawn, Channel
from shared.contracts.letter import Letter
from shared.errors import Conflict

State = Literal["submitted", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Applicant:
    """What an application needs of the person file."""

    person_id: UUID
    area_code: str
    facts: PersonFacts
    moved_out_on: date | None


@dataclass(frozen=True, slots=True)
class Application:
    """An application as it was taken; `call_id` is the hotline's own number of the call."""

    application_id: UUID
    person_id: UUID
    programme: str
    channel: Channel
    area_code: str
    applied_on: date
    agency: str | None = None
    call_id: str | None = None
    state: State = "submitted"

    @classmethod
    def submit(
        cls,
        application_id: UUID,
        applicant: Applicant,
        programme: str,
        channel: Channel,
        at: datetime,
        agency: str | None,
        call_id: str | None,
    ) -> tuple[Application, list[Letter]]:
        """Take an application; the facts of that day go with it.

        Raises:
            Conflict: the person is dead or has left the district.
        """
        if applicant.facts.died_on is not None:
            raise Conflict("person_dead", "该人已登记死亡", "the person is recorded as dead")
        if applicant.moved_out_on is not None:
            raise Conflict(
                "person_moved_out",
                "该人已迁出本区，请到居住地申请",
                "the person has left the district; apply at the place of residence",
            )
        made = cls(
            application_id,
            applicant.person_id,
            programme,
            channel,
            applicant.area_code,
            at.date(),
            agency,
            call_id,
        )
        letter = ApplicationSubmitted(
            **made._envelope(at),
            programme=programme,
            channel=channel,
            applied_on=at.date(),
            person=applicant.facts,
        )
        return made, [letter]

    def withdraw(self, at: datetime) -> tuple[Application, list[Letter]]:
        """Withdraw; a second time changes nothing."""
        if self.state == "withdrawn":
            return self, []
        after = replace(self, state="withdrawn")
        return after, [ApplicationWithdrawn(**self._envelope(at), withdrawn_on=at.date())]

    def _envelope(self, at: datetime) -> dict[str, Any]:
        return {
            "aggregate_id": self.application_id,
            "application_id": self.application_id,
            "person_id": self.person_id,
            "occurred_at": at,
            "area_code": self.area_code,
            "agency": self.agency,
        }
