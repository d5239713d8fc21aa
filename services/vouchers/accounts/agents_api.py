"""/v1/agents: who may collect for a holder, on which paper, and until when (C-47)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel, Field

from services.vouchers.accounts.agents_store import Agents
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import invalid_field

router = doors("/v1/agents", "accounts")
Recorder = Annotated[Caller, permit("community_worker", "street_officer", "district_officer")]
Reader = Annotated[
    Caller, permit("community_worker", "street_officer", "district_officer", "auditor")
]
Store = Annotated[Agents, Depends(opens(Agents))]
Relation = Literal[
    "spouse", "child", "grandchild", "sibling", "guardian", "community_worker", "other"
]
NUMBER = r"^[\w\-〔〕（）()／/]+$"
LONGEST_NUMBER = 60


class AuthorityOrder(Body):
    """A written authority: its number, the agent's relation and the days; no name is kept."""

    id: UUID
    person_id: UUID
    relation: Relation
    authority_no: str = Field(min_length=1, max_length=LONGEST_NUMBER, pattern=NUMBER)
    from_on: date
    until_on: date


class WithdrawalOrder(Body):
    """The end of an authority; `id` is made by the client."""

    id: UUID


class AgentRecorded(BaseModel):
    """An authority that is recorded or has ended."""

    agent_id: UUID
    state: Literal["recorded", "withdrawn"]


class AgentLine(BaseModel):
    """An authority and whether it holds today."""

    agent_id: UUID
    person_id: UUID
    relation: Relation
    authority_no: str
    from_on: date
    until_on: date
    recorded_on: date
    recorded_by: str
    ended_on: date | None
    may_collect: bool


@router.post("", status_code=201)
async def record(order: AuthorityOrder, caller: Recorder, store: Store) -> AgentRecorded:
    """Record a written authority to collect for a holder."""
    if order.until_on < max(order.from_on, store.today):
        raise invalid_field(
            "body.until_on",
            "authority_over",
            "截止日不得早于起始日或今天",
            "the last day must not lie before the first one or before today",
        )
    await store.record(order.model_dump())
    return AgentRecorded(agent_id=order.id, state="recorded")


@router.post("/{agent_id}/withdrawals", status_code=201)
async def withdraw(
    agent_id: UUID, order: WithdrawalOrder, caller: Recorder, store: Store
) -> AgentRecorded:
    """End an authority at once."""
    await store.withdraw(agent_id)
    return AgentRecorded(agent_id=agent_id, state="withdrawn")


@router.get("")
async def agents(person_id: UUID, caller: Reader, store: Store) -> list[AgentLine]:
    """Everybody who may or might collect for a holder."""
    return [AgentLine.model_validate(dict(row)) for row in await store.of_person(person_id)]
