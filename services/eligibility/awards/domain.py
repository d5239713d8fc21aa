"""The district's decision on a reviewed case, the award it grants and the award's end."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.eligibility.policy import Programme
from services.eligibility.reviews.domain import CaseFile, obstacle
from shared.caller import Caller
from shared.contracts.eligibility import ApplicationRefused, AwardEnded, AwardGranted
from shared.contracts.ids import derived_id
from shared.contracts.letter import Letter
from shared.errors import Conflict, Refusal

Approval = Literal["approve", "refuse"]
EndReason = Literal["died", "moved_out", "withdrawn", "no_longer_eligible"]
MONTHLY_AMOUNT = "monthly_amount"
RECHECK_INTERVAL = "recheck_interval"
WITHOUT_CLASS = "-"
ALREADY_AWARDED = (
    "此人已享受同类待遇，一人一份；请退回或按重复申请不予批准",
    "the person has this benefit already, one each; refuse this one as a duplicate",
)


@dataclass(frozen=True, slots=True)
class Award:
    """A benefit from the month `starts_on`; `monthly_amount_fen` is none where service is given."""

    award_id: UUID
    benefit_class: str
    starts_on: date
    monthly_amount_fen: int | None
    recheck_months: int | None
    article: str


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision to be kept; with the award if it is a yes."""

    file: CaseFile
    decision: Approval
    note: str | None
    award: Award | None

    @property
    def stage(self) -> str:
        return "approved" if self.decision == "approve" else "refused"

    def letter(self, now: datetime) -> Letter:
        """The award, or the refusal with the criteria that were not met."""
        file = self.file
        if self.award is None:
            return ApplicationRefused(
                aggregate_id=file.application_id,
                occurred_at=now,
                person_id=file.person_id,
                application_id=file.application_id,
                area_code=file.area_code,
                agency=file.agency,
                programme=file.programme,
                unmet=file.unmet,
                refused_on=now.date(),
            )
        return AwardGranted(
            aggregate_id=self.award.award_id,
            occurred_at=now,
            person_id=file.person_id,
            application_id=file.application_id,
            area_code=file.area_code,
            agency=file.agency,
            award_id=self.award.award_id,
            programme=file.programme,
            benefit_class=self.award.benefit_class,
            starts_on=self.award.starts_on,
            monthly_amount_fen=self.award.monthly_amount_fen,
            birth_on=file.birth_on,
        )


@dataclass(frozen=True, slots=True)
class Ended:
    """An award that has just ended."""

    award_id: UUID
    application_id: UUID
    person_id: UUID
    programme: str
    area_code: str
    agency: str | None
    ended_on: date
    end_reason: EndReason

    def letter(self, now: datetime) -> AwardEnded:
        return AwardEnded(
            aggregate_id=self.award_id,
            occurred_at=now,
            person_id=self.person_id,
            application_id=self.application_id,
            area_code=self.area_code,
            agency=self.agency,
            award_id=self.award_id,
            programme=self.programme,
            ended_on=self.ended_on,
            reason=self.end_reason,
        )


def decide(
    file: CaseFile, programme: Programme, decision: Approval, note: str | None, officer: Caller
) -> Decided | str:
    """The decision, or the code of what stands in its way."""
    no_yes = _no_yes(file) if decision == "approve" else None
    stopped = _barred(file, programme, officer) or no_yes or _not_ripe(file, officer)
    if stopped is not None:
        return stopped
    if note is None and _needs_note(file, decision):
        return "note_missing"
    award = _award(file, programme) if decision == "approve" else None
    return Decided(file, decision, note, award)


def responsible(programme: Programme, officer: Caller) -> bool:
    """Whether the officer's body is one that the document makes responsible."""
    bodies = programme.bodies.responsible
    return any(officer.body and officer.body in body for body in bodies)


def benefit_of(programme_id: str) -> str:
    """The kind of benefit, by whichever document: nobody has two of a kind (C-50)."""
    return programme_id.partition("/")[2]


def one_of_a_kind(
    decided: Sequence[Decided | Refusal], running: Collection[tuple[UUID, str]]
) -> list[Decided | Refusal]:
    """Refuse the grant of a benefit that the person has already, also earlier in this list."""
    taken = set(running)
    kept: list[Decided | Refusal] = []
    for one in decided:
        if isinstance(one, Refusal) or one.award is None:
            kept.append(one)
            continue
        key = (one.file.person_id, benefit_of(one.file.programme))
        kept.append(Conflict("already_awarded", *ALREADY_AWARDED) if key in taken else one)
        taken.add(key)
    return kept


def _barred(file: CaseFile, programme: Programme, officer: Caller) -> str | None:
    """What keeps this officer, or anybody, off the case."""
    if (stopped := obstacle(file)) is not None:
        return stopped
    if not responsible(programme, officer):
        return "not_responsible"  # N-28: the body that the document names
    return None if file.activated else "street_not_activated"  # N-22


def _no_yes(file: CaseFile) -> str | None:
    """What nobody may approve."""
    if file.outcome == "ineligible":
        return "not_eligible"
    if file.outcome == "needs_evidence":
        return "evidence_missing"
    if file.objected:
        return "objection_open"  # C-55
    return "notice_running" if file.on_notice else None


def _not_ripe(file: CaseFile, officer: Caller) -> str | None:
    """Approval follows the street's review, by somebody else (N-28, N-49)."""
    if file.stage != "district_approval":
        return "not_reviewed"
    return "same_person" if file.reviewed_by == officer.sub else None


def _needs_note(file: CaseFile, decision: Approval) -> bool:
    """A reason in words: after a review by judgement, or against rules or recommendation."""
    if decision == "refuse":
        return file.outcome != "ineligible"
    return file.outcome == "needs_review" or file.recommendation == "recommend_refusal"


def _award(file: CaseFile, programme: Programme) -> Award:
    return Award(
        award_id=derived_id("award", file.case_id),
        benefit_class=file.benefit_class or WITHOUT_CLASS,
        starts_on=file.starts_on,
        monthly_amount_fen=parameter(programme, MONTHLY_AMOUNT, file.starts_on),
        recheck_months=parameter(programme, RECHECK_INTERVAL, file.starts_on),
        article=programme.article,
    )


def parameter(programme: Programme, name: str, as_of: date) -> int | None:
    """A programme's parameter, or none where it has no such."""
    return programme.parameter(name, as_of) if name in programme.parameters else None
