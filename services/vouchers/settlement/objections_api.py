"""Doors of a provider's word: confirmation of a statement, objections to its lines, decisions."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field

from services.vouchers.settlement.objections import (
    Decision,
    check_time,
    confirm,
    decide,
    object_to,
    unknown_objection,
)
from services.vouchers.settlement.objections_store import Objections
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import Conflict, Refusal
from shared.lines import BulkAnswer, LineResult, Lines, Listed, added, stood, tried
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor

router = doors("/v1", "settlement")
Store = Annotated[Objections, Depends(opens(Objections))]
Readers = permit("finance", "district_officer", "auditor", "provider")
LONGEST_REASON = 400


class Confirmation(Body):
    """The provider accepts its statement; `id` is made by the client."""

    id: UUID


class Objected(Body):
    """An objection to one line: a redemption's id, or a deduction's."""

    id: UUID
    line_id: UUID
    reason: Annotated[str, Field(min_length=1, max_length=LONGEST_REASON)]


class ObjectionList(Body):
    """Objections to up to 1,000 lines; each is decided by itself."""

    id: UUID
    objections: Listed[Objected]


class DecisionOrder(Body):
    """Finance's decision: an accepted line goes out of the statement; a rejection says why."""

    id: UUID
    decision: Decision
    reason: Annotated[str, Field(max_length=LONGEST_REASON)] = ""


class Confirmed(BaseModel):
    """The statement that was confirmed, and what it pays in fen."""

    settlement_id: UUID
    amount_fen: int


class ObjectionView(BaseModel):
    """An objection and its decision."""

    objection_id: UUID
    settlement_id: UUID
    line_id: UUID
    provider_id: UUID
    amount_fen: int
    reason: str
    objected_on: date
    objected_by: str
    decision: Decision | None
    decision_reason: str | None
    decided_on: date | None
    decided_by: str | None


class Decided(BaseModel):
    """What became of the objection and what its statement pays now, in fen."""

    objection_id: UUID
    decision: Decision
    settlement_id: UUID
    amount_fen: int
    void: bool


@router.post(
    "/settlements/{settlement_id}/confirmation",
    status_code=201,
    dependencies=[permit("provider")],
)
async def confirm_statement(settlement_id: UUID, order: Confirmation, store: Store) -> Confirmed:
    """The provider confirms its statement."""
    settlement = confirm(await store.settlement(settlement_id))
    await store.confirm(settlement)
    return Confirmed(settlement_id=settlement.id, amount_fen=settlement.amount_fen)


@router.post("/settlements/{settlement_id}/objections", dependencies=[permit("provider")])
async def object_to_lines(
    settlement_id: UUID, order: ObjectionList, store: Store, response: Response
) -> BulkAnswer[LineResult]:
    """The provider objects to lines of its statement, each with its reason."""
    settlement = check_time(await store.settlement(settlement_id), store.today)
    lines = Lines("objections", Objected, order.objections, "line_id", once=True)
    found = await store.lines(settlement, [one.line_id for one in lines.sound])
    tries = [tried(object_to, found.get(one.line_id)) for one in lines.sound]
    kept = [
        (one.id, line, one.reason)
        for one, line in zip(lines.sound, tries, strict=True)
        if not isinstance(line, Refusal)
    ]
    fresh = await store.object_to(settlement, kept) if stood(tries) else []
    ids = [one.id for one in lines.sound]
    return lines.answer(added(ids, tries, fresh, "objected", _taken), response)


@router.get("/objections", dependencies=[Readers])
async def objections(
    store: Store,
    *,
    only_open: Annotated[bool, Query(description="only those not decided yet")] = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[ObjectionView]:
    """Objections; a provider sees its own."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.page(after, limit + 1, only_open=only_open)
    views = [ObjectionView.model_validate(dict(row)) for row in rows]
    return page_of(views, limit, lambda view: (view.objection_id,))


@router.post("/objections/{objection_id}/decision", status_code=201)
async def decide_objection(
    objection_id: UUID,
    order: DecisionOrder,
    caller: Annotated[Caller, permit("finance")],
    store: Store,
) -> Decided:
    """Finance accepts an objection (the line goes out) or rejects it with a reason."""
    objection = await store.load(objection_id)
    if objection is None:
        raise unknown_objection()
    decide(objection, order.decision, order.reason, caller)
    await store.decide(objection, order.decision, order.reason)
    settlement = await store.settlement(objection.settlement_id)
    assert settlement is not None
    return Decided(
        objection_id=objection.id,
        decision=order.decision,
        settlement_id=settlement.id,
        amount_fen=settlement.amount_fen,
        void=settlement.void_on is not None,
    )


def _taken() -> Refusal:
    return Conflict("id_taken", "此编号已用过", "this id has been used")
