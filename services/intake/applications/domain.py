"""An application: who applied for whom, for which programme, through which channel (N-05)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from shared.caller import Caller
from shared.contracts.facts import PersonFacts
from shared.contracts.intake import ApplicationSubmitted, ApplicationWithdrawn, Channel
from shared.contracts.letter import Letter
from shared.contracts.programmes import OFFERED
from shared.errors import Conflict, NotFound, invalid_field

State = Literal["submitted", "withdrawn"]
CHANNELS: dict[str, tuple[str, ...]] = {
    "community_worker": ("community_station", "roster"),
    "street_officer": ("street_office", "roster"),
    "district_officer": ("roster",),
    "hotline": ("hotline",),
    "partner": ("partner",),
}
"""Through which channels each role takes applications (N-05)."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """What an application needs of the person file."""

    person_id: UUID
    area_code: str
    facts: PersonFacts
    moved_out_on: date | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for, for whom and how; `call_id` is the hotline's own number of the call."""

    application_id: UUID
    person_id: UUID
    programme: str
    channel: Channel
    call_id: str | None = None


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
        cls, wanted: Wanted, applicant: Applicant | None, caller: Caller, at: datetime
    ) -> tuple[Application, Letter]:
        """Take an application; the facts of that day go with it.

        Raises:
            Invalid: no programme of that name, or a channel that is not the caller's.
            NotFound: there is no such person in the caller's area.
            Conflict: the person is dead or has left the district.
        """
        check_wanted(wanted, caller)
        if applicant is None:
            raise NotFound(
                "no_such_person", "辖区内没有这份档案", "there is no such file in your area"
            )
        if applicant.facts.died_on is not None:
            raise Conflict("person_dead", "该人已登记死亡", "the person is recorded as dead")
        if applicant.moved_out_on is not None:
            raise Conflict(
                "person_moved_out",
                "该人已迁出本区，请到居住地申请",
                "the person has left the district; apply at the place of residence",
            )
        made = cls(
            wanted.application_id,
            applicant.person_id,
            wanted.programme,
            wanted.channel,
            applicant.area_code,
            at.date(),
            caller.bound_agency or None,
            wanted.call_id,
        )
        letter = ApplicationSubmitted(
            **made._envelope(at),
            programme=made.programme,
            channel=made.channel,
            applied_on=at.date(),
            person=applicant.facts,
        )
        return made, letter

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


def check_wanted(wanted: Wanted, caller: Caller) -> None:
    """What is asked for must be offered, through a channel that is the caller's.

    Raises:
        Invalid: it is not.
    """
    if wanted.programme not in OFFERED:
        raise invalid_field(
            "body.programme",
            "unknown_programme",
            f"没有这个项目；可申请：{'、'.join(sorted(OFFERED))}",
            f"there is no such programme; offered: {', '.join(sorted(OFFERED))}",
        )
    if wanted.channel not in CHANNELS[caller.role]:
        raise invalid_field(
            "body.channel",
            "channel_not_yours",
            f"您的角色可用的渠道：{'、'.join(CHANNELS[caller.role])}",
            f"your role may use: {', '.join(CHANNELS[caller.role])}",
        )


def id_taken() -> Conflict:
    """The id belongs to another application."""
    return Conflict(
        "id_taken",
        "已有同一标识的申请；新申请请用新标识",
        "there is an application with this id already; use a new id for a new one",
    )
