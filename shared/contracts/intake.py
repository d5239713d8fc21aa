"""Letters that intake writes: persons, applications and the streets' activation."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from shared.contracts import topics
from shared.contracts.facts import AreaCode, PersonFacts
from shared.contracts.letter import Letter

Channel = Literal["community_station", "street_office", "hotline", "partner", "roster"]


class PersonRegistered(Letter):
    """A person file was opened (N-17). `area_code` is the community of residence."""

    TYPE: ClassVar[str] = "intake.person.registered.v1"
    TOPIC: ClassVar[str] = topics.INTAKE_PERSONS
    person: PersonFacts


class PersonUpdated(Letter):
    """Facts of a person changed; carries all of them as they are now."""

    TYPE: ClassVar[str] = "intake.person.updated.v1"
    TOPIC: ClassVar[str] = topics.INTAKE_PERSONS
    person: PersonFacts
    changed: tuple[str, ...] = ()


class PersonDied(Letter):
    """A person died; `occurred_at` is when the office learnt it."""

    TYPE: ClassVar[str] = "intake.person.died.v1"
    TOPIC: ClassVar[str] = topics.INTAKE_PERSONS
    died_on: date


class PersonMoved(Letter):
    """A person moved; `area_code` is the new residence, `previous_area` the old one."""

    TYPE: ClassVar[str] = "intake.person.moved.v1"
    TOPIC: ClassVar[str] = topics.INTAKE_PERSONS
    previous_area: AreaCode
    moved_on: date

    def areas(self) -> tuple[str, ...]:
        return (*super().areas(), self.previous_area)


class ApplicationSubmitted(Letter):
    """Somebody applied, or a person whose facts were then as given here (N-05, K8)."""

    TYPE: ClassVar[str] = "intake.application.submitted.v1"
    TOPIC: ClassVar[str] = topics.INTAKE_APPLICATIONS
    programme: str
    channel: Channel
    applied_on: date
    person: PersonFacts


class ApplicationWithdrawn(Letter):
    """The applicant withdrew (K8)."""

    TYPE: ClassVar[str] = "intake.application.withdrawn.v1"
    TOPIC: ClassVar[str] = topics.INTAKE_APPLICATIONS
    withdrawn_on: date


class EvidenceReceived(Letter):
    """All papers that were asked for are in; carries the person's facts as they are now (C-59)."""

    TYPE: ClassVar[str] = "intake.evidence.received.v1"
    TOPIC: ClassVar[str] = topics.INTAKE_APPLICATIONS
    documents: tuple[str, ...]
    received_on: date
    person: PersonFacts


class StreetActivated(Letter):
    """A street may now approve, plan and pay under a programme (N-22: 成熟一个，启动一个)."""

    TYPE: ClassVar[str] = "intake.street.activated.v1"
    TOPIC: ClassVar[str] = topics.INTAKE_AREAS
    programme: str
    street_code: AreaCode
    activated_on: date


class StreetPaused(Letter):
    """A street may no longer approve, plan or pay under a programme."""

    TYPE: ClassVar[str] = "intake.street.paused.v1"
    TOPIC: ClassVar[str] = topics.INTAKE_AREAS
    programme: str
    street_code: AreaCode
    paused_on: date
