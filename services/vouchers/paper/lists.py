"""The electronic list of an act of destruction: every serial, for whoever keeps or checks it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import xlsxwriter

from services.vouchers.paper.destruction import ENDS
from services.vouchers.paper.serials import serial_of, shown
from services.vouchers.paper.sheets import FEN_IN_YUAN
from shared.vault import Vault

ListForm = Literal["csv", "xlsx"]
COLUMNS = ("序号", "券号", "面额（元）", "月份", "销毁前状态")
KINDS: Mapping[ListForm, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
WIDTH = 24
Line = tuple[int, str, int, str, str]


def listed(tied: Iterable[Mapping[str, Any]], form: ListForm, vault: Vault) -> bytes:
    """The whole list as a file: the largest denominations first, as in the protocol."""
    lines = _lines(tied, vault)
    return _csv(lines) if form == "csv" else _workbook(lines)


def _lines(tied: Iterable[Mapping[str, Any]], vault: Vault) -> Iterator[Line]:
    for nth, row in enumerate(tied, start=1):
        serial = shown(serial_of(row["id"], vault))
        yuan = row["amount_fen"] // FEN_IN_YUAN
        yield nth, serial, yuan, f"{row['month_on']:%Y-%m}", ENDS[row["ended"]]


def _csv(lines: Iterable[Line]) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    rows.writerows(lines)
    return text.getvalue().encode("utf-8-sig")


def _workbook(lines: Iterable[Line]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, OPTIONS) as book:
        sheet = book.add_worksheet("销毁清单")
        sheet.set_column(0, len(COLUMNS), WIDTH)
        sheet.write_row(0, 0, COLUMNS)
        for at, (nth, serial, yuan, month, ended) in enumerate(lines, start=1):
            sheet.write_number(at, 0, nth)
            sheet.write_string(at, 1, serial)
            sheet.write_number(at, 2, yuan)
            sheet.write_row(at, len(COLUMNS) - 2, (month, ended))
    return made.getvalue()
