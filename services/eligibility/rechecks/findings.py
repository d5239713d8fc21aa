"""What officers find at a re-check and decide on it; nobody takes a benefit away alone (N-28)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, TypeVar
from uuid import UUID

from services.eligibility.awards.articles import article_of
from services.eligibility.awards.domain import RECHECK_INTERVAL, Ended, parameter, responsible
from services.eligibility.policy import Programme
from services.eligibility.rechecks.refusals import refusal
from shared.caller import Caller
from shared.contracts.eligibility import AwardResumed, AwardSuspended
from shared.contracts.letter import Letter
from shared.errors import Refusal

Finding = Literal["keep", "suspend", "end"]
Decision = Literal["confirm", "reject"]
Act = Literal["proposed", "rejected", "kept", "suspended", "resumed", "ended"]
SuspendReason = Literal["detained", "abroad", "unreachable", "facts_disputed"]
STILL_TRUE, NOT_ELIGIBLE, BACK = "still_true", "no_longer_eligible", "cause_gone"
# A proposal takes effect only when the district confirms it: what two people granted is never
# stopped by one of them. One that is not decided in time lapses, and the street looks again.
PROPOSAL_STANDS = timedelta(days=10)
OPEN = frozenset({"open", "proposed"})
STAGES: dict[Finding, str] = {"keep": "kept", "suspend": "suspended", "end": "ended"}
ACTS: dict[Finding, Act] = {"keep": "kept", "suspend": "suspended", "end": "ended"}
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class AwardFile:
    """A running award as an officer finds it, with its open re-check; `tied` is this officer."""

    award_id: UUID
    application_id: UUID
    person_id: UUID
    programme: str
    area_code: str
    agency: str | None
    starts_on: date
    suspended_on: date | None
    suspend_reason: str | None
    tied: bool
    running: bool
    recheck_id: UUID | None
    stage: str | None
    outcome: str
    unmet: tuple[str, ...]
    finding: Finding | None
    reason: str | None
    effective_on: date | None
    reviewed_by: str | None
    reviewed_on: date | None


@dataclass(frozen=True, slots=True)
class Found:
    """What an officer says of an award, from which day, and why."""

    finding: Finding
    reason: SuspendReason | None = None
    effective_on: date | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """An act on an award to be kept: the stage of its re-check, and what the award becomes."""

    file: AwardFile
    act: Act
    stage: str
    finding: Finding | None
    reason: str
    article: str
    effective_on: date
    note: str | None
    party: Literal["street", "district"]
    recheck_months: int | None = None

    def letters(self, now: datetime) -> list[Letter]:
        """What the other services have to know of it."""
        file = self.file
        if self.act == "ended":
            ended = Ended(
                file.award_id,
                file.application_id,
                file.person_id,
                file.programme,
                file.area_code,
                file.agency,
                self.effective_on,
                "no_longer_eligible",
            )
            return [ended.letter(now)]
        told = {
            "aggregate_id": file.award_id,
            "occurred_at": now,
            "person_id": file.person_id,
            "application_id": file.application_id,
            "area_code": file.area_code,
            "agency": file.agency,
            "award_id": file.award_id,
            "programme": file.programme,
        }
        if self.act == "suspended":
            about = {"suspended_on": self.effective_on, "reason": self.reason}
            return [AwardSuspended.model_validate({**told, **about})]
        if self.act == "resumed":
            return [AwardResumed.model_validate({**told, "resumed_on": self.effective_on})]
        return []


def find(file: AwardFile, programme: Programme, found: Found, today: date) -> Turn | str:
    """The street's finding at an open re-check, or the code of what stands in its way."""
    if (stopped := _barred(file)) is not None:
        return stopped
    if file.stage not in OPEN:
        return "closed"
    if file.stage == "proposed" and not _lapsed(file, today):
        return "already_proposed"
    return _found(file, programme, found, today)


def report(file: AwardFile, programme: Programme, found: Found, today: date) -> Turn | str:
    """The street's own report about a running award (C-52), where no re-check is open."""
    if (stopped := _barred(file)) is not None:
        return stopped
    return "recheck_open" if file.recheck_id else _found(file, programme, found, today)


def decide(
    file: AwardFile,
    programme: Programme,
    decision: Decision,
    note: str | None,
    officer: Caller,
    today: date,
) -> Turn | str:
    """The district's decision on the street's finding."""
    if (stopped := _barred(file) or _undecidable(file, programme, officer, today)) is not None:
        return stopped
    finding, reason, effective_on = file.finding, file.reason, file.effective_on
    if finding is None or reason is None or effective_on is None:
        return "not_proposed"
    if decision == "reject" and note is None:
        return "note_missing"
    article = article_of(programme, reason, file.unmet)
    if decision == "confirm":
        months = parameter(programme, RECHECK_INTERVAL, today)
        return Turn(
            file, ACTS[finding], STAGES[finding], finding, reason, article, effective_on, note,
            "district", months,
        )  # fmt: skip
    # A "keep" that is not shared goes back to the street; anything else leaves the award as it is.
    again = finding == "keep" or file.outcome == "ineligible"
    stage = "open" if again else "kept"
    months = None if again else parameter(programme, RECHECK_INTERVAL, today)
    return Turn(file, "rejected", stage, finding, reason, article, today, note, "district", months)


def resume(
    file: AwardFile,
    programme: Programme,
    resumed_on: date | None,
    note: str | None,
    officer: Caller,
    today: date,
) -> Turn | str:
    """Give back what was suspended: one officer of the responsible body is enough for that."""
    if (stopped := _barred(file)) is not None:
        return stopped
    if file.suspended_on is None:
        return "not_suspended"
    if not responsible(programme, officer):
        return "not_responsible"
    day = resumed_on or today
    if not file.suspended_on <= day <= today:
        return "day_out_of_range"
    article = article_of(programme, file.suspend_reason or "")
    return Turn(file, "resumed", "", None, BACK, article, day, note, "district")


def each(
    lines: Sequence[tuple[UUID, D]],
    files: Mapping[UUID, AwardFile],
    act: Callable[[AwardFile, D], Turn | str],
) -> list[Turn | Refusal]:
    """Every line by itself: the act, or why there is none."""
    turns: list[Turn | Refusal] = []
    for about, line in lines:
        file = files.get(about)
        turn = "no_such_award" if file is None else act(file, line)
        turns.append(refusal(turn) if isinstance(turn, str) else turn)
    return turns


def _barred(file: AwardFile) -> str | None:
    if file.tied:
        return "tied"  # N-49
    return None if file.running else "award_ended"


def _lapsed(file: AwardFile, today: date) -> bool:
    return file.reviewed_on is not None and today > file.reviewed_on + PROPOSAL_STANDS


def _undecidable(file: AwardFile, programme: Programme, officer: Caller, today: date) -> str | None:
    if file.stage != "proposed":
        return "not_proposed"
    if file.reviewed_by == officer.sub:
        return "same_person"
    if not responsible(programme, officer):
        return "not_responsible"
    return "proposal_lapsed" if _lapsed(file, today) else None


def _found(file: AwardFile, programme: Programme, found: Found, today: date) -> Turn | str:
    day = found.effective_on or today
    if not file.starts_on <= day <= today:
        return "day_out_of_range"
    if found.note is None and (found.finding == "end" or file.outcome != "eligible"):
        return "note_missing"
    if found.finding == "suspend" and found.reason is None:
        return "reason_missing"
    if found.finding == "suspend" and file.suspended_on is not None:
        return "already_suspended"
    reason = {"keep": STILL_TRUE, "end": NOT_ELIGIBLE}.get(found.finding) or found.reason or ""
    article = article_of(programme, reason, file.unmet if found.finding != "suspend" else ())
    # Against the rules' "no" an award is kept by two people, like it was granted (N-28).
    alone = found.finding == "keep" and file.outcome != "ineligible"
    stage, act = ("kept", ACTS["keep"]) if alone else ("proposed", "proposed")
    months = parameter(programme, RECHECK_INTERVAL, today) if alone else None
    return Turn(file, act, stage, found.finding, reason, article, day, found.note, "street", months)
