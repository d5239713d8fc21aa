"""What a resident who has not applied would be entitled to, by what is known (N-50, 应补尽补)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.eligibility.policy import AsOfRefused, Judgement, Programme, evaluate
from shared.caller import district_of
from shared.contracts.facts import PersonFacts

NEARLY = 2
"""As many criteria may be unknown of somebody who is worth asking."""


@dataclass(frozen=True, slots=True)
class Resident:
    """A person of the mirror, with the facts known now."""

    person_id: UUID
    area_code: str
    facts: PersonFacts


@dataclass(frozen=True, slots=True)
class Prospect:
    """A benefit that a resident would have, or might have once `unknown` is found out."""

    resident: Resident
    programme: str
    outcome: str
    benefit_class: str | None
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A resident judged for every programme; `look_on` is the birthday to judge again on."""

    resident: Resident
    prospects: tuple[Prospect, ...]
    look_on: date | None


class Judging:
    """Judges residents one after another by the programmes that their district can have."""

    def __init__(self, programmes: Iterable[Programme], today: date) -> None:
        self._programmes = tuple(programmes)
        self._today = today
        self._offered: dict[str, Sequence[Programme]] = {}

    def judge(self, resident: Resident) -> Judged:
        """Judge a resident for every programme offered where the person lives."""
        if resident.facts.died_on is not None:
            return Judged(resident, (), None)
        found: list[Prospect] = []
        birthdays: list[date] = []
        for programme in self._offered_in(resident):
            judgement = self._judgement(programme, resident.facts)
            if judgement is None:
                continue
            if judgement.reconsider_on is not None:
                birthdays.append(judgement.reconsider_on)
            prospect = _prospect(resident, programme, judgement)
            found += [] if prospect is None else [prospect]
        return Judged(resident, tuple(found), min(birthdays, default=None))

    def _offered_in(self, resident: Resident) -> Sequence[Programme]:
        district = district_of(resident.facts.residence_area or resident.area_code)
        if district not in self._offered:
            self._offered[district] = self._within(district)
        return self._offered[district]

    def _within(self, district: str) -> Sequence[Programme]:
        """Programmes that do not refuse a person of whom only the district is known."""
        try:
            anybody = PersonFacts(residence_area=district)
        except ValueError:
            anybody = PersonFacts()
        judged = [(one, self._judgement(one, anybody)) for one in self._programmes]
        return [one for one, said in judged if said is not None and said.outcome != "ineligible"]

    def _judgement(self, programme: Programme, facts: PersonFacts) -> Judgement | None:
        """The judgement of today; none where the document does not apply any more."""
        try:
            return evaluate(programme, facts, max(self._today, programme.instrument.counts_from))
        except AsOfRefused:
            return None


def _prospect(resident: Resident, programme: Programme, judgement: Judgement) -> Prospect | None:
    """A prospect, unless the answer is no or too much is unknown to say anything."""
    if judgement.outcome == "ineligible":
        return None
    unknown = tuple(f.criterion for f in judgement.findings if f.met is None)
    if len(unknown) > NEARLY:
        return None
    benefit_class = judgement.class_ or programme.tier
    return Prospect(resident, programme.id, judgement.outcome, benefit_class, unknown)
