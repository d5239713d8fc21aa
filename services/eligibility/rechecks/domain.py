"""Looking at a running award again: the same answer, another class, or a doubt for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal
from uuid import UUID

from services.eligibility.awards.domain import MONTHLY_AMOUNT, WITHOUT_CLASS, parameter
from services.eligibility.determinations.domain import Determination, Filing, determine
from services.eligibility.policy import Glance, Judgement, Programme, glance
from shared.contracts.eligibility import AwardReclassified
from shared.contracts.facts import Disability, PersonFacts
from shared.contracts.ids import new_id
from shared.contracts.months import month_of

Trigger = Literal["yearly", "birthday", "event", "expiry", "report"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A running award with the determination that people last decided on, and what is due.

    `facts` are those known now; `doubt` says that a re-check of the award is open.
    """

    award_id: UUID
    filing: Filing
    benefit_class: str
    facts: PersonFacts
    determination_id: UUID
    outcome: str
    unmet: tuple[str, ...]
    unknown: tuple[str, ...]
    doubt: bool = False
    reconsider_on: date | None = None
    recheck_due_on: date | None = None
    certificate_until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Recheck:
    """A question for people about a running award, with what the rules say now."""

    recheck_id: UUID
    standing: Standing
    trigger: Trigger
    determination_id: UUID
    outcome: str
    unmet: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reclassified:
    """An award that goes on under another class from the month `starts_on`."""

    standing: Standing
    benefit_class: str
    starts_on: date
    determination_id: UUID
    monthly_amount_fen: int | None
    article: str
    trigger: Trigger

    def letter(self, now: datetime) -> AwardReclassified:
        filing = self.standing.filing
        return AwardReclassified(
            aggregate_id=self.standing.award_id,
            occurred_at=now,
            person_id=filing.person_id,
            application_id=filing.application_id,
            area_code=filing.area_code,
            agency=filing.agency,
            award_id=self.standing.award_id,
            programme=filing.programme,
            benefit_class=self.benefit_class,
            starts_on=self.starts_on,
            monthly_amount_fen=self.monthly_amount_fen,
        )


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look came to; nothing is taken from anybody by it (PIPL 24).

    The dates are when the award has to be looked at next; none: once people have decided.
    """

    standing: Standing
    reconsider_on: date | None
    recheck_due_on: date | None
    certificate_until_on: date | None
    made: Determination | None = None
    reclassified: Reclassified | None = None
    recheck: Recheck | None = None


def look_when_due(programme: Programme, standing: Standing, today: date) -> Looked:
    """Look at what is due first: a birthday, then an expired certificate, then the year."""
    birthday_on = standing.reconsider_on
    if birthday_on is not None and birthday_on <= today:
        return _look(programme, standing, birthday_on, "birthday")
    expired = standing.certificate_until_on is not None and standing.certificate_until_on < today
    return _look(programme, standing, today, "expiry" if expired else "yearly")


def look_at_facts(programme: Programme, standing: Standing, today: date) -> Looked:
    """Look again because facts of the person changed."""
    return _look(programme, standing, today, "event")


def certificate_until(facts: PersonFacts) -> date | None:
    """The last day of the disability certificate, where it is known to have one."""
    held = facts.disability
    return held.valid_until_on if isinstance(held, Disability) else None


def _look(programme: Programme, standing: Standing, as_of: date, trigger: Trigger) -> Looked:
    as_of = _within(programme, as_of)
    seen = glance(programme, standing.facts, as_of)
    eligible = seen.outcome == "eligible"
    before = (standing.outcome, standing.unmet, standing.unknown)
    differs = (seen.outcome, seen.unmet, seen.unknown) != before
    moves_class = eligible and _class(seen, programme) != standing.benefit_class
    asks = trigger in ("yearly", "expiry") or standing.doubt or (differs and not eligible)
    # A look that tells nothing new leaves no determination: most looks of a year are such.
    made = _made(programme, standing, as_of, trigger) if differs or moves_class else None
    return Looked(
        standing,
        reconsider_on=seen.reconsider_on,
        recheck_due_on=None if trigger == "yearly" else standing.recheck_due_on,
        certificate_until_on=_next_expiry(standing, trigger),
        made=made,
        reclassified=_reclassified(programme, standing, made, trigger)
        if made is not None and moves_class
        else None,
        recheck=_recheck(standing, seen, made, trigger) if asks else None,
    )


def _within(programme: Programme, as_of: date) -> date:
    """The day itself, or the policy's first or last one if it lies outside (C-37)."""
    instrument = programme.instrument
    as_of = max(as_of, instrument.counts_from)
    return as_of if instrument.effective_to is None else min(as_of, instrument.effective_to)


def _made(programme: Programme, standing: Standing, as_of: date, trigger: Trigger) -> Determination:
    kind = "birthday" if trigger == "birthday" else "event"
    return determine(programme, standing.filing, standing.facts, as_of, kind)


def _next_expiry(standing: Standing, trigger: Trigger) -> date | None:
    if trigger == "expiry":
        return None
    if trigger == "event":
        return certificate_until(standing.facts)
    return standing.certificate_until_on


def _class(seen: Glance | Judgement, programme: Programme) -> str:
    return seen.class_ or programme.tier or WITHOUT_CLASS


def _reclassified(
    programme: Programme, standing: Standing, made: Determination, trigger: Trigger
) -> Reclassified:
    as_of = made.judgement.as_of
    return Reclassified(
        standing,
        _class(made.judgement, programme),
        month_of(as_of),
        made.determination_id,
        parameter(programme, MONTHLY_AMOUNT, as_of),
        programme.article,
        trigger,
    )


def _recheck(
    standing: Standing, seen: Glance, made: Determination | None, trigger: Trigger
) -> Recheck:
    return Recheck(
        recheck_id=new_id(),
        standing=standing,
        trigger=trigger,
        determination_id=standing.determination_id if made is None else made.determination_id,
        outcome=seen.outcome,
        unmet=seen.unmet,
        unknown=seen.unknown,
    )
