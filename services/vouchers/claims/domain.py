"""A centenarian's medical claim: its receipts, the cap, and what is approved of it (C-06)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from shared.errors import Conflict, invalid_field

State = Literal["filed", "proposed", "approved", "refused"]


@dataclass(frozen=True, slots=True)
class Receipt:
    """A hospital's receipt; the digest is of the scanned file."""

    digest: str
    receipt_no: str
    hospital: str
    issued_on: date
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as it stands, locked until the end of the work."""

    id: UUID
    award_id: UUID
    person_id: UUID
    area_code: str
    amount_fen: int
    state: State


def check_receipts(
    receipts: Sequence[Receipt], today: date, starts_on: date, ended_on: date | None
) -> int:
    """Receipts are of days on which the award held, each stands once; returns their sum.

    Raises:
        Invalid: one is not; the first such line is named.
    """
    seen: set[str] = set()
    for nth, receipt in enumerate(receipts):
        last = min(today, ended_on or today)
        if not starts_on <= receipt.issued_on <= last:
            raise invalid_field(
                f"body.receipts.{nth}.issued_on",
                "receipt_outside_award",
                f"票据日期须在 {starts_on} 至 {last} 之间（享受待遇期间）",
                f"must lie between {starts_on} and {last}, while the award held",
            )
        if receipt.digest in seen:
            raise invalid_field(
                f"body.receipts.{nth}.digest",
                "receipt_repeated",
                "同一票据在本次申请中重复",
                "this receipt stands in the claim twice",
            )
        seen.add(receipt.digest)
    return sum(receipt.amount_fen for receipt in receipts)


def check_proposed(claim: Claim, amount_fen: int) -> None:
    """A proposal approves at most what is claimed; nothing means a refusal.

    Raises:
        Conflict: the claim does not wait for a proposal.
        Invalid: more than is claimed.
    """
    if claim.state != "filed":
        raise Conflict(
            "not_waiting",
            "该申请已有审核意见或已有结论；请刷新",
            "there is a proposal or a decision on this claim already; load it again",
        )
    if amount_fen > claim.amount_fen:
        raise invalid_field(
            "body.amount_fen",
            "more_than_claimed",
            f"核定金额不得超过申请金额 {claim.amount_fen} 分",
            f"at most the {claim.amount_fen} fen that are claimed",
        )


def check_cap(amount_fen: int, approved_fen: int, cap_fen: int | None) -> None:
    """Within a calendar year no person is paid more than the cap, if there is one.

    Raises:
        Conflict: it would be exceeded.
    """
    if cap_fen is not None and approved_fen + amount_fen > cap_fen:
        left = cap_fen - approved_fen
        raise Conflict(
            "over_the_cap",
            f"超过年度限额；本年度尚可核定 {left} 分",
            f"over the year's cap; {left} fen are left this year",
        )
