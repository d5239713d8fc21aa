"""One row of a roster to the draft of one person's file, or to the flaws that keep it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import cast

from services.intake.imports import crosschecks
from services.intake.imports.cells import READERS, Cell, Reader, word, written
from services.intake.imports.gazetteer import Gazetteer
from services.intake.persons.identity import (
    FLAWS,
    OLD_NUMBER_LENGTH,
    Flaw,
    Identity,
    read_certificate,
    read_name,
    read_number,
    read_phone,
)
from shared.contracts.facts import PersonFacts

# Columns that become facts under their own names, without a look at other columns.
PLAIN_FACTS = (
    "hukou_area",
    "residence_area",
    "employed",
    "dibao",
    "sanwu",
    "gulao",
    "tekun",
    "household_size",
    "household_monthly_income_fen",
    "lives_with",
    "children",
    "died_on",
)
CHECKED = ("sex", "birth_on", "disability_category", "disability_grade", "wants", "moved_out_on")
# Excel keeps numbers to 15 digits: a longer one has lost its end.
EXACT_NUMBER = 10**OLD_NUMBER_LENGTH
NO_WANTS: frozenset[str] = frozenset()
NO_CERTIFICATE = frozenset(("", "无", "否", "没有"))
NO_PHONE = frozenset(("", "无", "没有"))

Placed = list[tuple[str, int, Reader]]


@dataclass(slots=True)
class PersonDraft:
    """What a good row says of one person, ready for a person file.

    `area_code` is the community whose roster this is; whoever died or moved out wants nothing.
    """

    name: str
    id_number: str
    phone: str | None
    disability_certificate: str | None
    area_code: str
    hukou_area: str | None
    wants: frozenset[str]
    facts: PersonFacts
    moved_out_on: date | None


class RowReader:
    """Reads the rows of one file, whose columns stand at `places`."""

    def __init__(self, places: dict[str, int], gazetteer: Gazetteer, as_of: date) -> None:
        self._at = places
        self._gazetteer = gazetteer
        self._as_of = as_of
        self._plain = _placed(PLAIN_FACTS, places)
        self._checked = _placed(CHECKED, places)

    def read(self, cells: list[Cell], flaws: list[Flaw]) -> PersonDraft | None:
        """The draft of a row; adds to `flaws` and returns None when something must be mended."""
        name = read_name(written(cells[self._at["name"]]))
        if isinstance(name, Flaw):
            flaws.append(name)
        identity = self._identity(cells, flaws)
        facts = _read(cells, self._plain, flaws)
        checked = _read(cells, self._checked, flaws)
        area_code = self._community(cells, flaws)
        phone = self._phone(cells, flaws)
        if identity is None:
            return None
        certificate = self._disability(cells, identity, facts, checked, flaws)
        flaws.extend(crosschecks.of_number(identity, checked))
        if "died_on" in facts or "moved_out_on" in checked:
            flaws.extend(crosschecks.of_days(identity, facts | checked, self._as_of))
        if flaws:
            return None
        moved_out_on = cast("date | None", checked.get("moved_out_on"))
        facts["birth_on"], facts["sex"] = identity.birth_on, identity.sex
        if moved_out_on is None:
            facts.setdefault("residence_area", area_code)
        gone = moved_out_on is not None or "died_on" in facts
        wants = NO_WANTS if gone else cast("frozenset[str]", checked.get("wants", NO_WANTS))
        return PersonDraft(
            name=cast("str", name),
            id_number=identity.number,
            phone=phone,
            disability_certificate=certificate,
            area_code=cast("str", area_code),
            hukou_area=cast("str | None", facts.get("hukou_area")),
            wants=wants,
            facts=PersonFacts.model_construct(_fields_set=None, **facts),
            moved_out_on=moved_out_on,
        )

    def _identity(self, cells: list[Cell], flaws: list[Flaw]) -> Identity | None:
        cell = cells[self._at["id_number"]]
        if isinstance(cell, float) and cell >= EXACT_NUMBER:
            read: Identity | Flaw = FLAWS["number_spoiled"]
        else:
            read = read_number(written(cell), self._as_of)
        if isinstance(read, Flaw):
            flaws.append(read)
            return None
        return read

    def _community(self, cells: list[Cell], flaws: list[Flaw]) -> str | None:
        at = self._at
        code = written(cells[at["area_code"]]) if "area_code" in at else ""
        street = written(cells[at["street"]]) if "street" in at else ""
        community = written(cells[at["community"]]) if "community" in at else ""
        found = self._gazetteer.community("" if code else street, code or community)
        if found is None:
            flaws.append(crosschecks.ROW_FLAWS["community_unknown"])
        return found

    def _phone(self, cells: list[Cell], flaws: list[Flaw]) -> str | None:
        cell = cells[self._at["phone"]] if "phone" in self._at else ""
        if cell == "":
            return None
        phone = read_phone(written(cell))
        if isinstance(phone, str):
            return phone
        if word(cell) not in NO_PHONE:
            flaws.append(phone)
        return None

    def _disability(
        self,
        cells: list[Cell],
        identity: Identity,
        facts: dict[str, object],
        checked: dict[str, object],
        flaws: list[Flaw],
    ) -> str | None:
        """Sets the fact; a grade without its certificate stays unknown until the paper is seen."""
        place = self._at.get("disability_certificate")
        cell = cells[place] if place is not None else ""
        category, grade = checked.get("disability_category"), checked.get("disability_grade")
        if cell == "" or word(cell) in NO_CERTIFICATE:
            if (cell != "" and word(cell)) or grade == 0 or category == 0:
                facts["disability"] = "none"
            return None
        read = read_certificate(written(cell), identity.number)
        if isinstance(read, Flaw):
            flaws.append(read)
            return None
        certificate, disability = read
        facts["disability"] = disability
        flaws.extend(crosschecks.of_certificate(disability, category, grade))
        return certificate


def _placed(fields: tuple[str, ...], places: dict[str, int]) -> Placed:
    return [(field, places[field], READERS[field]) for field in fields if field in places]


def _read(cells: list[Cell], placed: Placed, flaws: list[Flaw]) -> dict[str, object]:
    """The known values of some columns by field; empty and unknown cells are left out."""
    known: dict[str, object] = {}
    for field, at, reader in placed:
        cell = cells[at]
        if cell == "":
            continue
        value = reader(cell)
        if isinstance(value, Flaw):
            flaws.append(value)
        elif value is not None:
            known[field] = value
    return known
