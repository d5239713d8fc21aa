"""What does not agree with the bank: one person says how it ends, another one confirms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from shared.caller import Caller
from shared.errors import Conflict, Forbidden, NotFound, invalid_field

Code = Literal["missing", "late", "double", "amount_differs", "wrong_provider", "unknown"]
Resolution = Literal["paid", "returned", "noted"]
# A late payment was booked when it came; of an order that is not ours there is nothing to book.
ALLOWED: Mapping[Code, tuple[Resolution, ...]] = {
    "missing": ("paid", "returned", "noted"),
    "amount_differs": ("paid", "returned", "noted"),
    "wrong_provider": ("paid", "returned", "noted"),
    "double": ("returned", "noted"),
    "late": ("noted",),
    "unknown": ("noted",),
}


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """A difference as it stands, with the end of its order."""

    id: UUID
    order_id: UUID | None
    code: Code
    answered_on: date | None
    resolution: Resolution | None
    reason: str | None
    first_by: str | None
    second_by: str | None
    answered_by: UUID | None
    paid_on: date | None
    returned_on: date | None


def check_resolution(found: Discrepancy | None, resolution: Resolution, reason: str) -> Discrepancy:
    """The first person's word; said again, it takes the place of the one before.

    Raises:
        NotFound: no such difference in the caller's sight.
        Conflict: it is resolved, or its order ended otherwise.
        Invalid: this cannot be the end of such a difference, or no reason is given.
    """
    one = _open(found)
    if resolution not in ALLOWED[one.code]:
        allowed = "、".join(ALLOWED[one.code])
        raise invalid_field(
            "body.resolution",
            "not_an_end_of_this",
            f"此类差异只能处理为：{allowed}",
            f"a difference of this kind ends as one of: {allowed}",
        )
    if not reason.strip():
        raise invalid_field("body.reason", "reason_missing", "须写明理由", "a reason is needed")
    _check_order(one, resolution)
    return one


def check_confirmation(found: Discrepancy | None, caller: Caller) -> Discrepancy:
    """The second person's word.

    Raises:
        NotFound: no such difference in the caller's sight.
        Conflict: nobody has said how it ends, or it is resolved, or its order ended otherwise.
        Forbidden: by the same person.
    """
    one = _open(found)
    if one.resolution is None:
        raise Conflict(
            "not_resolved", "尚无人提出处理意见", "nobody has said yet how this is to end"
        )
    if one.first_by == caller.sub:
        raise Forbidden(
            "same_person", "须由另一人确认", "another person than the one who resolved must confirm"
        )
    _check_order(one, one.resolution)
    return one


def _open(found: Discrepancy | None) -> Discrepancy:
    if found is None:
        raise NotFound("no_such_discrepancy", "没有此差异", "there is no such difference")
    if found.second_by is not None or found.answered_by is not None:
        raise Conflict("already_resolved", "该差异已处理", "this difference has been resolved")
    return found


def _check_order(one: Discrepancy, resolution: Resolution) -> None:
    ended = one.returned_on is not None or (one.paid_on is not None and resolution == "paid")
    if resolution != "noted" and ended:
        raise Conflict(
            "order_ended",
            "该付款指令已入账或已退回；只能记录说明",
            "this payment order has ended already; the difference can only be noted",
        )
