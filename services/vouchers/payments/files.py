"""A bank's file as rows: CSV in UTF-8 or GBK, or a workbook, refused before it can do harm."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from services.vouchers.payments.answers import MOST_LINES, Words, flaw, unreadable
from shared.errors import Invalid

Rows = Iterator[tuple[int, Sequence[Any]]]
BOM, UTF_16 = b"\xef\xbb\xbf", (b"\xff\xfe", b"\xfe\xff")
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MOST_BYTES = 60_000_000
MOST_UNPACKED = 400_000_000
MOST_COLUMNS = 100
LONGEST_CELL = 4000
SHEETS = "xl/worksheets/"
CHUNK, OVERLAP = 1_048_576, 64
# A stray far cell would make the reader lay out terabytes: three letters, or seven digits.
FAR_CELL = re.compile(rb"""\sr\s*=\s*["'](?:[A-Za-z]{3,}\d|[A-Za-z]*\d{7,})""")
SPREAD = (
    f"超过{MOST_LINES}行或{MOST_COLUMNS}列；请分成几个文件",
    (f"more than {MOST_LINES} lines or {MOST_COLUMNS} columns; split the file"),
)


def rows_of(content: bytes) -> Rows:
    """The rows of a file, each with its line number; the first one is the heading.

    Raises:
        Invalid: empty, too large, of an unknown kind or in no encoding of ours.
    """
    if not content.removeprefix(BOM).strip(b"\r\n\t \x00"):
        raise _whole("empty_file", "文件是空的", "the file is empty")
    if len(content) > MOST_BYTES:
        raise _whole("too_large", "文件过大，请分成几个", "the file is too large; split it")
    if content.startswith((ZIP, OLD_EXCEL)):
        return _sheet(content)
    return _lines(_decoded(content))


def _decoded(content: bytes) -> str:
    if content.startswith(UTF_16):
        raise _whole(
            "utf_16",
            "文件为UTF-16编码，请另存为UTF-8或GBK的CSV",
            "the file is UTF-16; save it as CSV in UTF-8 or GBK",
        )
    marked = content.startswith(BOM)
    body = content.removeprefix(BOM)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as bad:
        if marked:
            # Two encodings in one file: whoever guesses here books a wrong name or amount.
            words = (
                "mixed_encoding",
                "文件以UTF-8标记开头，此处却不是UTF-8；请整体另存为一种编码",
                "the file begins with a UTF-8 mark but this is not UTF-8; save it in one encoding",
            )
            raise unreadable(flaw(_line_at(body, bad.start), "", words)) from None
        text = _gbk(body)
    if "\x00" in text:
        raise _whole("not_text", "不是文本文件", "this is not a text file")
    return text.lstrip("\ufeff")


def _gbk(body: bytes) -> str:
    try:
        return body.decode("gb18030")
    except UnicodeDecodeError as bad:
        words = (
            "unknown_encoding",
            "既不是UTF-8也不是GBK",
            "neither UTF-8 nor GBK",
        )
        raise unreadable(flaw(_line_at(body, bad.start), "", words)) from None


def _line_at(body: bytes, place: int) -> int:
    return body[:place].count(b"\n") + 1


def _lines(text: str) -> Rows:
    first = text.split("\n", 1)[0]
    if "," not in first and any(mark in first for mark in ";\t|，"):
        raise _whole(
            "wrong_separator",
            "各列应以半角逗号分隔",
            "columns are separated by commas",
        )
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    try:
        for cells in table:
            if any(len(cell) > LONGEST_CELL for cell in cells):
                raise unreadable(flaw(begins, "", ("too_long", "单元格过长", "a cell is too long")))
            if cells:
                yield begins, cells
            begins = table.line_num + 1
    except csv.Error:
        words = ("broken_quotes", "引号不成对", "quotes do not match")
        raise unreadable(flaw(begins, "", words)) from None


def _sheet(content: bytes) -> Rows:
    if content.startswith(ZIP):
        _check_archive(content)
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    except (CalamineError, IndexError):
        raise _damaged() from None
    if sheet.total_height > MOST_LINES + 1 or sheet.total_width > MOST_COLUMNS:
        words = ("too_many_lines", *SPREAD)
        raise unreadable(flaw(min(sheet.total_height, MOST_LINES + 2), "", words))
    return enumerate(sheet.to_python(skip_empty_area=False), start=1)


def _check_archive(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if not any(part.filename.startswith(SHEETS) for part in parts):
                raise _damaged()
            if sum(part.file_size for part in parts) > MOST_UNPACKED:
                raise unreadable(flaw(1, "", ("too_many_lines", *SPREAD)))
            for part in parts:
                with archive.open(part) as stream:
                    _refuse_far_cells(stream)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise _damaged() from None


def _refuse_far_cells(stream: Any) -> None:
    tail = b""
    while chunk := stream.read(CHUNK):
        if FAR_CELL.search(tail + chunk):
            raise unreadable(flaw(1, "", ("too_many_lines", *SPREAD)))
        tail = chunk[-OVERLAP:]


def _damaged() -> Invalid:
    return _whole(
        "not_a_workbook",
        "工作簿已损坏、有密码，或不是Excel文件；请另存为 .xlsx 或CSV",
        "the workbook is damaged, has a password or is none; save it as .xlsx or CSV",
    )


def _whole(code: str, zh: str, en: str) -> Invalid:
    words: Words = (code, zh, en)
    return unreadable(flaw(1, "", words))
