"""An appeal against a refusal: in time, heard by an outsider, with its remedy (C-56)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from services.eligibility.awards.domain import Decided, decide, responsible
from services.eligibility.policy import Programme
from services.eligibility.reviews.domain import CaseFile
from shared.caller import Caller
from shared.contracts.eligibility import AppealDecided, AppealFiled
from shared.contracts.letter import Letter
from shared.errors import Conflict, NotFound

APPEAL_LIMIT = "appeal_limit"
Outcome = Literal["upheld", "changed", "remitted"]


@dataclass(frozen=True, slots=True)
class Refused:
    """A refused case with the decision in the journal (`against`) that may be appealed."""

    case_id: UUID
    determination_id: UUID
    application_id: UUID
    person_id: UUID
    programme: str
    area_code: str
    agency: str | None
    stage: str
    reviewed_by: str | None
    refused_by: str | None
    refused_on: date | None
    against: int | None
    appealed: bool


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal; `took_part` are all who ever reviewed, decided or filed in this case."""

    appeal_id: UUID
    case_id: UUID
    determination_id: UUID
    application_id: UUID
    person_id: UUID
    programme: str
    area_code: str
    agency: str | None
    last_on: date
    reviewed_by: str
    refused_by: str
    against: int
    outcome: Outcome | None = None
    took_part: tuple[str, ...] = ()

    def filed(self, now: datetime) -> list[Letter]:
        return [AppealFiled(**self._envelope(now), filed_on=now.date())]

    def decided(self, outcome: Outcome, now: datetime) -> AppealDecided:
        return AppealDecided(**self._envelope(now), outcome=outcome, decided_on=now.date())

    def _envelope(self, now: datetime) -> dict[str, Any]:
        return {
            "aggregate_id": self.application_id,
            "occurred_at": now,
            "person_id": self.person_id,
            "application_id": self.application_id,
            "area_code": self.area_code,
            "agency": self.agency,
            "appeal_id": self.appeal_id,
            "case_id": self.case_id,
            "programme": self.programme,
        }


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of an appeal; a change grants the award from its original month."""

    appeal: Appeal
    outcome: Outcome
    note: str
    granted: Decided | None = None

    def letters(self, now: datetime) -> list[Letter]:
        told: list[Letter] = [self.appeal.decided(self.outcome, now)]
        return [*told, self.granted.letter(now)] if self.granted else told


def last_day(programme: Programme, refused_on: date) -> date | None:
    """The last day on which a refusal may be appealed; none where the document knows no appeal."""
    if APPEAL_LIMIT not in programme.parameters:
        return None
    return refused_on + timedelta(days=programme.parameter(APPEAL_LIMIT, refused_on))


def file_appeal(
    appeal_id: UUID, refused: Refused | None, programme: Programme | None, today: date
) -> Appeal:
    """Take an appeal against the newest refusal of a case.

    Raises:
        NotFound: there is no such case in the caller's area.
        Conflict: it was not refused, was appealed already, or it is too late.
    """
    if refused is None or programme is None:
        raise NotFound("no_such_case", "辖区内没有此件", "there is no such case in your area")
    if refused.stage != "refused" or refused.against is None or refused.refused_on is None:
        raise Conflict(
            "not_refused",
            "此件没有不予批准的决定，无从申诉；对待遇的变动请申请复核",
            "this case has not been refused; for a change of a benefit ask for a re-check",
        )
    if refused.appealed:
        raise Conflict(
            "appealed_already", "对该决定已提出过申诉", "this decision has been appealed already"
        )
    last_on = last_day(programme, refused.refused_on)
    if last_on is None or today > last_on:
        raise _late(last_on)
    return Appeal(
        appeal_id,
        refused.case_id,
        refused.determination_id,
        refused.application_id,
        refused.person_id,
        refused.programme,
        refused.area_code,
        refused.agency,
        last_on,
        refused.reviewed_by or "",
        refused.refused_by or "",
        refused.against,
    )


def hear(
    appeal: Appeal,
    file: CaseFile,
    programme: Programme,
    outcome: Outcome,
    note: str,
    officer: Caller,
) -> Heard | str:
    """The outcome, or the code of what stands in its way."""
    if (stopped := _barred(appeal, file, programme, officer)) is not None:
        return stopped
    if outcome == "upheld":
        return Heard(appeal, outcome, note)
    if file.stage != "refused":
        return "closed"
    if file.died_on is not None:
        return "person_died"
    if outcome == "remitted":
        return Heard(appeal, outcome, note)
    # The reviewer of the appeal now stands where the district's officer stood.
    granted = decide(replace(file, stage="district_approval"), programme, "approve", note, officer)
    return granted if isinstance(granted, str) else Heard(appeal, outcome, note, granted)


def _barred(appeal: Appeal, file: CaseFile, programme: Programme, officer: Caller) -> str | None:
    if appeal.outcome is not None:
        return "appeal_heard"
    if file.tied:
        return "tied"  # N-49
    if officer.sub in _participants(appeal):
        return "took_part"
    return None if responsible(programme, officer) else "not_responsible"


def _participants(appeal: Appeal) -> Collection[str]:
    return {appeal.reviewed_by, appeal.refused_by, *appeal.took_part}


def _late(last_on: date | None) -> Conflict:
    if last_on is None:
        return Conflict(
            "no_appeal_known", "该文件未规定申诉期限", "this document sets no time for appeals"
        )
    return Conflict(
        "appeal_late",
        f"申诉期限已于{last_on:%Y-%m-%d}届满；情况有变化的，请重新申请",
        f"the time for an appeal ended on {last_on}; if facts have changed, apply anew",
    )
