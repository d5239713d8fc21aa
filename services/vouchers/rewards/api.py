"""/v1/reward-schemes and /v1/rewards: providers' yearly rewards and training money (C-25)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from services.vouchers.approvals.domain import Outcome, decide
from services.vouchers.funds.domain import check_signer
from services.vouchers.rewards.domain import HIGHEST_POINTS, Step, check_steps, reward
from services.vouchers.rewards.store import Rewards
from shared.caller import Caller
from shared.contracts.money import LARGEST_FEN
from shared.contracts.months import MONTHS_IN_YEAR
from shared.doors import Body, DoorRoute, opens, permit
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = APIRouter(prefix="/v1", tags=["rewards"], route_class=DoorRoute)
Signer = Annotated[Caller, permit("district_officer", "finance")]
Reader = Annotated[Caller, permit("provider", "district_officer", "finance", "auditor")]
Office = Annotated[Caller, permit("district_officer", "finance", "auditor")]
Store = Annotated[Rewards, Depends(opens(Rewards))]
FIRST_YEAR, LAST_YEAR = 2010, 2999
LONGEST = 60
LONGEST_REASON = 500
MOST_STEPS = 20
MOST_PEOPLE = 100_000
NUMBER = r"^[\w\-〔〕（）()／/]+$"
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR, strict=True)]
Reason = Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]
Amount = Annotated[int, Field(gt=0, le=LARGEST_FEN, strict=True)]


class StepOrder(Body):
    """From so many points on, so much money."""

    points_from: int = Field(ge=0, le=HIGHEST_POINTS, strict=True)
    amount_fen: Amount


class SchemeOrder(Body):
    """A year's scheme of amounts, by its order's number."""

    id: UUID
    year: Year
    order_no: str = Field(min_length=1, max_length=LONGEST, pattern=NUMBER)
    months_at_least: int = Field(ge=1, le=MONTHS_IN_YEAR, strict=True)
    steps: list[StepOrder] = Field(min_length=1, max_length=MOST_STEPS)


class SecondSignature(Body):
    """The other body's signature, with its reasons."""

    id: UUID
    outcome: Outcome
    reason: Reason


class RewardOrder(Body):
    """A provider to be rewarded for a year; the amount follows from its result and the scheme."""

    id: UUID
    provider_id: UUID
    year: Year
    reason: Reason


class TrainingOrder(Body):
    """Money for training workers: the course and how many take part."""

    id: UUID
    provider_id: UUID
    year: Year
    course: str = Field(min_length=1, max_length=LONGEST)
    people: int = Field(gt=0, le=MOST_PEOPLE, strict=True)
    amount_fen: Amount
    reason: Reason


class SchemeStands(BaseModel):
    """A scheme and whether it is in force."""

    scheme_id: UUID
    state: Literal["proposed", "approved", "refused"]


class RewardStands(BaseModel):
    """A reward or training money, in fen."""

    reward_id: UUID
    state: Literal["proposed", "approved", "refused"]
    amount_fen: int


class SchemeLine(BaseModel):
    """A scheme with its signatures."""

    scheme_id: UUID
    year: int
    order_no: str
    months_at_least: int
    points_from: list[int]
    amounts_fen: list[int]
    outcome: Outcome | None
    made_by: str
    made_body: str
    decided_by: str | None
    decided_body: str | None


class RewardLine(BaseModel):
    """A reward or training money with what it rests on and its signatures."""

    reward_id: UUID
    kind: Literal["reward", "training"]
    provider_id: UUID
    year: int
    points: int | None
    months: int | None
    people: int | None
    course: str | None
    amount_fen: int
    reason: str
    outcome: Outcome | None
    made_by: str
    made_body: str
    decided_by: str | None
    decided_body: str | None
    paid_on: date | None


@router.post("/reward-schemes", status_code=201)
async def scheme(order: SchemeOrder, caller: Signer, store: Store) -> SchemeStands:
    """Propose a year's scheme, signed for the caller's body."""
    check_signer(caller, store.signing_bodies)
    steps = [Step(one.points_from, one.amount_fen) for one in order.steps]
    check_steps(steps)
    await store.make_scheme(order.model_dump(exclude={"steps"}), steps)
    return SchemeStands(scheme_id=order.id, state="proposed")


@router.post("/reward-schemes/{scheme_id}/signatures", status_code=201)
async def sign_scheme(
    scheme_id: UUID, order: SecondSignature, caller: Signer, store: Store
) -> SchemeStands:
    """Sign a scheme for the other body; a year has one."""
    decide(await store.proposed_scheme(scheme_id), caller, store.signing_bodies)
    await store.decide_scheme(scheme_id, order.outcome, order.reason)
    return SchemeStands(scheme_id=scheme_id, state=order.outcome)


@router.get("/reward-schemes")
async def schemes(caller: Office, store: Store) -> list[SchemeLine]:
    """All schemes."""
    return [SchemeLine.model_validate(dict(row)) for row in await store.schemes()]


@router.post("/rewards", status_code=201)
async def propose(order: RewardOrder, caller: Signer, store: Store) -> RewardStands:
    """Propose a provider's reward for a year that is over."""
    check_signer(caller, store.signing_bodies)
    provider, year = str(order.provider_id), order.year
    result, in_force = await store.result(provider, year), await store.scheme(year)
    amount = reward(result, in_force, year, store.today)
    assert in_force is not None
    rests_on = {"scheme_id": in_force.id, "points": result.points, "months": result.months}
    about = {"id": order.id, "agency": provider, "year": year, "reason": order.reason}
    await store.propose({**about, **rests_on, "kind": "reward", "amount_fen": amount})
    return RewardStands(reward_id=order.id, state="proposed", amount_fen=amount)


@router.post("/training-grants", status_code=201)
async def train(order: TrainingOrder, caller: Signer, store: Store) -> RewardStands:
    """Propose money for training workers; it comes from funds that may pay for training."""
    check_signer(caller, store.signing_bodies)
    said = order.model_dump(exclude={"provider_id"})
    await store.propose({**said, "agency": str(order.provider_id), "kind": "training"})
    return RewardStands(reward_id=order.id, state="proposed", amount_fen=order.amount_fen)


@router.post("/rewards/{reward_id}/signatures", status_code=201)
async def sign(
    reward_id: UUID, order: SecondSignature, caller: Signer, store: Store
) -> RewardStands:
    """Sign a reward or training money for the other body; it is booked and ordered to be paid."""
    row, proposal = await store.proposal(reward_id)
    decide(proposal, caller, store.signing_bodies)
    await store.decide(reward_id, row, order.outcome, order.reason)
    return RewardStands(reward_id=reward_id, state=order.outcome, amount_fen=row["amount_fen"])


@router.get("/rewards")
async def rewards(
    caller: Reader, store: Store, limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None
) -> Page[RewardLine]:
    """Rewards and training money; a provider sees its own."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.rewards(after, limit + 1)
    lines = [RewardLine.model_validate(dict(row)) for row in rows]
    return page_of(lines, limit, lambda line: (line.reward_id,))
