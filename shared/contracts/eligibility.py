"""Letters that eligibility writes: determinations, reviews and awards."""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import StringConstraints

from shared.contracts import topics
from shared.contracts.letter import Letter

Outcome = Literal["eligible", "ineligible", "needs_evidence", "needs_review"]
PaperName = Annotated[str, StringConstraints(pattern=r"^[^\r\n]{1,80}$")]
"""What a policy file calls a paper: a published title, never anything about a person."""


class DeterminationMade(Letter):
    """The rules were applied to the facts; nobody has decided yet (PIPL 24)."""

    TYPE: ClassVar[str] = "eligibility.determination.made.v1"
    TOPIC: ClassVar[str] = topics.ELIGIBILITY_DETERMINATIONS
    determination_id: UUID
    programme: str
    as_of_on: date
    policy_version: str
    outcome: Outcome
    benefit_class: str | None = None
    unmet: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    digest: str


class CaseReviewed(Letter):
    """The street reviewed a case (N-28, first party)."""

    TYPE: ClassVar[str] = "eligibility.case.reviewed.v1"
    TOPIC: ClassVar[str] = topics.ELIGIBILITY_DETERMINATIONS
    programme: str
    decision: Literal["recommend_approval", "recommend_refusal", "needs_evidence"]


class ApplicationRefused(Letter):
    """The district refused (N-28, second party); the criteria that were not met."""

    TYPE: ClassVar[str] = "eligibility.application.refused.v1"
    TOPIC: ClassVar[str] = topics.ELIGIBILITY_DETERMINATIONS
    programme: str
    unmet: tuple[str, ...] = ()
    refused_on: date


class AwardGranted(Letter):
    """The district approved: the person has the benefit from a month on."""

    TYPE: ClassVar[str] = "eligibility.award.granted.v1"
    TOPIC: ClassVar[str] = topics.ELIGIBILITY_AWARDS
    award_id: UUID
    programme: str
    benefit_class: str
    starts_on: date
    monthly_amount_fen: int | None = None
    birth_on: date | None = None


class AwardEnded(Letter):
    """The benefit ended; no month after `ended_on`'s is due."""

    TYPE: ClassVar[str] = "eligibility.award.ended.v1"
    TOPIC: ClassVar[str] = topics.ELIGIBILITY_AWARDS
    award_id: UUID
    programme: str
    ended_on: date
    reason: Literal["died", "moved_out", "withdrawn", "no_longer_eligible"]


class EvidenceRequested(Letter):
    """The street asks the applicant for papers; `names` are theirs in Chinese, in that order."""

    TYPE: ClassVar[str] = "eligibility.evidence.requested.v1"
    TOPIC: ClassVar[str] = topics.ELIGIBILITY_DETERMINATIONS
    case_id: UUID
    programme: str
    documents: tuple[str, ...]
    names: tuple[PaperName, ...]
    requested_on: date


class ObjectionRaised(Letter):
    """During a public notice somebody objected; people will look into it (C-55)."""

    TYPE: ClassVar[str] = "eligibility.objection.raised.v1"
    TOPIC: ClassVar[str] = topics.ELIGIBILITY_AWARDS
    objection_id: UUID
    case_id: UUID
    award_id: UUID | None = None
    programme: str
    raised_on: date


class ObjectionDecided(Letter):
    """People looked into an objection: it was dismissed, or the award was not rightly given."""

    TYPE: ClassVar[str] = "eligibility.objection.decided.v1"
    TOPIC: ClassVar[str] = topics.ELIGIBILITY_AWARDS
    objection_id: UUID
    case_id: UUID
    award_id: UUID | None = None
    programme: str
    outcome: Literal["dismissed", "sustained"]
    decided_on: date


class AppealFiled(Letter):
    """The applicant appealed against a refusal (C-56)."""

    TYPE: ClassVar[str] = "eligibility.appeal.filed.v1"
    TOPIC: ClassVar[str] = topics.ELIGIBILITY_DETERMINATIONS
    appeal_id: UUID
    case_id: UUID
    programme: str
    filed_on: date


class AppealDecided(Letter):
    """Somebody who had no part in the decision looked again; a change comes with its award."""

    TYPE: ClassVar[str] = "eligibility.appeal.decided.v1"
    TOPIC: ClassVar[str] = topics.ELIGIBILITY_DETERMINATIONS
    appeal_id: UUID
    case_id: UUID
    programme: str
    outcome: Literal["upheld", "changed", "remitted"]
    decided_on: date


class AwardSuspended(Letter):
    """The benefit is suspended: by two officers, or by one while a notice runs.

    No month after `suspended_on`'s is due until it is resumed.
    """

    TYPE: ClassVar[str] = "eligibility.award.suspended.v1"
    TOPIC: ClassVar[str] = topics.ELIGIBILITY_AWARDS
    award_id: UUID
    programme: str
    suspended_on: date
    reason: Literal["detained", "abroad", "unreachable", "facts_disputed"]


class AwardResumed(Letter):
    """A suspended benefit is due again from the month of `resumed_on`; nothing is paid back."""

    TYPE: ClassVar[str] = "eligibility.award.resumed.v1"
    TOPIC: ClassVar[str] = topics.ELIGIBILITY_AWARDS
    award_id: UUID
    programme: str
    resumed_on: date


class AwardReclassified(Letter):
    """The benefit goes on under another class from the month `starts_on` (a birthday, mostly)."""

    TYPE: ClassVar[str] = "eligibility.award.reclassified.v1"
    TOPIC: ClassVar[str] = topics.ELIGIBILITY_AWARDS
    award_id: UUID
    programme: str
    benefit_class: str
    starts_on: date
    monthly_amount_fen: int | None = None
