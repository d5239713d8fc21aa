"""What the policy files say, as the wings read it: values by day, with article or silence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Generic, Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.caller import district_of
from shared.contracts.scheduling import Deviation, MissedReason
from shared.errors import invalid_field

T = TypeVar("T")
Document = Literal["rules", "standards", "flow", "duties"]
Source = Literal[
    "reemployment_4050", "welfare_institution", "medical_institution", "civil_organisation",
    "household_company", "volunteers",
]  # fmt: skip
"""Where a service team comes from, N-35..40 in order."""
SOURCES: frozenset[str] = frozenset(get_args(Source))
FULL_POINTS = 100
Weight = Annotated[int, Field(ge=0, le=FULL_POINTS)]


class PolicyPart(BaseModel):
    """Base of everything read from a policy file: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(PolicyPart):
    """The same words in Chinese and in English."""

    zh: str
    en: str


class Silence(PolicyPart):
    """Something that the text does not say, the chosen default and why."""

    id: str
    subject: Text
    chosen: Text
    why: Text


class Clause(PolicyPart, Generic[T]):
    """A value by the day from which it is in force; days before the first one use that one."""

    article: str
    silence: str | None = None
    values: Annotated[dict[date, T], Field(min_length=1)]

    def on(self, day: date) -> T:
        """The value in force on a day."""
        known = [since for since in self.values if since <= day]
        return self.values[max(known) if known else min(self.values)]


class Share(PolicyPart):
    """At least `certified` of every `on_duty` people."""

    certified: Annotated[int, Field(ge=0)]
    on_duty: Annotated[int, Field(ge=1)]


class Weights(PolicyPart):
    """The points of each part; together 100."""

    kept: Weight
    on_time: Weight
    rating: Weight

    @model_validator(mode="after")
    def _whole(self) -> Weights:
        if self.kept + self.on_time + self.rating != FULL_POINTS:
            raise ValueError(f"weights must add up to {FULL_POINTS}")
        return self


class Scoring(PolicyPart):
    """How a month's visits become points; which deviations and misses count how."""

    weights: Weights
    not_on_time: tuple[Deviation, ...]
    excused: tuple[MissedReason, ...]


class Policy(PolicyPart):
    """One instrument, as far as evaluation decides by it."""

    instrument: str
    document_number: str
    district: str
    documents: Clause[tuple[Document, ...]]
    certified_share: Clause[Share | None]
    credentials: Clause[dict[Source, Text | None]]
    score: Clause[Scoring]
    silences: tuple[Silence, ...]

    @model_validator(mode="after")
    def _complete(self) -> Policy:
        told = {silence.id for silence in self.silences}
        clauses = (self.documents, self.certified_share, self.credentials, self.score)
        missing = {clause.silence for clause in clauses if clause.silence} - told
        if missing:
            raise ValueError(f"silences are named and not told: {sorted(missing)}")
        for papers in self.credentials.values.values():
            if set(papers) != SOURCES:
                raise ValueError(f"credentials must name the sources {sorted(SOURCES)}")
        return self


class Policies(PolicyPart):
    """All instruments, by the district that each is in force in."""

    by_district: Mapping[str, Policy]

    def of(self, area_code: str) -> Policy:
        """The policy of the district that an area lies in.

        Raises:
            Invalid: no instrument is in force there.
        """
        found = self.by_district.get(district_of(area_code))
        if found is None:
            known = "、".join(sorted(self.by_district))
            raise invalid_field(
                "body.area_code",
                "no_policy_for_area",
                f"该地区没有适用文件；区代码应为 {known} 之一",
                f"no instrument is in force in this area; its district must be one of {known}",
            )
        return found
