"""The bank's file: encodings, columns and amounts, refused with line and column or read whole."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from typing import Any

import pytest
import xlsxwriter

from services.vouchers.payments.answers import MOST_LINES, Answered, read
from services.vouchers.payments.files import rows_of
from shared.contracts.ids import new_id
from shared.errors import Invalid
from tests.vouchers.paid import HEADING, Paying, results
from tests.vouchers.town import Shop, Town

ORDER = "0198c0de-0000-7000-8000-000000000001"
NEEDED = ("指令号", "金额", "状态", "日期")
LINE = f"{ORDER},12.50,成功,2010-02-03,1101900100002222,F1,"


def taken(content: bytes | str) -> Answered:
    return read(rows_of(content.encode() if isinstance(content, str) else content))


def refused(content: bytes | str) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        taken(content)
    assert caught.value.code == "answer_unreadable"
    return [(flaw.field, flaw.code) for flaw in caught.value.flaws]


def workbook(*rows: list[Any]) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(at, column, cell, day)
                else:
                    sheet.write(at, column, cell)
    return made.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADING}\r\n{LINE}\r\n".encode(),
        f"{HEADING}\n{LINE}".encode("utf-8-sig"),
        f"\ufeff\ufeff{HEADING}\n{LINE}".encode(),
        f"{HEADING}\r\n{LINE}\r\n".encode("gbk"),
        # A mark that went through GBK once stands there as a character.
        f"\ufeff{HEADING}\r\n{LINE}\r\n".encode("gb18030"),
        f"{HEADING}\n\n{LINE}\n,,,,,,\n".encode(),
        f"原因, 指令号 ,金额（元）,状态,交易日期\n,{ORDER},12.5,PAID,2010/2/3\n".encode(),
        workbook(HEADING.split(","), [ORDER, 12.5, "成功", datetime(2010, 2, 3), "", "F1", ""]),
        workbook(["order_id", "amount", "state", "date"], [ORDER, "12.50", "paid", 20100203]),
    ],
)
def test_an_answer_is_read_from_utf_8_gbk_and_workbooks(content: bytes) -> None:
    answer = taken(content)
    assert [str(one) for one in answer.orders] == [ORDER]
    assert (answer.amounts, answer.states, answer.days) == ([1250], ["paid"], [date(2010, 2, 3)])


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        ('"1,234.56"', "thousands_separator"),
        ('"1,234,567"', "thousands_separator"),
        ('"12,50"', "decimal_comma"),
        ("12.505", "not_an_amount"),
        ("-12.50", "not_an_amount"),
        ("0.00", "not_an_amount"),
        ("¥12.50", "not_an_amount"),
        ("１２.50", "not_an_amount"),
        ("1e3", "not_an_amount"),
        ("", "not_an_amount"),
    ],
)
def test_an_amount_that_could_be_read_in_two_ways_is_refused_with_line_and_column(
    amount: str, code: str
) -> None:
    bad = f"{ORDER},{amount},成功,2010-02-03,,,"
    assert refused(f"{HEADING}\n{LINE}\n{bad}") == [("file.3.金额", code)]


@pytest.mark.parametrize(
    ("content", "flaws"),
    [
        (b"", [("file.1", "empty_file")]),
        (b"\xef\xbb\xbf\r\n \r\n", [("file.1", "empty_file")]),
        (HEADING, [("file.1", "no_lines")]),
        (HEADING.replace("状态,", "") + f"\n{LINE}", [("file.1.状态", "column_missing")]),
        ("a,b\n1,2", [(f"file.1.{n}", "column_missing") for n in NEEDED]),
        (HEADING + ",金额\n" + LINE + ",1", [("file.1.金额", "column_twice")]),
        (HEADING.replace(",", ";") + "\n", [("file.1", "wrong_separator")]),
        (HEADING.replace(",", "\t") + "\n", [("file.1", "wrong_separator")]),
        (f"{HEADING}\n{LINE},1", [("file.2", "cells_differ")]),
        (f'{HEADING}\n{LINE}\n"{ORDER}', [("file.3", "broken_quotes")]),
        (f"{HEADING}\n{LINE}\n".encode() + "成功".encode("gbk"), None),
        (b"\xef\xbb\xbf" + f"{HEADING}\n{LINE}".encode("gbk"), [("file.1", "mixed_encoding")]),
        (f"{HEADING}\n{LINE}".encode("utf-16"), [("file.1", "utf_16")]),
        (f"{HEADING}\n{LINE}\n".encode("gbk") + b"\xff\xff", [("file.3", "unknown_encoding")]),
        (HEADING.encode() + b"\n\x00\x00", [("file.1", "not_text")]),
        (b"PK\x03\x04 not a workbook", [("file.1", "not_a_workbook")]),
        (f"{HEADING}\n,1.00,成功,2010-02-03,,,", [("file.2.指令号", "no_order")]),
        (f"{HEADING}\n{ORDER},1.00,好,2010-02-03,,,", [("file.2.状态", "not_a_state")]),
        (f"{HEADING}\n{ORDER},1.00,成功,2010-02-30,,,", [("file.2.日期", "not_a_day")]),
        (f"{HEADING}\n{ORDER},1.00,成功,03.02.2010,x,,", [
            ("file.2.日期", "not_a_day"), ("file.2.收款账号", "not_an_account"),
        ]),
    ],
)  # fmt: skip
def test_a_file_that_is_no_answer_is_refused_and_says_where(
    content: bytes | str, flaws: list[tuple[str, str]] | None
) -> None:
    found = refused(content)
    assert found
    if flaws is not None:
        assert found == flaws


def test_the_flaws_are_said_in_both_languages_with_line_and_column() -> None:
    with pytest.raises(Invalid) as caught:
        taken(f'{HEADING}\n{ORDER},"1,234.56",成功,2010-02-03,,,')
    (flaw,) = caught.value.flaws
    assert flaw.zh.startswith("第2行“金额”：")
    assert flaw.en.startswith("line 2, column 金额: ")


def test_100_000_lines_are_read_and_100_001_are_not() -> None:
    head = "指令号,金额,状态,日期\n"
    line = f"{ORDER},1.00,成功,20100203\n"
    assert len(taken(head + line * MOST_LINES).lines) == MOST_LINES
    assert refused(head + line * (MOST_LINES + 1)) == [(f"file.{MOST_LINES + 2}", "too_many_lines")]
    rows = [[ORDER, 1, "成功", 20100203]] * (MOST_LINES + 1)
    assert refused(workbook(["指令号", "金额", "状态", "日期"], *rows))[0][1] == "too_many_lines"


def test_a_workbook_with_a_far_cell_or_too_much_inside_is_refused_before_it_is_read() -> None:
    far = workbook(["指令号"])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(far)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            content = old.read(part)
            if part.filename.startswith("xl/worksheets/"):
                content = content.replace(b'r="A1"', b'r="XFD1048576"')
            new.writestr(part, content)
    assert refused(out.getvalue()) == [("file.1", "too_many_lines")]


@pytest.mark.anyio
async def test_a_flawed_file_books_nothing_and_the_mended_one_everything(town: Town) -> None:
    paying, shop = Paying(town), Shop()
    await paying.open(shop)
    await paying.payee(shop, "1101900100002222")
    batch = await paying.batch()
    (order,) = (await paying.orders(batch)).values()
    bad = await paying.answer(batch, [paying.line(order), paying.line(order, amount='"1,0"')])
    assert (bad.status_code, bad.json()["code"]) == (422, "answer_unreadable")
    assert bad.json()["errors"][0]["field"] == "file.3.金额"
    (after,) = (await paying.orders(batch)).values()
    assert after["paid_on"] is None
    assert await paying.worklist() == []
    lines = "\r\n".join([HEADING, paying.line(order)])
    good = await paying.answer(batch, lines.encode("gbk"))
    assert results(good) == {"matched": 1}
    nowhere = await paying.answer({"batch_id": str(new_id())}, [paying.line(order)])
    assert nowhere.status_code == 404
