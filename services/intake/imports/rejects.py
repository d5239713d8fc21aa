"""Rejected rows as a workbook: the office's own columns and one that says what to mend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

import xlsxwriter

from services.intake.imports.cells import written
from services.intake.imports.columns import LABELS, REASON_HEADING
from services.intake.imports.roster import RosterRow
from services.intake.persons.identity import Flaw

REASON_WIDTH, COLUMN_WIDTH = 60, 20
TEXT_FORMAT = "@"
REASON_COLOUR = "#FFF2CC"


def reason(row_number: int, flaws: Iterable[Flaw]) -> str:
    """What is wrong with a row of the office's file and how to mend it, in both languages."""
    listed = list(flaws)
    zh = "；".join(f"{LABELS.get(flaw.field, flaw.field)}：{flaw.zh}" for flaw in listed)
    en = "; ".join(f"{flaw.field}: {flaw.en}" for flaw in listed)
    return f"原第{row_number}行 {zh} · row {row_number}: {en}"


def write_rejects(
    titles: Sequence[object], rejected: Iterable[RosterRow], target: Path | IO[bytes]
) -> int:
    """Writes the rejected rows as .xlsx and says how many; corrected, it is a roster again.

    Everything is text, so that Excel does not spoil 18-digit numbers; the reader passes by the
    column of reasons, and an older one in the file is replaced.
    """
    kept = [at for at, title in enumerate(titles) if str(title).strip() != REASON_HEADING]
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    count = 0
    with xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, options) as book:
        sheet = book.add_worksheet("错误行")
        text = book.add_format({"num_format": TEXT_FORMAT})
        heading = book.add_format({"bold": True, "num_format": TEXT_FORMAT})
        marked = book.add_format({"bg_color": REASON_COLOUR, "text_wrap": True})
        sheet.set_column(0, 0, REASON_WIDTH)
        sheet.set_column(1, max(1, len(kept)), COLUMN_WIDTH, text)
        sheet.freeze_panes(1, 0)
        for column, title in enumerate([REASON_HEADING, *(titles[at] for at in kept)]):
            sheet.write_string(0, column, str(title), heading)
        for count, row in enumerate(rejected, start=1):
            sheet.write_string(count, 0, reason(row.row_number, row.flaws), marked)
            for column, at in enumerate(kept, start=1):
                value = written(row.raw[at])
                if value:
                    sheet.write_string(count, column, value, text)
    return count
