"""From facts to a determination and the case it opens; nobody is decided on here (PIPL 24)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.eligibility.policy import Judgement, Programme, digest, evaluate
from shared.caller import district_of
from shared.contracts.eligibility import ApplicationRefused, DeterminationMade
from shared.contracts.facts import PersonFacts
from shared.contracts.ids import new_id
from shared.contracts.letter import Letter
from shared.contracts.months import month_of

Trigger = Literal["application", "birthday", "event"]
Stage = Literal[
    "held",
    "street_review",
    "needs_evidence",
    "district_approval",
    "approved",
    "refused",
    "withdrawn",
    "died",
    "moved_out",
    "duplicate",
]
ENGINE_VERSION = "1"
UNMET_DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Filing:
    """Which application of whom a determination belongs to, and where it is filed."""

    application_id: UUID
    person_id: UUID
    programme: str
    area_code: str
    agency: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """What this office knows besides the letter.

    `taken`: another case of this person and programme is open, or an award is running.
    `seen`: this application has a case already. `activated`: the street is (N-22).
    """

    known_area: str | None = None
    died_on: date | None = None
    moved_on: date | None = None
    taken: bool = False
    seen: bool = False
    activated: bool = False


@dataclass(frozen=True, slots=True)
class Determination:
    """A judgement with everything that is needed to reach it again."""

    determination_id: UUID
    filing: Filing
    trigger: Trigger
    facts: PersonFacts
    judgement: Judgement
    benefit_class: str | None
    digest: str

    @property
    def unmet(self) -> tuple[str, ...]:
        return tuple(f.criterion for f in self.judgement.findings if f.met is False)

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(f.criterion for f in self.judgement.findings if f.met is None)

    def letter(self, now: datetime) -> DeterminationMade:
        """What the others may know of it: no facts, only criteria by name."""
        return DeterminationMade(
            aggregate_id=self.filing.application_id,
            occurred_at=now,
            person_id=self.filing.person_id,
            application_id=self.filing.application_id,
            area_code=self.filing.area_code,
            agency=self.filing.agency,
            determination_id=self.determination_id,
            programme=self.filing.programme,
            as_of_on=self.judgement.as_of,
            policy_version=self.judgement.policy_version,
            outcome=self.judgement.outcome,
            benefit_class=self.benefit_class,
            unmet=self.unmet,
            unknown=self.unknown,
            digest=self.digest,
        )


@dataclass(frozen=True, slots=True)
class Case:
    """What the two parties will decide on; the benefit would start with the month `starts_on`."""

    case_id: UUID
    determination: Determination
    stage: Stage
    opened_on: date
    starts_on: date

    @property
    def reconsider_on(self) -> date | None:
        """The birthday to look again on; none once the person is dead, gone or has another case."""
        gone = self.stage in ("died", "moved_out", "duplicate")
        return None if gone else self.determination.judgement.reconsider_on


def determine(
    programme: Programme, filing: Filing, facts: PersonFacts, as_of: date, trigger: Trigger
) -> Determination:
    """Apply the rules; a day before the policy's first one counts as the first one (C-37)."""
    judgement = evaluate(programme, facts, max(as_of, programme.instrument.counts_from))
    benefit = None if judgement.outcome == "ineligible" else judgement.class_ or programme.tier
    mark = digest(judgement, facts)
    return Determination(new_id(), filing, trigger, facts, judgement, benefit, mark)


def apply(
    programme: Programme,
    filing: Filing,
    facts: PersonFacts,
    applied_on: date,
    known: Known,
    today: date,
) -> Case:
    """Determine an application on its day and open its case; a death known earlier counts."""
    if known.died_on is not None:
        facts = facts.model_copy(update={"died_on": known.died_on})
    moved = known.moved_on is not None and known.moved_on >= applied_on
    gone = moved and district_of(known.known_area or "") != district_of(filing.area_code)
    if moved and not gone and known.known_area:
        filing = replace(filing, area_code=known.known_area)
    made = determine(programme, filing, facts, applied_on, "application")
    stage = _opening_stage(programme, known, died=facts.died_on is not None, gone=gone)
    return case_of(made, stage, today)


def reapply(
    programme: Programme,
    filing: Filing,
    facts: PersonFacts,
    birthday_on: date,
    known: Known,
    today: date,
) -> tuple[Determination, Case | None]:
    """Determine a refused application again on a birthday; a case opens if the answer changed."""
    made = determine(programme, filing, facts, birthday_on, "birthday")
    if made.judgement.outcome == "ineligible":
        return made, None
    return made, case_of(made, _opening_stage(programme, known), today)


def case_of(made: Determination, stage: Stage, opened_on: date) -> Case:
    """A fresh case; the month of the day determined on is the first that may be due (C-37)."""
    return Case(new_id(), made, stage, opened_on, month_of(made.judgement.as_of))


def closing_letters(case: Case, now: datetime) -> list[Letter]:
    """A second application is closed by the first one: no decision on the person (C-50)."""
    if case.stage != "duplicate":
        return []
    filing = case.determination.filing
    return [
        ApplicationRefused(
            aggregate_id=filing.application_id,
            occurred_at=now,
            person_id=filing.person_id,
            application_id=filing.application_id,
            area_code=filing.area_code,
            agency=filing.agency,
            programme=filing.programme,
            unmet=(UNMET_DUPLICATE,),
            refused_on=now.date(),
        )
    ]


def _opening_stage(
    programme: Programme, known: Known, *, died: bool = False, gone: bool = False
) -> Stage:
    if died:
        return "died"
    if gone:
        return "moved_out"
    if known.taken:
        return "duplicate"
    if programme.asks_activation and not known.activated:
        return "held"
    return "street_review"
