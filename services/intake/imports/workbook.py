"""Opens an office's workbook safely: what would exhaust the memory is refused before it is read."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from services.intake.imports.columns import RosterUnreadable
from services.intake.persons.identity import Flaw

MOST_ROWS = 200_000
MOST_COLUMNS = 100
MOST_BYTES = 400 * 1024 * 1024
CHUNK = 1024 * 1024
OVERLAP = 64
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
ZIP = b"PK\x03\x04"
SHEETS = "xl/worksheets/"
LETTERS = ord("Z") - ord("A") + 1
# Cell references beyond column Z or row 99,999: few in a roster, so the search costs little.
FAR_CELL = re.compile(rb"""\sr\s*=\s*["'](?:([A-Za-z]{2,})\d|[A-Za-z]?(\d{6,}))""")


def open_sheet(source: bytes | Path) -> CalamineSheet:
    """The first sheet of an .xlsx or .xls workbook; raises RosterUnreadable.

    The reader lays a sheet out as a full grid, so that one stray far cell would take terabytes.
    """
    content = source.read_bytes() if isinstance(source, Path) else source
    if content.startswith(ZIP):
        _refuse_oversize(io.BytesIO(content))
    elif not content.startswith(OLD_EXCEL):
        raise RosterUnreadable(NOT_EXCEL)
    try:
        sheet = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
    except CalamineError as error:
        raise RosterUnreadable(DAMAGED) from error
    if sheet.total_height > MOST_ROWS or sheet.total_width > MOST_COLUMNS:
        raise RosterUnreadable(TOO_LARGE)
    return sheet


def _refuse_oversize(file: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(file) as archive:
            if not any(name.startswith(SHEETS) for name in archive.namelist()):
                raise RosterUnreadable(NOT_EXCEL)
            if sum(part.file_size for part in archive.infolist()) > MOST_BYTES:
                raise RosterUnreadable(TOO_LARGE)
            for part in archive.infolist():
                with archive.open(part) as stream:
                    _refuse_far_cells(stream)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise RosterUnreadable(DAMAGED) from error


def _refuse_far_cells(stream: IO[bytes]) -> None:
    for piece in _pieces(stream):
        for letters, row in FAR_CELL.findall(piece):
            if (letters and _column(letters) > MOST_COLUMNS) or (row and int(row) > MOST_ROWS):
                raise RosterUnreadable(TOO_LARGE)


def _pieces(stream: IO[bytes]) -> Iterator[bytes]:
    tail = b""
    while chunk := stream.read(CHUNK):
        yield tail + chunk
        tail = chunk[-OVERLAP:]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * LETTERS + letter - ord("A") + 1
    return number


NOT_EXCEL = Flaw(
    "not_a_workbook",
    "file",
    "不是Excel工作簿，请另存为 .xlsx 或 .xls 后重新导入",
    "not an Excel workbook; save it as .xlsx or .xls and import again",
)
DAMAGED = Flaw(
    "workbook_damaged",
    "file",
    "工作簿已损坏或有密码，请去掉密码，用Excel或WPS打开后另存为 .xlsx",
    "the workbook is damaged or has a password; open it, remove the password and save it as .xlsx",
)
TOO_LARGE = Flaw(
    "workbook_too_large",
    "file",
    f"工作表超过{MOST_ROWS}行或{MOST_COLUMNS}列（含远处的空白格式单元格），"
    "请只把名册区域复制到新工作簿，或分成几份",
    f"the sheet reaches beyond {MOST_ROWS} rows or {MOST_COLUMNS} columns (stray formatted cells "
    "count); copy the roster alone into a new workbook, or split it",
)
