"""A statement in words and figures: what the provider and the bank read, per outlet and fund."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

FUNDS: Mapping[str, str] = {
    "lottery": "福利彩票公益金",
    "disability": "残疾人就业保障金",
    "unemployment": "失业保险金",
    "district_finance": "区财政",
}
CATEGORIES: Mapping[str, str] = {
    "life_care": "生活照料",
    "household": "家政服务",
    "rehabilitation": "康复护理",
    "spiritual_comfort": "心理慰藉",
}
KINDS: Mapping[str, str] = {"redemption": "消费", "refund": "退款", "recover": "追回"}
FEN_DIGITS = 2


@dataclass(frozen=True, slots=True)
class Head:
    """A statement's first lines."""

    settlement_id: UUID
    provider_id: str
    month_on: date
    redemptions: int
    amount_fen: int
    deductions: int
    deducted_fen: int
    final: bool
    made_on: date
    objections_until_on: date | None
    confirmed_on: date | None
    void_on: date | None


@dataclass(frozen=True, slots=True)
class Cut:
    """What one outlet gets from one fund for one category of service, from the postings."""

    outlet_id: UUID | None
    category: str
    fund: str
    redeemed_fen: int
    deducted_fen: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a statement; a deduction is below zero."""

    line_id: UUID
    kind: str
    occurred_on: date
    outlet_id: UUID | None
    item_code: str
    category: str
    amount_fen: int


DUE, OWED = "应付金额（元）", "应缴回金额（元）"


def yuan(amount_fen: int) -> str:
    """Whole fen as yuan with two decimals, as a bank writes them."""
    sign = "-" if amount_fen < 0 else ""
    digits = str(abs(amount_fen)).rjust(FEN_DIGITS + 1, "0")
    return f"{sign}{digits[:-FEN_DIGITS]}.{digits[-FEN_DIGITS:]}"


def said(
    head: Head, cuts: Sequence[Cut], entries: Sequence[Entry], office: str
) -> dict[str, object]:
    """The words of the printed statement."""
    return {
        "title": "居家养老服务券结算单" + ("（末次）" if head.final else ""),
        "office": office,
        "number": f"结算单号 {head.settlement_id}",
        "facts": [
            ["服务单位", head.provider_id],
            ["结算月份", f"{head.month_on.year}年{head.month_on.month}月"],
            ["消费笔数", str(head.redemptions)],
            ["消费金额（元）", yuan(head.amount_fen + head.deducted_fen)],
            ["扣减笔数", str(head.deductions)],
            ["扣减金额（元）", yuan(head.deducted_fen)],
            [DUE if head.amount_fen >= 0 else OWED, yuan(head.amount_fen)],
            ["异议截止", head.objections_until_on.isoformat() if head.objections_until_on else ""],
        ],
        "cuts": [
            [
                str(cut.outlet_id or ""),
                CATEGORIES.get(cut.category, cut.category),
                FUNDS.get(cut.fund, cut.fund),
                yuan(cut.redeemed_fen),
                yuan(cut.deducted_fen),
                yuan(cut.amount_fen),
            ]
            for cut in cuts
        ],
        "lines": [cells(entry) for entry in entries],
        "made_on": head.made_on.isoformat(),
        "footer": f"结算单 {head.settlement_id}",
    }


def cells(entry: Entry) -> list[str]:
    """One line as the statement shows it."""
    return [
        entry.occurred_on.isoformat(),
        KINDS[entry.kind],
        str(entry.line_id),
        str(entry.outlet_id or ""),
        entry.item_code,
        CATEGORIES.get(entry.category, entry.category),
        yuan(entry.amount_fen),
    ]
