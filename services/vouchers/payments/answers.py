"""A bank's answer as a table: which columns it has, and what is wrong with it line by line.

| column | what stands there |
|---|---|
| 指令号 / order_id | the payment order's id as it stood in our file |
| 金额 / amount | yuan, at most two decimals with a point, no separators |
| 状态 / state | 成功, 已入账, paid; or 退回, 失败, returned |
| 日期 / date | 2010-02-03, 2010/2/3 or 20100203 |
| 收款账号 / account | optional: compared with the account that was ordered |
| 银行流水号 / bank_ref | optional |
| 原因 / reason | optional: why it came back |

Other columns are passed by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from shared.errors import FieldFlaw, Invalid

MOST_LINES = 100_000
MOST_FLAWS = 20
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "order_ref": ("指令号", "付款指令号", "order_id"),
    "amount": ("金额", "金额(元)", "amount", "amount_yuan"),
    "state": ("状态", "结果", "state", "status"),
    "answered_on": ("日期", "入账日期", "交易日期", "date"),
    "account": ("收款账号", "账号", "account"),
    "bank_ref": ("银行流水号", "流水号", "bank_ref"),
    "reason": ("原因", "退回原因", "备注", "reason"),
}
REQUIRED = ("order_ref", "amount", "state", "answered_on")
STATES = {
    "成功": "paid",
    "已入账": "paid",
    "paid": "paid",
    "退回": "returned",
    "失败": "returned",
    "returned": "returned",
}
AMOUNT = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,2}))?")
GROUPED = re.compile(r"[0-9]{1,3}(?:[,，][0-9]{3})+(?:\.[0-9]*)?")
COMMA = re.compile(r"[0-9]+[,，][0-9]{1,2}")
DAY = re.compile(r"([0-9]{4})([-/]?)([0-9]{1,2})\2([0-9]{1,2})")
DIGITS = re.compile(r"[0-9]{0,30}")
FEN_DIGITS = 2
LONGEST_TEXT = 200
WIDE = str.maketrans({"（": "(", "）": ")", "\ufeff": None, " ": None, "\u3000": None})
Words = tuple[str, str, str]

THOUSANDS: Words = (
    "thousands_separator",
    "金额不得有千分位逗号，应写作 1234.56",
    "no thousands separators: write 1234.56",
)
DECIMAL_COMMA: Words = (
    "decimal_comma",
    "小数点应为“.”，不得用逗号",
    "the decimals follow a point, not a comma",
)
NOT_AN_AMOUNT: Words = (
    "not_an_amount",
    "应为大于零、至多两位小数的金额（元），如 1234.56",
    "must be yuan above zero with at most two decimals, such as 1234.56",
)
NOT_A_STATE: Words = ("not_a_state", "状态应为 成功 或 退回", "must be paid or returned")
NOT_A_DAY: Words = ("not_a_day", "应为日期，如 2010-02-03", "must be a date such as 2010-02-03")
NO_ORDER: Words = ("no_order", "指令号不得为空", "the order's id is missing")
NOT_AN_ACCOUNT: Words = ("not_an_account", "账号应为数字", "an account number is digits alone")
TOO_LONG: Words = ("too_long", "文字过长", "this text is too long")


@dataclass(slots=True)
class Answered:
    """The lines of an answer, column by column; `lines` are numbered as a spreadsheet does."""

    lines: list[int] = field(default_factory=list)
    refs: list[str] = field(default_factory=list)
    orders: list[UUID | None] = field(default_factory=list)
    amounts: list[int] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    days: list[date] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    bank_refs: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


class FlawError(ValueError):
    """What is wrong with one cell."""

    def __init__(self, words: Words) -> None:
        super().__init__(words[0])
        self.words = words


def unreadable(*flaws: FieldFlaw) -> Invalid:
    """The refusal of a whole answer: nothing of it is booked."""
    return Invalid(
        "answer_unreadable",
        "银行回单有误，见 errors；未作任何入账，改正后请重新导入",
        "the bank's answer is not right, see errors; nothing was booked, mend it and import again",
        *flaws,
    )


def flaw(line: int, column: str, words: Words) -> FieldFlaw:
    """Where it is, as line and column of the file."""
    code, zh, en = words
    where_zh, where_en = f"第{line}行“{column}”：", f"line {line}, column {column}: "
    if not column:
        where_zh, where_en = f"第{line}行：", f"line {line}: "
    place = f"file.{line}.{column}" if column else f"file.{line}"
    return FieldFlaw(place, code, where_zh + zh, where_en + en)


def read(rows: Iterable[tuple[int, Sequence[Any]]]) -> Answered:
    """A table of (line number, cells), heading first, as an answer.

    Raises:
        Invalid: with up to twenty flaws, each with its line and column.
    """
    table = iter(rows)
    heading = next(table, None)
    if heading is None:
        raise unreadable(flaw(1, "", ("empty_file", "文件是空的", "the file is empty")))
    places = _places(heading[0], [str(cell).translate(WIDE).lower() for cell in heading[1]])
    width = len(heading[1])
    answer, flaws = Answered(), list[FieldFlaw]()
    for line, cells in table:
        if not any(str(cell).strip() for cell in cells):
            continue
        if len(answer.lines) + 1 > MOST_LINES:
            raise unreadable(flaw(line, "", _too_many()))
        flaws += _take(answer, line, cells, places, width)
        if len(flaws) >= MOST_FLAWS:
            break
    if flaws:
        raise unreadable(*flaws[:MOST_FLAWS])
    if not answer.lines:
        raise unreadable(
            flaw(
                heading[0], "", ("no_lines", "表头之下没有数据", "nothing stands below the heading")
            )
        )
    return answer


def _too_many() -> Words:
    return (
        "too_many_lines",
        f"超过{MOST_LINES}行；请分成几个文件",
        f"more than {MOST_LINES} lines; split the file",
    )


def _places(line: int, titles: Sequence[str]) -> dict[str, int]:
    found: dict[str, list[int]] = {
        name: [at for at, title in enumerate(titles) if title in known]
        for name, known in HEADINGS.items()
    }
    flaws = [
        flaw(line, HEADINGS[name][0], ("column_missing", "缺少此列", "this column is missing"))
        for name in REQUIRED
        if not found[name]
    ]
    flaws += [
        flaw(line, HEADINGS[name][0], ("column_twice", "此列重复", "this column stands twice"))
        for name, places in found.items()
        if len(places) > 1
    ]
    if flaws:
        raise unreadable(*flaws)
    return {name: places[0] for name, places in found.items() if places}


def _take(
    answer: Answered, line: int, cells: Sequence[Any], places: Mapping[str, int], width: int
) -> list[FieldFlaw]:
    if len(cells) != width:
        words = (
            "cells_differ",
            f"有{len(cells)}格，表头有{width}格（未加引号的逗号？）",
            f"has {len(cells)} cells, the heading {width} (a comma without quotes?)",
        )
        return [flaw(line, "", words)]
    made: dict[str, Any] = {}
    flaws: list[FieldFlaw] = []
    for name, reader in READERS.items():
        cell = cells[places[name]] if name in places else ""
        try:
            made[name] = reader(cell)
        except FlawError as bad:
            flaws.append(flaw(line, HEADINGS[name][0], bad.words))
    if not flaws:
        _add(answer, line, made)
    return flaws


def _add(answer: Answered, line: int, made: Mapping[str, Any]) -> None:
    answer.lines.append(line)
    answer.refs.append(made["order_ref"])
    answer.orders.append(_order(made["order_ref"]))
    answer.amounts.append(made["amount"])
    answer.states.append(made["state"])
    answer.days.append(made["answered_on"])
    answer.accounts.append(made["account"])
    answer.bank_refs.append(made["bank_ref"])
    answer.reasons.append(made["reason"])


def _order(ref: str) -> UUID | None:
    try:
        return UUID(ref)
    except ValueError:
        return None


def _amount(cell: Any) -> int:
    said = repr(cell) if isinstance(cell, float) else str(cell).strip()
    if GROUPED.fullmatch(said):
        raise FlawError(THOUSANDS)
    if COMMA.fullmatch(said):
        raise FlawError(DECIMAL_COMMA)
    found = AMOUNT.fullmatch(said)
    if found is None:
        raise FlawError(NOT_AN_AMOUNT)
    fen = int(found[1] + (found[2] or "").ljust(FEN_DIGITS, "0"))
    if fen == 0:
        raise FlawError(NOT_AN_AMOUNT)
    return fen


def _state(cell: Any) -> str:
    state = STATES.get(str(cell).strip().lower())
    if state is None:
        raise FlawError(NOT_A_STATE)
    return state


def _day(cell: Any) -> date:
    if isinstance(cell, date):
        return date(cell.year, cell.month, cell.day)
    said = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
    found = DAY.fullmatch(said)
    try:
        year, _, month, day = found.groups() if found else ("", "", "", "")
        return date(int(year), int(month), int(day))
    except ValueError:
        raise FlawError(NOT_A_DAY) from None


def _ref(cell: Any) -> str:
    said = _text(cell)
    if not said:
        raise FlawError(NO_ORDER)
    return said


def _account(cell: Any) -> str:
    said = str(cell).strip().lstrip("'").replace(" ", "")
    if DIGITS.fullmatch(said) is None:
        raise FlawError(NOT_AN_ACCOUNT)
    return said


def _text(cell: Any) -> str:
    said = str(cell).strip()
    if len(said) > LONGEST_TEXT:
        raise FlawError(TOO_LONG)
    return said


READERS: Mapping[str, Callable[[Any], Any]] = {
    "order_ref": _ref,
    "amount": _amount,
    "state": _state,
    "answered_on": _day,
    "account": _account,
    "bank_ref": _text,
    "reason": _text,
}
