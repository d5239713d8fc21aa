"""Reports of devices that were offline: each brings a visit to its outcome, or says why not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from services.scheduling.policy.loader import Rules
from services.scheduling.visits.domain import (
    SubstituteReason,
    SubstituteStanding,
    Visit,
    check_in,
    check_out,
    miss,
    substitute,
)
from shared.contracts.letter import Letter
from shared.contracts.scheduling import MissedReason
from shared.errors import NotFound, Refusal

Held: TypeAlias = Mapping[UUID, Visit]
Substitutes: TypeAlias = Mapping[tuple[UUID, UUID], SubstituteStanding]


@dataclass(frozen=True, slots=True)
class Done:
    """A visit took place."""

    visit_id: UUID
    checked_in_at: datetime
    checked_out_at: datetime
    substitute_id: UUID | None = None
    substitute_reason: SubstituteReason | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    """A visit did not take place."""

    visit_id: UUID
    reason: MissedReason


Report: TypeAlias = Done | Missed


@dataclass(frozen=True, slots=True)
class Decided:
    """What a batch of reports comes to: answers by line, changed visits and letters."""

    outcomes: list[str | Refusal]
    changed: list[Visit]
    events: list[Letter]


def substitutes_of(reports: Sequence[Report | Refusal]) -> list[tuple[UUID, UUID]]:
    """The visits to which somebody else came, and who."""
    return [
        (one.visit_id, one.substitute_id)
        for one in reports
        if isinstance(one, Done) and one.substitute_id is not None
    ]


def decide_all(
    reports: Sequence[Report | Refusal],
    held: Held,
    substitutes: Substitutes,
    rules: Rules,
    now: datetime,
) -> Decided:
    """Decide every line by itself, in order; a visit's second line meets its outcome."""
    now_held, changed = dict(held), dict[UUID, Visit]()
    outcomes: list[str | Refusal] = []
    events: list[Letter] = []
    for report in reports:
        if isinstance(report, Refusal):
            outcomes.append(report)
            continue
        visit = now_held.get(report.visit_id)
        if visit is None or _same(visit, report):
            outcomes.append(visit.state if visit else unknown_visit())
            continue
        decision = _decide(visit, report, substitutes, changed, rules, now)
        if isinstance(decision, Refusal):
            outcomes.append(decision)
            continue
        after, event = decision
        now_held[after.visit_id] = changed[after.visit_id] = after
        events.append(event)
        outcomes.append(after.state)
    return Decided(outcomes, list(changed.values()), events)


def unknown_visit() -> NotFound:
    """No such visit in the caller's sight."""
    return NotFound(
        "no_such_visit", "没有此次服务，或不属于您", "there is no such visit within your sight"
    )


def _same(visit: Visit, report: Report) -> bool:
    """Whether the visit already has exactly this outcome, so that a repeat changes nothing."""
    if isinstance(report, Missed):
        return visit.state == "missed" and visit.missed_reason == report.reason
    return (
        visit.state == "completed"
        and visit.checked_in_at == report.checked_in_at
        and visit.checked_out_at == report.checked_out_at
        and visit.caregiver_id == (report.substitute_id or visit.caregiver_id)
    )


def _decide(
    visit: Visit,
    report: Report,
    substitutes: Substitutes,
    changed: Mapping[UUID, Visit],
    rules: Rules,
    now: datetime,
) -> tuple[Visit, Letter] | Refusal:
    if isinstance(report, Missed):
        return miss(visit, report.reason, rules, now)
    ready = _with_substitute(visit, report, substitutes, changed)
    if isinstance(ready, Refusal):
        return ready
    present = check_in(ready, report.checked_in_at, rules, now)
    if isinstance(present, Refusal):
        return present
    return check_out(present, report.checked_out_at, (), rules, now)


def _with_substitute(
    visit: Visit, report: Done, substitutes: Substitutes, changed: Mapping[UUID, Visit]
) -> Visit | Refusal:
    if report.substitute_id is None or report.substitute_reason is None:
        return visit
    if report.substitute_id == visit.caregiver_id and visit.substitute_reason is not None:
        return visit
    standing = substitutes[report.visit_id, report.substitute_id]
    elsewhere = any(
        other.state == "completed"
        and other.caregiver_id == report.substitute_id
        and other.planned_at < visit.planned_until
        and visit.planned_at < other.planned_until
        for other in changed.values()
    )
    standing = replace(standing, is_busy=standing.is_busy or elsewhere)
    return substitute(visit, standing, report.substitute_reason)
