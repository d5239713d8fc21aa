"""The file of a payment batch, as banks take it: fixed columns, yuan with two decimals.

| column | what stands there |
|---|---|
| 指令号 | the payment order's id (UUID), to be named in the bank's answer |
| 收款户名 | the account's holder |
| 收款账号 | the account's number, digits alone |
| 开户行 | the bank |
| 金额（元） | yuan with two decimals, a point, no separators |
| 用途 | what for: the statement and its month, or the claim, device, reward or training |

CSV ends its lines with CR LF; UTF-8 carries a byte order mark, GBK none. In .xlsx every cell is
text but the amount.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from hashlib import sha256
from typing import Literal
from uuid import UUID

import xlsxwriter

from services.vouchers.settlement.sheets import MONEY, OPTIONS, WIDTH, XLSX
from services.vouchers.settlement.statement import yuan
from shared.errors import Conflict

Form = Literal["csv", "csv_gbk", "xlsx"]
COLUMNS = ("指令号", "收款户名", "收款账号", "开户行", "金额（元）", "用途")
PURPOSES = {
    "settlement": "养老服务券结算款",
    "claim": "百岁老人医疗补助",
    "device": "小帮手补贴款",
    "reward": "以奖代投奖励款",
    "training": "服务人员培训补助款",
}
CSV_TYPE = "text/csv"
UTF_8, GBK = "utf-8-sig", "gbk"
ENCODINGS: dict[str, tuple[str, str]] = {
    "csv": (UTF_8, "text/csv; charset=utf-8"),
    "csv_gbk": (GBK, "text/csv; charset=gbk"),
}


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """One order as the bank reads it."""

    order_id: UUID
    account_name: str
    account_no: str
    bank_name: str
    amount_fen: int
    purpose: str


def purpose_of(kind: str, since_on: date) -> str:
    """What the bank shows the payee: what for, and the month of the statement or the order."""
    return f"{since_on.year}年{since_on.month}月{PURPOSES[kind]}"


def digest_of(orders: Sequence[tuple[UUID, UUID, int]]) -> str:
    """What a batch orders (order, payee, amount): the same batch is the same file."""
    said = "\n".join(f"{order},{payee},{amount}" for order, payee, amount in orders)
    return sha256(said.encode()).hexdigest()


def written(lines: Sequence[PaymentLine], form: Form) -> tuple[bytes, str]:
    """The file and its media type.

    Raises:
        Conflict: GBK lacks a character of a name.
    """
    if form == "xlsx":
        return _workbook(lines), XLSX
    encoding, kind = ENCODINGS[form]
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    rows.writerows(_cells(line) for line in lines)
    try:
        return text.getvalue().encode(encoding), kind
    except UnicodeEncodeError as bad:
        line = text.getvalue()[: bad.start].count("\n") + 1
        raise Conflict(
            "not_in_gbk",
            f"第{line}行有GBK没有的字；请改用UTF-8或.xlsx",
            f"line {line} has a character that GBK lacks; take UTF-8 or .xlsx instead",
        ) from bad


def _cells(line: PaymentLine) -> tuple[str, ...]:
    return (
        str(line.order_id),
        line.account_name,
        line.account_no,
        line.bank_name,
        yuan(line.amount_fen),
        line.purpose,
    )


def _workbook(lines: Sequence[PaymentLine]) -> bytes:
    made = io.BytesIO()
    amount = COLUMNS.index("金额（元）")
    with xlsxwriter.Workbook(made, {**OPTIONS, "constant_memory": True}) as book:
        money = book.add_format({"num_format": MONEY})
        sheet = book.add_worksheet("付款")
        sheet.set_column(0, len(COLUMNS), WIDTH)
        sheet.write_row(0, 0, COLUMNS)
        for at, line in enumerate(lines, start=1):
            for column, cell in enumerate(_cells(line)):
                if column == amount:
                    sheet.write_number(at, column, Fraction(cell), money)
                else:
                    sheet.write_string(at, column, cell)
    return made.getvalue()
