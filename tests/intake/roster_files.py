"""Small rosters made for a test, read with the real areas of the two districts."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path

import xlsxwriter

from services.intake.imports.gazetteer import Gazetteer
from services.intake.imports.roster import Roster, RosterRow
from services.intake.imports.rows import PersonDraft
from services.intake.persons.identity import check_character

ROOT = Path(__file__).parents[2]
AS_OF = date(2010, 1, 31)
NUMBER = "11019019300310001" + check_character("11019019300310001")
OTHER = "11019019280229002" + check_character("11019019280229002")
HEADINGS = ["姓名", "身份证号", "街道", "社区"]
GOOD = ["王芳", NUMBER, "八里庄街道", "红庙社区"]


@cache
def gazetteer() -> Gazetteer:
    files = (ROOT / "services/intake/areas/data/streets.csv", ROOT / "examples/areas.csv")
    areas: list[tuple[str, str]] = []
    for file in files:
        with file.open(encoding="utf-8", newline="") as rows:
            areas += [(row["code"], row["name"]) for row in csv.DictReader(rows)]
    return Gazetteer(areas)


def workbook(*rows: Sequence[object]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, datetime):
                    sheet.write_datetime(at, column, cell, day)
                elif isinstance(cell, int | float) and not isinstance(cell, bool):
                    sheet.write_number(at, column, cell)
                else:
                    sheet.write(at, column, cell)
    return target.getvalue()


def opened(content: bytes | Path) -> Roster:
    return Roster(content, gazetteer(), AS_OF)


def row_with(**cells: object) -> RosterRow:
    (row,) = opened(workbook([*HEADINGS, *cells], [*GOOD, *cells.values()])).rows()
    return row


def person_with(**cells: object) -> PersonDraft:
    row = row_with(**cells)
    assert row.person is not None, row.flaws
    return row.person


def codes_with(**cells: object) -> list[str]:
    return [flaw.code for flaw in row_with(**cells).flaws]
