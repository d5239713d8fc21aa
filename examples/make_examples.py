"""Makes the example rosters anew, always the same bytes: `python examples/make_examples.py`."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from random import Random

import xlsxwriter

from examples import chaoyang, nangang
from examples.people import Person, Registry

HERE = Path(__file__).parent
SEED = 2010
MADE_AT = datetime(2010, 1, 4, 9, 0)
CHAOYANG_COUNTY, NANGANG_COUNTY = "110190", "230190"
WIDTHS = {0: 6, 3: 22}
USUAL_WIDTH = 14


def communities(street_code: str) -> list[str]:
    """The registered names of a street's communities, from areas.csv."""
    with (HERE / "areas.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["name"] for row in rows if row["code"].startswith(street_code)]


def short(names: list[str]) -> list[str]:
    """The names as people write them: with their full ending, or as 某某社区."""
    endings = ("社区居委会", "社区居民委员会")
    stems = [name.removesuffix(endings[0]).removesuffix(endings[1]) for name in names]
    return [*names, *(f"{stem}社区" for stem in stems)]


def write(path: Path, title: str, headings: Sequence[str], people: Sequence[Person]) -> None:
    """One sheet: a title, the headings, and the cells as they are, numbers kept as text."""
    with xlsxwriter.Workbook(str(path)) as book:
        book.set_properties({"title": title, "created": MADE_AT})
        sheet = book.add_worksheet("名册")
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        bold = book.add_format({"bold": True})
        for column in range(len(headings)):
            sheet.set_column(column, column, WIDTHS.get(column, USUAL_WIDTH))
        sheet.merge_range(0, 0, 0, len(headings) - 1, title, bold)
        sheet.write_row(1, 0, headings, bold)
        for row, person in enumerate(people, start=2):
            for column, heading in enumerate(headings):
                cell = person.cells.get(heading, "")
                if isinstance(cell, datetime):
                    sheet.write_datetime(row, column, cell, day)
                elif isinstance(cell, str):
                    sheet.write_string(row, column, cell)
                elif isinstance(cell, int | float):
                    sheet.write_number(row, column, cell)


def registry(county: str) -> Registry:
    """A register office of made-up people, the same at every run."""
    return Registry(Random(SEED), county)  # noqa: S311 (nothing secret: these people do not exist)


def make(folder: Path) -> None:
    """Writes both rosters into the folder."""
    names = short(communities(chaoyang.STREET_CODE))
    people = chaoyang.people(registry(CHAOYANG_COUNTY), names)
    write(folder / "chaoyang-roster.xlsx", chaoyang.TITLE, chaoyang.HEADINGS, people)
    near, other = communities(nangang.STREET_CODE), communities(nangang.OTHER_STREET_CODE)
    people = nangang.people(registry(NANGANG_COUNTY), near, other)
    write(folder / "nangang-roster.xlsx", nangang.TITLE, nangang.HEADINGS, people)


if __name__ == "__main__":
    make(HERE)
