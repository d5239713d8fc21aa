"""The public notice of a case: while it runs anybody may object, and people judge the objection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from services.eligibility.awards.domain import responsible
from services.eligibility.policy import Programme
from services.eligibility.reviews.domain import CaseFile
from shared.caller import Caller
from shared.contracts.eligibility import (
    AwardResumed,
    AwardSuspended,
    ObjectionDecided,
    ObjectionRaised,
)
from shared.contracts.letter import Letter
from shared.errors import Conflict, NotFound, invalid_field

NOTICE_DAYS = "public_notice"
HELD = "facts_disputed"
Outcome = Literal["dismissed", "sustained"]
# A run of digits that could be a phone or an identity number.
DIGITS = re.compile(r"\d{7}")


@dataclass(frozen=True, slots=True)
class Posted:
    """A case on public notice; `award_id` is none while it waits for approval."""

    case_id: UUID
    application_id: UUID
    person_id: UUID
    programme: str
    area_code: str
    agency: str | None
    reviewed_by: str
    granted_by: str | None
    award_id: UUID | None
    running: bool
    suspended: bool
    posted_on: date
    last_on: date | None


@dataclass(frozen=True, slots=True)
class Objection:
    """What somebody said against a posted case; `held_on` is since when its award is on hold.

    `holds` says that this objection put it there, `others_open` that another one holds it too.
    """

    objection_id: UUID
    case_id: UUID
    award_id: UUID | None
    application_id: UUID
    person_id: UUID
    programme: str
    area_code: str
    agency: str | None
    reviewed_by: str
    granted_by: str | None
    outcome: Outcome | None
    held_on: date | None
    others_open: bool
    recorded_by: str = ""
    holds: bool = False

    def raised(self, now: datetime) -> list[Letter]:
        """That somebody objected, and that the award's coming months wait."""
        told: list[Letter] = [
            ObjectionRaised(
                **self._envelope(now, self.case_id),
                objection_id=self.objection_id,
                case_id=self.case_id,
                award_id=self.award_id,
                raised_on=now.date(),
            )
        ]
        if self.holds and self.award_id is not None:
            told.append(
                AwardSuspended(
                    **self._envelope(now, self.award_id),
                    award_id=self.award_id,
                    suspended_on=now.date(),
                    reason=HELD,
                )
            )
        return told

    def decided(self, outcome: Outcome, now: datetime) -> list[Letter]:
        """What came of it; an award that was held for nothing loses no month by it."""
        told: list[Letter] = [
            ObjectionDecided(
                **self._envelope(now, self.case_id),
                objection_id=self.objection_id,
                case_id=self.case_id,
                award_id=self.award_id,
                outcome=outcome,
                decided_on=now.date(),
            )
        ]
        if self.frees(outcome) and self.held_on is not None and self.award_id is not None:
            told.append(
                AwardResumed(
                    **self._envelope(now, self.award_id),
                    award_id=self.award_id,
                    resumed_on=self.held_on,
                )
            )
        return told

    def frees(self, outcome: Outcome) -> bool:
        """Whether the award goes on: dismissed, and nothing else is said against it."""
        return outcome == "dismissed" and self.held_on is not None and not self.others_open

    def _envelope(self, now: datetime, aggregate_id: UUID) -> dict[str, Any]:
        return {
            "aggregate_id": aggregate_id,
            "occurred_at": now,
            "person_id": self.person_id,
            "application_id": self.application_id,
            "area_code": self.area_code,
            "agency": self.agency,
            "programme": self.programme,
        }


def raise_objection(
    objection_id: UUID, posted: Posted | None, held_on: date | None, today: date
) -> Objection:
    """An objection to a posted case; `held_on` is since when the award is on hold already.

    Raises:
        NotFound: no such case was posted in the caller's area.
        Conflict: the notice is over.
    """
    if posted is None or posted.last_on is None:
        raise NotFound(
            "not_on_notice",
            "辖区内没有公示此件",
            "there is no such case on public notice in your area",
        )
    if today > posted.last_on:
        raise Conflict(
            "notice_over",
            f"公示期已于{posted.last_on:%Y-%m-%d}届满；其后的情况反映请按复核办理",
            f"the notice ended on {posted.last_on}; what is reported later goes to a re-check",
        )
    holds = posted.running and not posted.suspended
    return Objection(
        objection_id,
        posted.case_id,
        posted.award_id if posted.running else None,
        posted.application_id,
        posted.person_id,
        posted.programme,
        posted.area_code,
        posted.agency,
        posted.reviewed_by,
        posted.granted_by,
        None,
        today if holds else held_on,
        False,
        holds=holds,
    )


def judge(
    objection: Objection, file: CaseFile, programme: Programme, officer: Caller
) -> str | None:
    """Why this officer cannot judge the objection; none: he can."""
    if objection.outcome is not None:
        return "objection_judged"
    if file.tied:
        return "tied"  # N-49
    if officer.sub in (objection.reviewed_by, objection.granted_by, objection.recorded_by):
        return "took_part"
    return None if responsible(programme, officer) else "not_responsible"


def check_words(field: str, words: str) -> str:
    """Words that are kept for ever name nobody by number.

    Raises:
        Invalid: they hold a number that could be somebody's.
    """
    if DIGITS.search(words):
        raise invalid_field(
            field,
            "words_name_somebody",
            "文字会长期保存，请勿写入证件号或电话",
            "these words are kept for ever; do not write numbers or phones into them",
        )
    return words
