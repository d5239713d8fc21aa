"""A statement as a workbook: a sheet of sums and a sheet of lines, amounts as numbers of yuan."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from fractions import Fraction

import xlsxwriter

from services.vouchers.settlement.statement import (
    CATEGORIES,
    FUNDS,
    Cut,
    Entry,
    Head,
    cells,
    yuan,
)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
SUMS = ("网点", "类别", "资金来源", "消费（元）", "扣减（元）", "应付（元）")
LINES = ("日期", "种类", "单号", "网点", "项目", "类别", "金额（元）")
MONEY = "0.00"
WIDTH = 18


def workbook(head: Head, cuts: Sequence[Cut], entries: Iterable[Entry]) -> bytes:
    """The statement as .xlsx."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, OPTIONS) as book:
        money = book.add_format({"num_format": MONEY})
        bold = book.add_format({"bold": True})
        sums = book.add_worksheet("汇总")
        sums.set_column(0, len(SUMS), WIDTH)
        sums.write_row(0, 0, ("结算单号", str(head.settlement_id), "服务单位", head.provider_id))
        sums.write_row(1, 0, SUMS, bold)
        for at, cut in enumerate(cuts, start=2):
            words = (
                str(cut.outlet_id or ""),
                CATEGORIES.get(cut.category, cut.category),
                FUNDS.get(cut.fund, cut.fund),
            )
            sums.write_row(at, 0, words)
            amounts = (cut.redeemed_fen, cut.deducted_fen, cut.amount_fen)
            for column, fen in enumerate(amounts, start=len(words)):
                sums.write_number(at, column, Fraction(yuan(fen)), money)
        last = len(cuts) + 2
        sums.write_string(last, 0, "应付合计", bold)
        sums.write_number(last, len(SUMS) - 1, Fraction(yuan(head.amount_fen)), money)
        sheet = book.add_worksheet("明细")
        sheet.set_column(0, len(LINES), WIDTH)
        sheet.write_row(0, 0, LINES, bold)
        for at, entry in enumerate(entries, start=1):
            *words, _ = cells(entry)
            sheet.write_row(at, 0, words)
            sheet.write_number(at, len(words), Fraction(yuan(entry.amount_fen)), money)
    return made.getvalue()
