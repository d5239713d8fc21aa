"""/v1/reclaims: cases of money spent though not due, two people's decisions, and receipts."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends

from services.vouchers.approvals.domain import decide
from services.vouchers.funds.domain import check_signer
from services.vouchers.reclaims.bodies_api import (
    Case,
    CaseLine,
    Decided,
    DecisionLine,
    DecisionOrder,
    ReceiptLine,
    ReceiptOrder,
    Received,
    SecondSignature,
    SpentLine,
    planned,
)
from services.vouchers.reclaims.domain import (
    Instalment,
    Part,
    check_plan,
    check_unchanged,
    chosen,
    taken_back,
)
from services.vouchers.reclaims.store import Decision, Reclaims
from shared.caller import Caller
from shared.doors import doors, opens, permit
from shared.errors import Conflict, invalid_field
from shared.pages import DEFAULT_LIMIT, Cursor, Limit, Page, page_of, read_cursor
from shared.work import Row

router = doors("/v1/reclaims", "reclaims")
Signer = Annotated[Caller, permit("district_officer", "finance")]
Reader = Annotated[Caller, permit("street_officer", "district_officer", "finance", "auditor")]
Store = Annotated[Reclaims, Depends(opens(Reclaims))]


@router.get("")
async def cases(
    caller: Reader,
    store: Store,
    undone: bool = False,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[CaseLine]:
    """Cases; with `undone` those that wait for a decision or for money."""
    (after,) = read_cursor(cursor, UUID)
    rows = await store.cases(after, limit + 1, undone=undone)
    lines = [CaseLine.model_validate(dict(row)) for row in rows]
    return page_of(lines, limit, lambda line: (line.case_id,))


@router.get("/{case_id}")
async def case(case_id: UUID, caller: Reader, store: Store) -> Case:
    """One case with its redemptions, decisions, plans and receipts."""
    head = await store.case(case_id)
    told = await store.told_of(case_id)
    return Case(
        case_id=case_id,
        **{k: v for k, v in head.items() if k != "id"},
        lines=[SpentLine.model_validate(dict(row)) for row in told["lines"]],
        decisions=[
            DecisionLine(**row, instalments=_plan(row, told["instalments"], store))
            for row in told["decisions"]
        ],
        receipts=[ReceiptLine.model_validate(dict(row)) for row in told["receipts"]],
    )


@router.post("/{case_id}/decisions", status_code=201)
async def propose(case_id: UUID, order: DecisionOrder, caller: Signer, store: Store) -> Decided:
    """Propose who pays back: nobody, the provider by deduction, or the family by instalments."""
    check_signer(caller, store.signing_bodies)
    head = await store.case(case_id)
    meant = chosen(await store.undecided(case_id), order.redemption_ids, order.way)
    parts = await store.parts(meant)
    if not parts:
        raise Conflict(
            "nothing_left", "所列交易已全部退回，无可追回", "nothing is left to take back of these"
        )
    total = sum(part.amount_fen for part in parts)
    plan = [Instalment(one.due_on, one.amount_fen) for one in order.instalments]
    check_plan(order.way, plan, total, store.today)
    made = {"id": order.id, "way": order.way, "reason": order.reason}
    await store.propose(head, made, parts, plan)
    return Decided(decision_id=order.id, state="proposed", amount_fen=total, owed_fen=total)


@router.post("/decisions/{decision_id}/signatures", status_code=201)
async def sign(decision_id: UUID, order: SecondSignature, caller: Signer, store: Store) -> Decided:
    """Approve or refuse a proposal, as another person of the other body."""
    found = await store.decision(decision_id)
    decide(found.proposal, caller, store.signing_bodies)
    parts = await store.kept_parts(decision_id)
    if order.outcome == "approved":
        now = await store.parts([part.redemption_id for part in parts])
        check_unchanged(parts, now)
    await store.decide(found, order.outcome, order.reason)
    if order.outcome == "approved" and found.way == "provider":
        await store.deduct(found, taken_back(parts, found.amount_fen))
    owed = found.amount_fen if order.outcome == "approved" and found.way == "family" else 0
    return Decided(
        decision_id=decision_id, state=order.outcome, amount_fen=found.amount_fen, owed_fen=owed
    )


@router.post("/decisions/{decision_id}/receipts", status_code=201)
async def receive(
    decision_id: UUID,
    order: ReceiptOrder,
    caller: Annotated[Caller, permit("finance")],
    store: Store,
) -> Received:
    """Book what the family paid back; never more than is owed."""
    if order.received_on > store.today:
        raise invalid_field(
            "body.received_on", "in_the_future", "收款日期不得晚于今天", "must not be after today"
        )
    found = await store.decision(decision_id)
    _check_debt(found)
    parts = await store.kept_parts(decision_id)
    await store.receive(found, order.model_dump(), taken_back(parts, order.amount_fen))
    owed = _owed(parts) - order.amount_fen
    return Received(receipt_id=order.id, amount_fen=order.amount_fen, owed_fen=owed)


def _check_debt(decision: Decision) -> None:
    if decision.way != "family" or decision.proposal.outcome != "approved":
        raise Conflict(
            "no_debt",
            "此决定不是已批准的家属追回，不能登记收款",
            "this is no approved debt of a family; nothing can be received on it",
        )


def _owed(parts: list[Part]) -> int:
    return sum(part.left_fen for part in parts)


def _plan(decision: Row, instalments: Any, store: Reclaims) -> list[Any]:
    mine = [one for one in instalments if one["decision_id"] == decision["decision_id"]]
    return planned(mine, decision["recovered_fen"], store.today)
