"""Instruments, programmes, classes and criteria as the policy files state them, with dates."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class UnknownProgramme(LookupError):
    """No policy file has a programme of this name; the message lists those there are."""


class AsOfRefused(ValueError):
    """A day on which the policy did not yet apply, or no longer."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh, self.en = zh, en
        super().__init__(f"{zh} {en}")


@dataclass(frozen=True, slots=True)
class Text:
    """The same words in Chinese and in English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Dated(Generic[Value]):
    """Values in the order of the days from which each is in force, until the next one."""

    days: tuple[date, ...]
    values: tuple[Value, ...]

    def on(self, day: date) -> Value:
        """The value in force on `day`; the loader refuses files that lack a first one."""
        return self.values[bisect_right(self.days, day) - 1]


@dataclass(frozen=True, slots=True)
class Waiver:
    """A fact that, when true, makes a criterion pass by itself, and the document showing it."""

    fact: str
    article: str
    document: str


@dataclass(frozen=True, slots=True)
class Criterion:
    """One condition of an article: fact, test, values, and what an unknown leads to.

    With `ways` it holds in any one of several ways, each a list of conditions that hold together.
    """

    id: str
    article: str
    fact: str
    test: str
    values: Dated[Any]
    requires: Text
    document: str | None
    question: Text | None
    inclusive: bool
    waived_by: Waiver | None
    reviews: Mapping[str, Text]
    refers_within: Dated[str] | None
    ways: tuple[tuple[Criterion, ...], ...] = ()

    @property
    def leaves(self) -> tuple[Criterion, ...]:
        """The conditions inside its ways, in the order of the file."""
        return tuple(leaf for way in self.ways for leaf in way)


@dataclass(frozen=True, slots=True)
class PolicyClass:
    """A class of recipients; a programme's classes exclude each other by age."""

    id: str
    name: Text
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number of the law that is no condition: an amount, a time limit, an interval."""

    id: str
    article: str
    unit: str
    values: Dated[int]


@dataclass(frozen=True, slots=True)
class Silence:
    """Something the text does not say, the chosen default, why, and the service applying it."""

    id: str
    subject: Text
    chosen: Text
    why: Text
    owner: str


@dataclass(frozen=True, slots=True)
class Bodies:
    """责任单位, 配合单位 and 落实单位 of a programme."""

    responsible: tuple[str, ...]
    cooperating: tuple[str, ...]
    executing: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Instrument:
    """The document itself; `counts_from` is the first day that may be decided on.

    `street_activation` is the article by which a street must be activated first, if one asks.
    """

    id: str
    document_number: str
    title: Text
    issued_by: Text
    district: Text
    issued_on: date
    effective_on: date
    counts_from: date
    effective_to: date | None
    street_activation: str | None
    documents: Mapping[str, Text]
    silences: Mapping[str, Silence]


@dataclass(frozen=True, slots=True)
class Follows:
    """The programmes that come first: a street starts this one once those have started in it."""

    article: str
    programmes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Programme:
    """One benefit of an instrument; `id` is whole, as in `chaoyang-2010/voucher`."""

    id: str
    instrument: Instrument
    name: Text
    article: str
    clauses: tuple[str, ...]
    tier: str | None
    bodies: Bodies
    documents: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    criteria: tuple[Criterion, ...]
    classes: tuple[PolicyClass, ...]
    versions: tuple[date, ...]
    follows: Follows | None = None

    @property
    def asks_activation(self) -> bool:
        """Whether a street must be activated before anything is decided under the programme."""
        return self.instrument.street_activation is not None

    def version_on(self, as_of: date) -> date:
        """The last change in force; days of the first month before the issue use the first one."""
        return self.versions[max(bisect_right(self.versions, as_of) - 1, 0)]

    def in_time(self, as_of: date) -> None:
        """Raise `AsOfRefused` for a day outside the policy's time."""
        first, last = self.instrument.counts_from, self.instrument.effective_to
        if as_of < first:
            raise AsOfRefused(
                f"as_of 早于政策起始日，须为 {first} 或以后",
                f"as_of is before the policy, it must be {first} or later",
            )
        if last is not None and as_of > last:
            raise AsOfRefused(
                f"as_of 晚于政策终止日，须为 {last} 或以前",
                f"as_of is after the policy, it must be {last} or earlier",
            )

    def parameter(self, name: str, as_of: date) -> int:
        """The parameter's value in force on `as_of`, in its unit (`fen`, `days`, `months`)."""
        return self.parameters[name].values.on(self.version_on(as_of))


@dataclass(frozen=True, slots=True, eq=False)
class PolicyBook:
    """All instruments that this office decides by."""

    instruments: Mapping[str, Instrument]
    programmes: Mapping[str, Programme]

    def phases(self) -> list[dict[str, str]]:
        """Which programme starts in a street after which other one (`before`), as plain rows."""
        return [
            {"programme": one.id, "before": before}
            for one in self.programmes.values()
            if one.follows is not None
            for before in one.follows.programmes
        ]

    def programme(self, programme_id: str) -> Programme:
        """The programme of that whole id, or `UnknownProgramme`."""
        found = self.programmes.get(programme_id)
        if found is None:
            known = ", ".join(sorted(self.programmes))
            raise UnknownProgramme(f"没有这个项目，可选 no such programme, there are: {known}")
        return found
