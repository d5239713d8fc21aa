"""A case before the street's officer: who may review it and what the review does (N-28, N-49)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol, TypeVar
from uuid import UUID

from services.eligibility.reviews.verdicts import refusal
from shared.contracts.eligibility import CaseReviewed
from shared.errors import Refusal

Recommendation = Literal["recommend_approval", "recommend_refusal", "needs_evidence"]
OPEN = frozenset({"held", "street_review", "needs_evidence", "district_approval"})
REVIEWABLE = frozenset({"street_review", "needs_evidence"})
STAGE_AFTER: dict[Recommendation, str] = {
    "recommend_approval": "district_approval",
    "recommend_refusal": "district_approval",
    "needs_evidence": "needs_evidence",
}


@dataclass(frozen=True, slots=True)
class CaseFile:
    """An open or closed case as an officer finds it; `tied` is about that very officer."""

    case_id: UUID
    determination_id: UUID
    application_id: UUID
    person_id: UUID
    programme: str
    area_code: str
    agency: str | None
    stage: str
    outcome: str
    benefit_class: str | None
    starts_on: date
    reviewed_by: str | None
    recommendation: str | None
    unmet: tuple[str, ...]
    birth_on: date | None
    died_on: date | None
    tied: bool
    activated: bool


class Line(Protocol):
    """A line of a list: one case and what is decided on it."""

    @property
    def case_id(self) -> UUID: ...


L = TypeVar("L", bound=Line)
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A review to be kept."""

    file: CaseFile
    decision: Recommendation
    note: str | None

    @property
    def stage(self) -> str:
        return STAGE_AFTER[self.decision]

    def letter(self, now: datetime) -> CaseReviewed:
        file = self.file
        return CaseReviewed(
            aggregate_id=file.application_id,
            occurred_at=now,
            person_id=file.person_id,
            application_id=file.application_id,
            area_code=file.area_code,
            agency=file.agency,
            programme=file.programme,
            decision=self.decision,
        )


def obstacle(file: CaseFile) -> str | None:
    """What keeps any officer, or this one, from deciding on a case."""
    if file.tied:
        return "tied"  # N-49
    if file.stage not in OPEN:
        return "person_died" if file.stage == "died" else "closed"
    if file.died_on is not None:
        return "person_died"
    return "street_not_activated" if file.stage == "held" else None  # N-22


def review(file: CaseFile, decision: Recommendation, note: str | None) -> Reviewed | str:
    """The review, or the code of what stands in its way."""
    if (stopped := obstacle(file)) is not None:
        return stopped
    if file.stage not in REVIEWABLE:
        return "already_reviewed"
    return Reviewed(file, decision, note)


def decide_each(
    lines: Sequence[L], files: Mapping[UUID, CaseFile], decide: Callable[[L, CaseFile], D | str]
) -> list[D | Refusal]:
    """Decide every line by itself: the decision, or why there is none."""
    decisions: list[D | Refusal] = []
    for line in lines:
        file = files.get(line.case_id)
        decision = "no_such_case" if file is None else decide(line, file)
        decisions.append(refusal(decision) if isinstance(decision, str) else decision)
    return decisions
