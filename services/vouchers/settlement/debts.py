"""What a provider that has left still owes: claimed by its final statement, received in parts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.errors import Conflict, NotFound, invalid_field


@dataclass(frozen=True, slots=True)
class Debt:
    """A claim on a provider as it stands, locked."""

    id: UUID
    provider_id: str
    area_code: str
    amount_fen: int
    received_fen: int

    @property
    def owed_fen(self) -> int:
        return self.amount_fen - self.received_fen


def receive(debt: Debt | None, amount_fen: int, received_on: date, today: date) -> Debt:
    """What was received on a claim; never more than is owed.

    Raises:
        NotFound: no such claim.
        Invalid: received after today.
        Conflict: more than is still owed.
    """
    if debt is None:
        raise NotFound("no_such_debt", "没有此追缴单", "there is no such claim on a provider")
    if received_on > today:
        raise invalid_field(
            "body.received_on", "in_the_future", "收款日期不得晚于今天", "must not be after today"
        )
    if amount_fen > debt.owed_fen:
        raise Conflict(
            "more_than_owed",
            f"收款超过尚欠金额；尚欠 {debt.owed_fen} 分",
            f"more than is still owed; {debt.owed_fen} fen are left",
        )
    return debt


def receipt_taken() -> Conflict:
    """A receipt's number or id is booked once."""
    return Conflict(
        "receipt_taken",
        "该收据号已入账；请核对，勿重复登记",
        "a receipt with this number is booked already; check it, do not book it twice",
    )
