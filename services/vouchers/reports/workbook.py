"""The conservation report as a workbook: cells, funds, books and providers, in yuan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from io import BytesIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from services.vouchers.reports.domain import BookMoney, Cell, FundMoney, ProviderMoney
from shared.contracts.money import FEN_PER_YUAN

COLUMN_WIDTH = 18
ROWS_OF_A_SHEET = 1_000_000
TITLES = {
    "month_on": "月份 month", "street_code": "街道 street", "benefit_class": "类别 class",
    "fund": "资金 fund", "book": "账册 book", "provider_id": "服务单位 provider",
    "issue_fen": "发放 issued", "redeem_fen": "使用 redeemed", "expire_fen": "过期 expired",
    "revoke_fen": "作废 revoked", "outstanding_fen": "未用 outstanding", "held_fen": "余额 held",
    "allocated_fen": "拨款 allocated", "reserved_fen": "占用 reserved", "issued_fen": "发放 issued",
    "released_fen": "退回 released", "expired_fen": "过期 expired", "revoked_fen": "作废 revoked",
    "earned_fen": "应得 earned", "recovered_fen": "追回 recovered",
    "redeemed_fen": "使用 redeemed", "paid_fen": "支付 paid", "settled_fen": "结算 settled",
    "payable_fen": "应付 payable", "spent_fen": "支出 spent", "left_fen": "结余 left",
    "conserved": "平衡 conserved",
}  # fmt: skip
SHEETS = (
    ("逐格 cells", Cell),
    ("资金 funds", FundMoney),
    ("账册 books", BookMoney),
    ("单位 providers", ProviderMoney),
)
Lines = Sequence[Cell] | Sequence[FundMoney] | Sequence[BookMoney] | Sequence[ProviderMoney]


def workbook(
    cells: Sequence[Cell],
    funds: Sequence[FundMoney],
    books: Sequence[BookMoney],
    providers: Sequence[ProviderMoney],
) -> bytes:
    """The whole report as .xlsx; money is in yuan."""
    target = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        heading = book.add_format({"bold": True, "text_wrap": True})
        money = book.add_format({"num_format": "#,##0.00"})
        for (title, kind), lines in zip(SHEETS, (cells, funds, books, providers), strict=True):
            _sheet(book.add_worksheet(title), kind, lines, heading, money)
    return target.getvalue()


def _sheet(sheet: Worksheet, kind: type, lines: Lines, heading: Format, money: Format) -> None:
    names = [field.name for field in fields(kind)] + ["conserved"]
    sheet.set_column(0, len(names) - 1, COLUMN_WIDTH)
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(names):
        sheet.write_string(0, column, TITLES[name], heading)
    for row, line in enumerate(lines[:ROWS_OF_A_SHEET], start=1):
        for column, name in enumerate(names):
            _write(sheet, row, column, getattr(line, name), money)


def _write(sheet: Worksheet, row: int, column: int, value: object, money: Format) -> None:
    if isinstance(value, bool):
        sheet.write_string(row, column, "是 yes" if value else "否 no")
    elif isinstance(value, int):
        sheet.write_number(row, column, value / FEN_PER_YUAN, money)
    else:
        sheet.write_string(row, column, str(value))
