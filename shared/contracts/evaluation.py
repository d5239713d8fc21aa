"""Letters that evaluation writes: providers' admission, their people, feedback and scores."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from shared.contracts import topics
from shared.contracts.letter import Letter


class ProviderAdmitted(Letter):
    """A provider may take plans and vouchers from now on (C-33)."""

    TYPE: ClassVar[str] = "evaluation.provider.admitted.v1"
    TOPIC: ClassVar[str] = topics.EVALUATION_PROVIDERS
    provider_id: UUID
    admitted_on: date


class ProviderSuspended(Letter):
    """A provider may not take new plans or vouchers until reinstated."""

    TYPE: ClassVar[str] = "evaluation.provider.suspended.v1"
    TOPIC: ClassVar[str] = topics.EVALUATION_PROVIDERS
    provider_id: UUID
    suspended_on: date
    reason: Literal["quality", "credential", "fraud_suspected", "safety", "other"]


class ProviderReinstated(Letter):
    """A suspension was lifted."""

    TYPE: ClassVar[str] = "evaluation.provider.reinstated.v1"
    TOPIC: ClassVar[str] = topics.EVALUATION_PROVIDERS
    provider_id: UUID
    reinstated_on: date


class ProviderExited(Letter):
    """A provider left or had to leave (C-35 末位淘汰); what it honoured is still settled."""

    TYPE: ClassVar[str] = "evaluation.provider.exited.v1"
    TOPIC: ClassVar[str] = topics.EVALUATION_PROVIDERS
    provider_id: UUID
    exited_on: date
    reason: Literal["own_wish", "ranked_last", "credential", "fraud", "other"]


class OutletOpened(Letter):
    """A provider's place of service; `area_code` is where it stands."""

    TYPE: ClassVar[str] = "evaluation.outlet.opened.v1"
    TOPIC: ClassVar[str] = topics.EVALUATION_PROVIDERS
    outlet_id: UUID
    provider_id: UUID
    categories: tuple[str, ...]


class CaregiverRegistered(Letter):
    """A caregiver of a provider; the certificate's last day, or none (C-31)."""

    TYPE: ClassVar[str] = "evaluation.caregiver.registered.v1"
    TOPIC: ClassVar[str] = topics.EVALUATION_PROVIDERS
    caregiver_id: UUID
    provider_id: UUID
    certified_until_on: date | None = None
    on_duty: bool = True


class FeedbackGiven(Letter):
    """The person, or somebody for him, rated a visit from 1 to 5 (N-52)."""

    TYPE: ClassVar[str] = "evaluation.feedback.given.v1"
    TOPIC: ClassVar[str] = topics.EVALUATION_FEEDBACK
    feedback_id: UUID
    visit_id: UUID
    provider_id: UUID
    rating: int


class ScorePublished(Letter):
    """A provider's score for a month, in points of 100, from visits and feedback."""

    TYPE: ClassVar[str] = "evaluation.score.published.v1"
    TOPIC: ClassVar[str] = topics.EVALUATION_PROVIDERS
    provider_id: UUID
    month_on: date
    points: int
    visits_planned: int
    visits_done: int
    feedbacks: int
