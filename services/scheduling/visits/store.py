"""Visits as rows: a month's roster, reports of up to a thousand visits, lists and counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from services.scheduling.policy.loader import Policy, Rules
from services.scheduling.visits import statements as sql
from services.scheduling.visits.domain import SubstituteStanding, Visit
from services.scheduling.visits.reports import unknown_visit
from services.scheduling.workforce.domain import CaregiverStanding, double_booked
from shared.clock import SHANGHAI
from shared.contracts.letter import Letter
from shared.contracts.months import last_day
from shared.jsonb import jsonb
from shared.work import Work

INSTANTS = ("planned_at", "planned_until", "checked_in_at", "checked_out_at")


class Visits:
    """Visits in the caller's scope."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def rules(self) -> Rules:
        """The policy in force on the office's day."""
        policy: Policy = self._work.state["policy"]
        return policy.on(self._work.today)

    @property
    def now(self) -> datetime:
        return self._work.now

    async def make_roster(self, month_on: date) -> Mapping[str, Any]:
        """Make the visits of a month from the confirmed plans; those that stand are kept."""
        rows = await self._work.rows(sql.ROSTER, first_on=month_on, last_on=last_day(month_on))
        return rows[0]

    async def hold(self, visit_ids: Sequence[UUID]) -> dict[UUID, Visit]:
        """Lock visits."""
        rows = await self._work.rows(sql.HOLD, ids=list(visit_ids))
        return {row["visit_id"]: _visit(row) for row in rows}

    async def hold_one(self, visit_id: UUID) -> Visit:
        """Lock one visit.

        Raises:
            NotFound: there is none in the caller's sight.
        """
        held = await self.hold([visit_id])
        if visit_id not in held:
            raise unknown_visit()
        return held[visit_id]

    async def hold_substitutes(
        self, pairs: Sequence[tuple[UUID, UUID]]
    ) -> dict[tuple[UUID, UUID], SubstituteStanding]:
        """Lock would-be substitutes and tell how each stands for its visit; before the visits."""
        if not pairs:
            return {}
        caregivers = [caregiver for _, caregiver in pairs]
        await self._work.rows(sql.HOLD_CAREGIVERS, ids=caregivers)
        rows = await self._work.rows(
            sql.SUBSTITUTES, visits=[visit for visit, _ in pairs], caregivers=caregivers
        )
        return {(row["visit_id"], row["caregiver_id"]): _substitute(row) for row in rows}

    async def save(self, visits: Sequence[Visit], events: Sequence[Letter]) -> None:
        """Keep what became of visits, and send the letters.

        Raises:
            Conflict: a substitute's time was given away meanwhile.
        """
        if visits:
            lines = jsonb([asdict(visit) for visit in visits])
            sub = self._work.caller.sub
            try:
                await self._work.run(sql.SAVE, lines=lines, sub=sub, now=self.now)
            except IntegrityError as clash:
                raise double_booked() from clash
        self._work.send(*events)

    async def cancel(self, plan_id: UUID, last_on: date) -> None:
        """Cancel a plan's open visits after its last day."""
        await self._work.run(sql.CANCEL, plan_id=plan_id, last_on=last_on)

    async def pause(self, award_id: UUID) -> None:
        """Lay an award's open visits aside on the days on which its plans rest."""
        await self._work.run(sql.PAUSE, award_id=award_id)

    async def resume(self, award_id: UUID, resumed_on: date) -> None:
        """Take an award's visits up again; a day that is past when it is heard stays lost.

        An award that was held for nothing is resumed as of the day on which it was held.
        """
        first_on = max(resumed_on, self._work.today)
        await self._work.run(sql.RESUME, award_id=award_id, first_on=first_on)

    async def give_up(self, award_id: UUID) -> None:
        """Cancel the visits of an award that still rest, since they will not be taken up."""
        await self._work.run(sql.GIVE_UP, award_id=award_id)

    async def move(self, person_id: UUID, area_code: str) -> None:
        """A person's open visits follow the person to another community."""
        await self._work.run(sql.MOVE, person_id=person_id, area_code=area_code)

    async def page(
        self,
        plan_id: UUID | None,
        day_on: date | None,
        state: str | None,
        after: tuple[date | None, UUID | None],
        most: int,
    ) -> Sequence[Mapping[str, Any]]:
        """Visits by day and id, after a day and id."""
        return await self._work.rows(
            sql.LIST,
            plan_id=plan_id,
            day_on=day_on,
            state=state,
            after_day=after[0],
            after_id=after[1],
            most=most,
        )

    async def summary(self) -> Mapping[str, Any]:
        """Counts of plans and visits in the caller's scope."""
        rows = await self._work.rows(sql.SUMMARY)
        return rows[0]


def _visit(row: Mapping[str, Any]) -> Visit:
    facts: dict[str, Any] = {**row, "done_items": tuple(row["done_items"])}
    for name in INSTANTS:
        if facts[name] is not None:
            facts[name] = facts[name].astimezone(SHANGHAI)
    return Visit(**facts)


def _substitute(row: Mapping[str, Any]) -> SubstituteStanding:
    standing = CaregiverStanding(row["provider_id"], row["on_duty"], row["certified_until_on"])
    return SubstituteStanding(row["caregiver_id"], standing, row["is_busy"])
