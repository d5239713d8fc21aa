"""What the doors of reclaims ask and answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from services.vouchers.approvals.domain import Outcome
from services.vouchers.reclaims.domain import Reason, Way
from shared.contracts.money import LARGEST_FEN
from shared.doors import Body
from shared.work import Row

LONGEST_REASON = 500
MOST_INSTALMENTS = 120
MOST_REDEMPTIONS = 1000
NUMBER = r"^[\w\-〔〕（）()／/]+$"
LONGEST_NUMBER = 60


class InstalmentOrder(Body):
    """A part of the debt and the day it is due."""

    due_on: date
    amount_fen: int = Field(gt=0, le=LARGEST_FEN, strict=True)


class DecisionOrder(Body):
    """A proposal on redemptions of a case; without `redemption_ids` on all that are undecided."""

    id: UUID
    way: Way
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)
    redemption_ids: list[UUID] = Field(default=[], max_length=MOST_REDEMPTIONS)
    instalments: list[InstalmentOrder] = Field(default=[], max_length=MOST_INSTALMENTS)


class SecondSignature(Body):
    """The other body's signature, with its reasons; `id` is made by the client."""

    id: UUID
    outcome: Outcome
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)


class ReceiptOrder(Body):
    """What was received; a receipt's number is booked once."""

    id: UUID
    receipt_no: str = Field(min_length=1, max_length=LONGEST_NUMBER, pattern=NUMBER)
    amount_fen: int = Field(gt=0, le=LARGEST_FEN, strict=True)
    received_on: date


class Decided(BaseModel):
    """A proposal or decision, and what is still owed on it, in fen."""

    decision_id: UUID
    state: Literal["proposed", "approved", "refused"]
    amount_fen: int
    owed_fen: int


class Received(BaseModel):
    """A booked receipt and what is still owed, in fen."""

    receipt_id: UUID
    amount_fen: int
    owed_fen: int


class CaseLine(BaseModel):
    """A case in the list: what was spent, what waits for a decision, and what came back."""

    case_id: UUID
    person_id: UUID
    area_code: str
    reason: Reason
    since_on: date
    opened_on: date
    spent_fen: int
    undecided_fen: int
    reclaimed_fen: int
    recovered_fen: int
    owed_fen: int


class SpentLine(BaseModel):
    """A redemption of a case; one that is settled has been paid to the provider."""

    redemption_id: UUID
    provider_id: UUID
    redeemed_on: date
    amount_fen: int
    settled: bool
    decision_id: UUID | None


class InstalmentLine(BaseModel):
    """An instalment, and how much of it has been paid by now."""

    due_on: date
    amount_fen: int
    paid_fen: int
    overdue: bool


class DecisionLine(BaseModel):
    """A decision with its signatures, its plan and what came back."""

    decision_id: UUID
    way: Way
    amount_fen: int
    recovered_fen: int
    reason: str
    made_on: date
    made_by: str
    made_body: str
    outcome: Outcome | None
    decided_on: date | None
    decided_by: str | None
    decided_body: str | None
    decided_reason: str | None
    instalments: list[InstalmentLine]


class ReceiptLine(BaseModel):
    """A booked receipt."""

    receipt_id: UUID
    decision_id: UUID
    receipt_no: str
    amount_fen: int
    received_on: date


class Case(BaseModel):
    """A whole case."""

    case_id: UUID
    person_id: UUID
    area_code: str
    reason: Reason
    since_on: date
    opened_on: date
    lines: list[SpentLine]
    decisions: list[DecisionLine]
    receipts: list[ReceiptLine]


def planned(instalments: Sequence[Row], paid_fen: int, today: date) -> list[InstalmentLine]:
    """A plan with what has been paid of each instalment, the first ones first."""
    lines, left = list[InstalmentLine](), paid_fen
    for one in instalments:
        paid = min(left, one["amount_fen"])
        left -= paid
        late = paid < one["amount_fen"] and one["due_on"] < today
        lines.append(
            InstalmentLine(
                due_on=one["due_on"], amount_fen=one["amount_fen"], paid_fen=paid, overdue=late
            )
        )
    return lines
