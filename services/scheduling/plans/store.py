"""Plans and bookings as rows: proposals and confirmations of up to a thousand at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.scheduling.plans import statements as sql
from services.scheduling.plans.domain import Draft, EndReason, Plan, ended, unknown_plan
from services.scheduling.plans.guards import Standing
from services.scheduling.policy.loader import Policy, Rules
from services.scheduling.workforce.domain import CaregiverStanding
from shared.contracts.scheduling import PlanConfirmed, PlanEnded, PlanProposed
from shared.errors import Conflict
from shared.jsonb import jsonb
from shared.work import Work

FIXED = (
    "plan_id", "person_id", "programme", "provider_id", "caregiver_id", "item_code",
    "starts_at_minute", "minutes", "place", "starts_on", "ends_on",
)  # fmt: skip


class Plans:
    """Plans in the caller's scope."""

    def __init__(self, work: Work) -> None:
        self._work = work

    @property
    def rules(self) -> Rules:
        """The policy in force on the office's day."""
        policy: Policy = self._work.state["policy"]
        return policy.on(self.today)

    @property
    def today(self) -> date:
        return self._work.today

    @property
    def now(self) -> datetime:
        return self._work.now

    async def standings(self, drafts: Sequence[Draft]) -> list[Standing]:
        """How the parties of each draft stand, in one statement."""
        lines = [{**asdict(draft), "nth": nth} for nth, draft in enumerate(drafts)]
        rows = await self._work.rows(sql.STANDINGS, lines=jsonb(lines), today=self.today)
        return [_standing(row) for row in rows]

    async def save_proposals(self, made: Sequence[tuple[Plan, PlanProposed]]) -> dict[UUID, str]:
        """Keep new plans; gives the state of those kept now, or kept the same before."""
        lines = [_line(plan) for plan, _ in made]
        rows = await self._work.rows(sql.PROPOSE, lines=jsonb(lines), proposed_at=self.now)
        fresh = {row["plan_id"] for row in rows if row["fresh"]}
        self._work.send(*(event for plan, event in made if plan.fixed.plan_id in fresh))
        return {row["plan_id"]: row["state"] for row in rows}

    async def hold(self, plan_ids: Sequence[UUID]) -> dict[UUID, tuple[Plan, Standing]]:
        """Lock plans and their parties, and tell how they stand."""
        await self._work.run("SELECT hold_parties(CAST(:ids AS uuid[]))", ids=list(plan_ids))
        rows = await self._work.rows(sql.HOLD, ids=list(plan_ids))
        plans = [_plan(row) for row in rows]
        standings = await self.standings([plan.fixed for plan in plans])
        return {p.fixed.plan_id: (p, s) for p, s in zip(plans, standings, strict=True)}

    async def save_confirmations(self, events: Sequence[PlanConfirmed], sub: str) -> set[UUID]:
        """Book the caregivers' weeks; plans whose time was just taken are left as they are."""
        rows = await self._work.rows(
            sql.CONFIRM,
            ids=[event.plan_id for event in events],
            today=self.today,
            now=self.now,
            sub=sub,
        )
        won = {row["plan_id"] for row in rows}
        self._work.send(*(event for event in events if event.plan_id in won))
        return won

    async def end(
        self,
        last_on: date,
        reason: EndReason,
        *,
        plan_id: UUID | None = None,
        person_id: UUID | None = None,
        award_id: UUID | None = None,
        provider_id: UUID | None = None,
    ) -> list[PlanEnded]:
        """End the plans of one plan, person, award or provider, unless they ended before."""
        rows = await self._work.rows(
            sql.END,
            plan_id=plan_id,
            person_id=person_id,
            award_id=award_id,
            provider_id=str(provider_id) if provider_id else None,
            last_on=last_on,
            reason=reason,
        )
        events = [ended(_plan(row), row["ended_on"], reason, self.now) for row in rows]
        self._work.send(*events)
        return events

    async def end_one(self, plan_id: UUID, last_on: date, reason: EndReason) -> None:
        """End one plan.

        Raises:
            NotFound: there is none in the caller's sight.
            Conflict: it has ended on an earlier day.
        """
        if await self._work.value(sql.STATE, plan_id=plan_id) is None:
            raise unknown_plan()
        if not await self.end(last_on, reason, plan_id=plan_id):
            raise Conflict(
                "plan_ended_before", "该方案已更早终止", "this plan has ended on an earlier day"
            )

    async def pause(self, award_id: UUID, last_on: date, reason: str) -> None:
        """The plans of an award rest after a day, until it is resumed."""
        await self._work.run(sql.PAUSE, award_id=award_id, last_on=last_on, reason=reason)

    async def resume(self, award_id: UUID, first_on: date) -> None:
        """The plans of an award go on from a day."""
        await self._work.run(sql.RESUME, award_id=award_id, first_on=first_on)

    async def move(self, person_id: UUID, area_code: str) -> None:
        """A person's plans follow the person to another community."""
        await self._work.run(sql.MOVE, person_id=person_id, area_code=area_code)

    async def page(
        self, within: str, state: str | None, after: UUID | None, most: int
    ) -> Sequence[Mapping[str, Any]]:
        """Plans by id, after an id, of an area and state."""
        return await self._work.rows(
            sql.LIST, area=f"{within}%", state=state, after=after, most=most
        )


def _line(plan: Plan) -> dict[str, Any]:
    rest = {
        "area_code": plan.area_code,
        "award_id": plan.award_id,
        "application_id": plan.application_id,
        "proposed_by": plan.proposed_by,
    }
    return {**asdict(plan.fixed), **rest}


def _plan(row: Mapping[str, Any]) -> Plan:
    fixed = Draft(weekdays=tuple(row["weekdays"]), **{name: row[name] for name in FIXED})
    return Plan(
        fixed,
        row["area_code"],
        row["award_id"],
        row["application_id"],
        row["state"],
        row["proposed_by"],
    )


def _standing(row: Mapping[str, Any]) -> Standing:
    facts = dict(row)
    caregiver = CaregiverStanding(
        facts.pop("caregiver_provider") or "",
        bool(facts.pop("on_duty")),
        facts.pop("certified_until_on"),
    )
    return Standing(caregiver=caregiver, **facts)
