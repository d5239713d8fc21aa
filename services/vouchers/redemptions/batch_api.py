"""POST /v1/redemptions/batch: up to 10,000 purchases, of tills that were offline for example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response
from pydantic import Field, SkipValidation

from services.vouchers.policy.model import VoucherPolicy
from services.vouchers.redemptions.api import ChargedMonth, RedemptionOrder, charged
from services.vouchers.redemptions.batch import (
    Again,
    Asked,
    Fresh,
    LineDecision,
    Taken,
    decide_batch,
)
from services.vouchers.redemptions.batch_store import Batches
from services.vouchers.redemptions.domain import (
    Accepted,
    RefusalCode,
    id_taken,
    provider_of,
)
from services.vouchers.redemptions.wording import WORDS
from shared.caller import Caller
from shared.doors import Body, doors, opens, permit
from shared.errors import Conflict, Refusal
from shared.lines import BulkAnswer, LineResult, Lines, Outcome, answer, stood, tried
from shared.vault import Vault

router = doors("/v1/redemptions", "redemptions")
MOST_PURCHASES = 10_000
"""The largest batch of purchases: what a till collects in days without a line."""
Purchases = Annotated[
    list[SkipValidation[RedemptionOrder]], Field(min_length=1, max_length=MOST_PURCHASES)
]


class RedemptionBatch(Body):
    """Purchases of one provider; each line's `id` is made by its till and kept for ever."""

    id: UUID
    lines: Purchases


class PurchaseResult(LineResult):
    """What became of one purchase; `again` tells that it was decided before, and how."""

    again: bool = False
    amount_fen: int | None = None
    balance_fen: int | None = None
    charged: tuple[ChargedMonth, ...] = ()


@router.post("/batch")
async def redeem_batch(
    batch: RedemptionBatch,
    caller: Annotated[Caller, permit("provider")],
    store: Annotated[Batches, Depends(opens(Batches))],
    response: Response,
) -> BulkAnswer[PurchaseResult]:
    """Book up to 10,000 purchases, each decided by itself; send a line again until answered."""
    provider_id = provider_of(caller)
    lines = Lines("lines", RedemptionOrder, batch.lines)
    sound = lines.sound
    asked = [tried(_asked, x, provider_id, store.today, store.policy, store.vault) for x in sound]
    decided = await _decided(provider_id, stood(asked), store)
    every = _in_order(asked, decided)
    money = [_money(one, order) for one, order in zip(every, sound, strict=True)]
    results = lines.told(PurchaseResult, [_outcome(one) for one in every], money)
    return answer(results, response)


async def _decided(
    provider_id: UUID, asked: Sequence[Asked], store: Batches
) -> Sequence[LineDecision]:
    facts = await store.load(provider_id, asked)
    decided = decide_batch(asked, facts, store.policy)
    await store.save(provider_id, decided)
    return decided


def _asked(
    order: RedemptionOrder, provider_id: UUID, today: date, policy: VoucherPolicy, vault: Vault
) -> Asked:
    card = order.shown(vault).card
    try:
        return Asked(order.purchase(provider_id, today, policy), card)
    except Refusal as refusal:
        # What was booked in time is told so, however late it is sent again.
        return Asked(order.on(order.occurred_on or today, provider_id), card, refusal)


def _in_order(
    asked: Sequence[Asked | Refusal], decided: Sequence[LineDecision]
) -> list[LineDecision]:
    """Every sound line's decision, or why it was not even asked."""
    rest = iter(decided)
    return [one if isinstance(one, Refusal) else next(rest) for one in asked]


def _outcome(one: LineDecision) -> Outcome:
    if isinstance(one, Refusal):
        return one
    if isinstance(one, Taken):
        return id_taken()
    if isinstance(one, Again):
        return "booked" if one.code is None else _worded(one.code)
    return "booked" if isinstance(one.decision, Accepted) else _worded(one.decision.code)


def _worded(code: RefusalCode) -> Conflict:
    return Conflict(code, *WORDS[code])


def _money(one: LineDecision, order: RedemptionOrder) -> Mapping[str, Any]:
    """What a line's answer says of money."""
    if isinstance(one, Again):
        return {"again": True, "amount_fen": order.amount_fen if one.code is None else None}
    if not isinstance(one, Fresh) or not isinstance(one.decision, Accepted):
        return {}
    return {
        "amount_fen": one.purchase.amount_fen,
        "balance_fen": one.decision.balance_fen,
        "charged": charged(one.decision),
    }
