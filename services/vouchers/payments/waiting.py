"""Orders that cannot go to the bank yet, and what a second payment of one needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from shared.errors import Conflict, NotFound

MISSING = (
    "payee_missing",
    "没有已批准的收款账户；请登记并由两人批准",
    "there is no approved account to pay into; enter one and have it approved by two people",
)
COOLING = (
    "payee_cooling",
    "收款账户尚未生效（冷静期）；生效后进入下一批",
    "the payee's account is not in force yet; the order goes with the next batch",
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An order that stays behind, and why."""

    order_id: UUID
    provider_id: str | None
    person_id: UUID | None
    amount_fen: int
    code: str
    zh: str
    en: str


def left_out(waiting: Sequence[Mapping[str, Any]]) -> list[LeftOut]:
    """Those of the waiting orders that have no account to go to."""
    return [
        LeftOut(
            row["id"],
            row["provider_id"],
            row["person_id"],
            row["amount_fen"],
            *(COOLING if row["cooling"] else MISSING),
        )
        for row in waiting
        if row["payee_id"] is None
    ]


def check_renewal(order: Mapping[str, Any] | None, *, payee_kept: bool) -> Mapping[str, Any]:
    """A returned order may be paid again, into another account unless the old one was right.

    Raises:
        NotFound: no such order in the caller's sight.
        Conflict: it did not come back, was renewed already, or would go to the same account.
    """
    if order is None:
        raise NotFound("no_such_order", "没有此付款指令", "there is no such payment order")
    if order["returned_on"] is None:
        raise Conflict(
            "not_returned", "该指令未被退回，不得重付", "this order did not come back; it stays"
        )
    if order["renewed"]:
        raise Conflict("already_renewed", "该指令已重付", "this order has been renewed already")
    if order["payee_now"] == order["payee_id"] and not payee_kept:
        raise Conflict(
            "payee_unchanged",
            "收款账户未变更；请先更正账户，或注明 payee_kept",
            "the account is still the same; have it changed, or say `payee_kept`",
        )
    return order
