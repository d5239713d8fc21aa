"""A case before the street's officer: who may review it and what the review does (N-28, N-49)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, Protocol, TypeVar
from uuid import UUID

from services.eligibility.policy import Programme
from services.eligibility.reviews.verdicts import refusal
from shared.contracts.eligibility import CaseReviewed, EvidenceRequested
from shared.contracts.letter import Letter
from shared.errors import Refusal

Recommendation = Literal["recommend_approval", "recommend_refusal", "needs_evidence"]
TieKind = Literal["kin", "household", "interest"]
NOTICE_BEFORE = "notice_before_approval"
"""The parameter of a programme that posts its cases before they are approved, in days."""
OPEN = frozenset({"held", "street_review", "needs_evidence", "district_approval"})
REVIEWABLE = frozenset({"street_review", "needs_evidence"})
STAGE_AFTER: dict[Recommendation, str] = {
    "recommend_approval": "district_approval",
    "recommend_refusal": "district_approval",
    "needs_evidence": "needs_evidence",
}


@dataclass(frozen=True, slots=True)
class CaseFile:
    """An open or closed case as an officer finds it; `tied` is about that very officer.

    `evidence` are the papers that would settle what is unknown; `on_notice` and `objected` tell of
    a public notice before approval that still runs, and of an objection that nobody judged yet.
    """

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
    evidence: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    digest: str = ""
    on_notice: bool = False
    objected: bool = False


class Line(Protocol):
    """A line of a list: one case and what is decided on it."""

    @property
    def case_id(self) -> UUID: ...


L = TypeVar("L", bound=Line)
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A review to be kept; `documents` are the papers asked for, by id and Chinese name."""

    file: CaseFile
    decision: Recommendation
    note: str | None
    documents: Mapping[str, str]

    @property
    def stage(self) -> str:
        return STAGE_AFTER[self.decision]

    def letters(self, now: datetime) -> list[Letter]:
        """The review, and what the applicant is asked for."""
        reviewed = CaseReviewed(**self._envelope(now), decision=self.decision)
        if self.decision != "needs_evidence":
            return [reviewed]
        asked = EvidenceRequested(
            **self._envelope(now),
            case_id=self.file.case_id,
            documents=tuple(self.documents),
            names=tuple(self.documents.values()),
            requested_on=now.date(),
        )
        return [reviewed, asked]

    def _envelope(self, now: datetime) -> dict[str, Any]:
        file = self.file
        return {
            "aggregate_id": file.application_id,
            "occurred_at": now,
            "person_id": file.person_id,
            "application_id": file.application_id,
            "area_code": file.area_code,
            "agency": file.agency,
            "programme": file.programme,
        }


def obstacle(file: CaseFile) -> str | None:
    """What keeps any officer, or this one, from deciding on a case."""
    if file.tied:
        return "tied"  # N-49
    if file.stage not in OPEN:
        return "person_died" if file.stage == "died" else "closed"
    if file.died_on is not None:
        return "person_died"
    return "street_not_activated" if file.stage == "held" else None  # N-22


def review(
    file: CaseFile,
    decision: Recommendation,
    note: str | None,
    programme: Programme,
    documents: Collection[str] = (),
) -> Reviewed | str:
    """The review, or the code of what stands in its way.

    Papers are asked for by the names of the policy's documents; when none is named, those that
    would settle what the determination left unknown.
    """
    if (stopped := obstacle(file)) is not None:
        return stopped
    if file.stage not in REVIEWABLE:
        return "already_reviewed"
    if decision != "needs_evidence":
        return "documents_not_asked" if documents else Reviewed(file, decision, note, {})
    asked, known = documents or file.evidence, programme.instrument.documents
    if not asked:
        return "documents_missing"
    if not set(asked) <= set(known):
        return "unknown_document"
    return Reviewed(file, decision, note, {name: known[name].zh for name in asked})


def on_notice(programme: Programme, reviewed_on: date | None, today: date) -> bool:
    """Whether a notice before approval, where the policy asks for one, still runs (C-55)."""
    if reviewed_on is None or NOTICE_BEFORE not in programme.parameters:
        return False
    days = programme.parameter(NOTICE_BEFORE, reviewed_on)
    return today <= reviewed_on + timedelta(days=days)


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
