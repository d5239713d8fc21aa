"""Cases before officers, reviews, ties and what life does to open cases, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from services.eligibility.determinations.store import Determinations, phases_of
from services.eligibility.policy import PolicyBook, Programme
from services.eligibility.reviews import statements
from services.eligibility.reviews.clock import WARN_DAYS, Due, limits
from services.eligibility.reviews.domain import CaseFile, Reviewed, TieKind, on_notice
from shared.contracts.letter import Letter
from shared.errors import NotFound
from shared.jsonb import jsonb
from shared.work import Row, Work


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases of the worklist to show."""

    stage: str | None = None
    outcome: str | None = None
    programme: str | None = None
    due: Due | None = None
    warn_days: int = WARN_DAYS
    case_id: UUID | None = None


class Cases:
    """Cases as officers find them, and what they or life events do to them."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def today(self) -> date:
        return self._work.today

    @property
    def now(self) -> datetime:
        return self._work.now

    @property
    def determinations(self) -> Determinations:
        """Determinations, in the same transaction."""
        return Determinations(self._work)

    @property
    def policies(self) -> PolicyBook:
        """This office's policy book."""
        book: PolicyBook = self._work.state["policies"]
        return book

    def programme(self, programme_id: str) -> Programme:
        """A programme of this office's policy book."""
        return self.policies.programme(programme_id)

    async def files(self, case_ids: Sequence[UUID]) -> dict[UUID, CaseFile]:
        """The cases of a list within the caller's area, locked for this transaction."""
        rows = await self._work.rows(
            statements.FILES,
            ids=list(case_ids),
            sub=self._work.caller.sub,
            phases=phases_of(self._work),
        )
        return {row["case_id"]: self._file(row) for row in rows}

    async def save(self, reviewed: Sequence[Reviewed], events: Sequence[Letter]) -> None:
        """Keep the reviews of a list, by the caller, and journal them."""
        if reviewed:
            await self._work.run(
                statements.SAVE,
                lines=jsonb([_line(one) for one in reviewed]),
                sub=self._work.caller.sub,
                body=self._work.caller.body,
                today=self.today,
            )
        self._work.send(*events)

    async def worklist(
        self, wanted: Wanted, after: tuple[date | None, UUID | None], most: int
    ) -> Sequence[Row]:
        """Cases in the caller's area, the longest waiting first."""
        return await self._work.rows(
            statements.WORKLIST,
            **self._clocked(wanted),
            after_on=after[0],
            after_id=after[1],
            most=most,
        )

    async def one(self, case_id: UUID) -> Row:
        """One case.

        Raises:
            NotFound: there is none in the caller's scope.
        """
        rows = await self.worklist(Wanted(case_id=case_id), (None, None), 1)
        if not rows:
            raise NotFound("no_such_case", "辖区内没有此件", "there is no such case in your area")
        return rows[0]

    async def due_counts(self) -> Sequence[Row]:
        """Open cases past their day, and close to it, by programme."""
        values = self._clocked(Wanted())
        values["due"] = "any"  # open cases alone
        return await self._work.rows(statements.DUE_COUNTS, **values)

    async def declare_tie(self, sub: str, person_id: UUID, kind: TieKind) -> None:
        """Somebody has a tie to a person and must keep out (N-49)."""
        await self._work.run(
            statements.DECLARE,
            sub=sub,
            person_id=person_id,
            kind=kind,
            today=self.today,
            declared_by=self._work.caller.sub,
        )

    async def close(
        self, stage: str, *, person_id: UUID | None = None, application_id: UUID | None = None
    ) -> None:
        """Close the open cases of a person or an application for good."""
        await self._work.run(
            statements.CLOSE, stage=stage, person_id=person_id, application_id=application_id
        )

    async def follow(self, person_id: UUID, area_code: str) -> None:
        """File everything of a person under the new community of the same district."""
        await self._work.run(statements.FOLLOW, person_id=person_id, area_code=area_code)

    async def release(self, programme: str, street_code: str) -> None:
        """Put what was held in a street before its officers; its time runs from today."""
        await self._work.run(
            statements.RELEASE,
            programme=programme,
            street_code=street_code,
            today=self.today,
            phases=phases_of(self._work),
        )

    async def reopen(self, case_id: UUID) -> bool:
        """Send a case back to the street; no if the person has another one open by now."""
        return (await self._work.run(statements.REOPEN, case_id=case_id, today=self.today)) > 0

    async def awaiting(self, application_id: UUID) -> set[UUID]:
        """The application's case, if it waits for papers."""
        rows = await self._work.rows(statements.AWAITING, application_id=application_id)
        return {row["case_id"] for row in rows}

    async def resume(self, person_id: UUID) -> None:
        """Let the time run again of cases that wait for papers no longer."""
        await self._work.run(statements.RESUME, person_id=person_id, today=self.today)

    def _clocked(self, wanted: Wanted) -> dict[str, Any]:
        return {
            "limits": jsonb(limits(self.policies)),
            "case_id": wanted.case_id,
            "stage": wanted.stage,
            "outcome": wanted.outcome,
            "programme": wanted.programme,
            "due": wanted.due,
            "today": self.today,
            "warn_on": self.today + timedelta(days=wanted.warn_days),
        }

    def _file(self, row: Row) -> CaseFile:
        programme = self.programme(row["programme"])
        values: dict[str, Any] = dict(row)
        for name in ("unmet", "evidence", "flags"):
            values[name] = tuple(row[name])
        values["activated"] = row["activated"] or not programme.asks_activation
        values["on_notice"] = on_notice(programme, values.pop("reviewed_on"), self.today)
        return CaseFile(**values)


def _line(one: Reviewed) -> dict[str, Any]:
    return {
        "case_id": one.file.case_id,
        "stage": one.stage,
        "decision": one.decision,
        "note": one.note,
        "documents": one.documents,
    }
