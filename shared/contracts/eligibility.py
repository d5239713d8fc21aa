"""Letters that eligibility writes: determinations, reviews and awards."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts import topics
from shared.contracts.letter import Letter

Outcome = Literal["eligible", "ineligible", "needs_evidence", "needs_review"]


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
