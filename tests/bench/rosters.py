"""Large rosters of made-up people for the measurements, in a street office's own columns."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path
from random import Random

import xlsxwriter

from examples.people import Person, Registry, certificate
from services.intake.imports.columns import LABELS

ROOT = Path(__file__).parents[2]
AREA_FILES = (ROOT / "services/intake/areas/data/streets.csv", ROOT / "examples/areas.csv")
DISTRICT = "110105"
COUNTY = "110190"
AS_OF = date(2010, 1, 4)
SEED = 2010
FIELDS = (
    "name", "id_number", "phone", "sex", "birth_on", "area_code", "hukou_area",
    "disability_certificate", "employed", "dibao", "household_size",
    "household_monthly_income_fen", "lives_with", "children", "wants",
)  # fmt: skip
HOMES = ("独居", "与老年配偶同住", "与子女同住", "其他", "")
CHILDREN = ("无", "外地", "本市", "外地;本市", "本市低保;已故", "")
YOUNGEST, OLDEST = 60, 100
CERTIFIED = 0.2


class Rosters:
    """Makes rosters in which nobody stands twice, over all rosters together."""

    def __init__(self) -> None:
        self._chance = Random(SEED)
        self._registry = Registry(self._chance, COUNTY)
        self._communities = [row["code"] for row in areas() if len(row["code"]) == len("1" * 12)]

    def write(self, path: Path, rows: int) -> Path:
        """One sheet, written row by row, with its days as Excel dates."""
        options = {"constant_memory": True, "strings_to_formulas": False}
        with xlsxwriter.Workbook(str(path), options) as book:
            sheet = book.add_worksheet()
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            sheet.write_row(0, 0, [LABELS[field] for field in FIELDS])
            for at in range(1, rows + 1):
                for column, cell in enumerate(self._row()):
                    if isinstance(cell, datetime):
                        sheet.write_datetime(at, column, cell, day)
                    else:
                        sheet.write(at, column, cell)
        return path

    def _row(self) -> list[object]:
        chance = self._chance
        person = self._registry.aged(chance.randrange(YOUNGEST, OLDEST), AS_OF)
        born = person.birth_on
        cells: dict[str, object] = {
            "name": person.name,
            "id_number": person.number,
            "phone": self._registry.phone(),
            "sex": person.sex,
            "birth_on": datetime(born.year, born.month, born.day),
            "area_code": chance.choice(self._communities),
            "hukou_area": "北京市朝阳区",
            "disability_certificate": self._certificate(person),
            "employed": "否",
            "dibao": chance.choice("是否"),
            "household_size": chance.randrange(1, 5),
            "household_monthly_income_fen": chance.randrange(400, 6000),
            "lives_with": chance.choice(HOMES),
            "children": chance.choice(CHILDREN),
            "wants": "养老券",
        }
        return [cells[field] for field in FIELDS]

    def _certificate(self, person: Person) -> str:
        if self._chance.random() >= CERTIFIED:
            return "无"
        return certificate(
            person.number, self._chance.randrange(1, 8), self._chance.randrange(1, 5)
        )


def areas() -> list[dict[str, str]]:
    """The district's streets and communities, as the operator enters them."""
    found: list[dict[str, str]] = []
    for file in AREA_FILES:
        with file.open(encoding="utf-8", newline="") as rows:
            found += [row for row in csv.DictReader(rows) if row["code"].startswith(DISTRICT)]
    return found
