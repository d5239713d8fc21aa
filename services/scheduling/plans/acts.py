"""The plans' acts on many lines: each line is decided by itself, what stands is saved at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from services.scheduling.plans.domain import (
    Draft,
    Plan,
    confirm,
    draft_refusal,
    propose,
    unknown_plan,
)
from services.scheduling.plans.store import Plans
from services.scheduling.workforce.domain import double_booked
from shared.contracts.scheduling import PlanConfirmed, PlanProposed
from shared.errors import Conflict, Refusal


async def propose_all(drafts: Sequence[Draft], plans: Plans, sub: str) -> list[str | Refusal]:
    """Propose plans: for each draft the state it came to, or the refusal."""
    rules, now = plans.rules, plans.now
    first = {draft.plan_id: draft for draft in reversed(drafts)}
    outcomes: dict[int, str | Refusal] = {}
    for nth, draft in enumerate(drafts):
        refusal = draft_refusal(draft, rules, now.date())
        if refusal or first[draft.plan_id] != draft:
            outcomes[nth] = refusal or _taken()
    sound = [nth for nth in range(len(drafts)) if nth not in outcomes]
    standings = await plans.standings([drafts[nth] for nth in sound])
    made: dict[UUID, tuple[Plan, PlanProposed]] = {}
    for nth, standing in zip(sound, standings, strict=True):
        decision = propose(drafts[nth], standing, rules, sub, now)
        if isinstance(decision, Refusal):
            outcomes[nth] = decision
        else:
            made[drafts[nth].plan_id] = decision
    states = await plans.save_proposals(list(made.values()))
    return [
        outcomes.get(nth) or states.get(draft.plan_id, _taken()) for nth, draft in enumerate(drafts)
    ]


def _taken() -> Refusal:
    return Conflict(
        "id_taken",
        "该标识已用于另一方案；更改须另提新方案并重新核定",
        "this id belongs to another plan; a change is a new plan and is confirmed anew",
    )


async def confirm_all(plan_ids: Sequence[UUID], plans: Plans, sub: str) -> list[str | Refusal]:
    """Confirm plans, each named once: for each the state it came to, or the refusal."""
    held, rules, now = await plans.hold(plan_ids), plans.rules, plans.now
    outcomes: dict[UUID, str | Refusal] = {}
    events: list[PlanConfirmed] = []
    given: Counter[UUID] = Counter()
    for plan_id in plan_ids:
        if plan_id not in held:
            outcomes[plan_id] = unknown_plan()
            continue
        plan, standing = held[plan_id]
        caregiver = plan.fixed.caregiver_id
        decision = confirm(plan, standing, rules, sub, now, given[caregiver])
        if isinstance(decision, Refusal):
            outcomes[plan_id] = decision
        else:
            given[caregiver] += plan.fixed.week_minutes
            events.append(decision)
    won = await plans.save_confirmations(events, sub)
    for event in events:
        outcomes[event.plan_id] = "confirmed" if event.plan_id in won else double_booked()
    return [outcomes[plan_id] for plan_id in plan_ids]
