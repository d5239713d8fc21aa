"""A street's roster read row by row into drafts of person files, each row with its flaws if any."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from services.intake.imports.cells import Cell
from services.intake.imports.columns import ROWS_BEFORE_HEADINGS, Headings, read_headings
from services.intake.imports.crosschecks import duplicate
from services.intake.imports.gazetteer import Gazetteer
from services.intake.imports.rows import PersonDraft, RowReader
from services.intake.imports.workbook import open_sheet
from services.intake.persons.identity import Flaw


@dataclass(slots=True)
class RosterRow:
    """One row of the file by its number there: a draft, or the flaws that keep it out."""

    row_number: int
    person: PersonDraft | None
    flaws: list[Flaw]
    raw: list[Cell]


class Roster:
    """An opened roster: its headings are known; `rows()` yields the rest once, in order."""

    def __init__(self, source: bytes | Path, gazetteer: Gazetteer, as_of: date) -> None:
        """Raises RosterUnreadable when the file is no workbook or lacks a required column."""
        sheet = open_sheet(source)
        self._cells: Iterator[list[Cell]] = sheet.iter_rows()
        first = list(islice(self._cells, ROWS_BEFORE_HEADINGS))
        self.headings: Headings = read_headings(first)
        self._early = first[self.headings.row_number :]
        last_row = sheet.end[0] + 1 if sheet.end else 0
        self.row_count: int = last_row - self.headings.row_number
        self._reader = RowReader(self.headings.places, gazetteer, as_of)
        self._seen: dict[str, int] = {}

    def rows(self) -> Iterator[RosterRow]:
        """Every row that is not blank; the second row of one person is a flaw naming the first."""
        row_number = self.headings.row_number
        for source in (self._early, self._cells):
            for cells in source:
                row_number += 1
                if not all(map(_blank, cells)):
                    yield self._row(row_number, cells)

    def _row(self, row_number: int, cells: list[Cell]) -> RosterRow:
        flaws: list[Flaw] = []
        person = self._reader.read(cells, flaws)
        if person is not None:
            first = self._seen.setdefault(person.id_number, row_number)
            if first != row_number:
                person = None
                flaws.append(duplicate(first))
        return RosterRow(row_number, person, flaws, cells)


def _blank(cell: Cell) -> bool:
    return isinstance(cell, str) and not cell.strip()
