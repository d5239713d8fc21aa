"""The rosters shipped in `examples/`: every kind of mess is in them, and the cases at the limit."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

from python_calamine import CalamineWorkbook

from examples.make_examples import make
from services.intake.imports.roster import RosterRow
from shared.contracts.ages import age_on
from tests.intake.roster_files import ROOT, opened

SYNTHETIC_COUNTIES = {"110190", "230190"}


def example(name: str) -> list[RosterRow]:
    return list(opened(ROOT / "examples" / f"{name}-roster.xlsx").rows())


def test_the_chaoyang_example_brings_every_kind_of_mess() -> None:
    rows = example("chaoyang")
    people = [row.person for row in rows if row.person]
    assert len(rows) == 2000
    codes = Counter(flaw.code for row in rows for flaw in row.flaws)
    assert codes["number_check_digit"] == 20
    assert codes["duplicate_in_file"] == 6
    assert codes.keys() >= {
        "birth_on_not_real",
        "birth_differs_from_number",
        "certificate_of_another",
        "certificate_malformed",
        "community_unknown",
        "phone_malformed",
        "hukou_area_unreadable",
    }
    assert {person.id_number[:6] for person in people} <= SYNTHETIC_COUNTIES
    births = [person.facts.birth_on for person in people]
    assert sum((day.month, day.day) == (2, 29) for day in births if day) >= 4
    assert {person.name for person in people} >= {"买买提·吐尔逊", "艾力·司马义", "李㛃", "张𠮷"}
    assert sum(person.facts.died_on is not None for person in people) == 12
    assert sum(person.moved_out_on is not None for person in people) == 10
    assert {person.hukou_area for person in people} >= {"110105", "110108", "130000", None}
    written = [str(row.raw[3]) for row in rows]
    assert any(len(text) == 15 for text in written)
    assert any(text.endswith("x") for text in written)
    assert any(not text.isascii() for text in written)


def test_the_chaoyang_example_has_applicants_who_turn_80_in_march() -> None:
    people = [row.person for row in example("chaoyang") if row.person]
    turning = [
        person
        for person in people
        if person.facts.birth_on
        and age_on(person.facts.birth_on, date(2010, 2, 28)) == 79
        and age_on(person.facts.birth_on, date(2010, 3, 31)) == 80
        and person.facts.disability == "none"
        and person.wants
    ]
    assert len(turning) >= 3
    assert any(person.facts.birth_on == date(1930, 1, 1) for person in people)


def test_the_nangang_example_has_the_limits_and_the_street_not_started() -> None:
    rows = example("nangang")
    people = [row.person for row in rows if row.person]
    assert len(rows) == 300
    incomes = Counter(person.facts.household_monthly_income_fen for person in people)
    assert incomes[49000] >= 3
    assert incomes[49001] >= 2
    assert incomes[None] >= 1
    streets = Counter(person.area_code[:9] for person in people)
    assert streets.keys() == {"230103006", "230103004"}
    assert streets["230103004"] == 10
    assert {"sanwu", "gulao", "dibao", "tekun"} == {
        flag
        for flag in ("sanwu", "gulao", "dibao", "tekun")
        if any(getattr(person.facts, flag) for person in people)
    }
    families = {person.facts.children for person in people}
    assert families >= {(), None}
    assert any(
        family and {child.in_city for child in family} == {True, False} for family in families
    )


def test_the_shipped_examples_are_what_the_generator_makes(tmp_path: Path) -> None:
    make(tmp_path)
    for name in ("chaoyang", "nangang"):
        made, shipped = (
            CalamineWorkbook.from_path(folder / f"{name}-roster.xlsx").get_sheet_by_index(0)
            for folder in (tmp_path, ROOT / "examples")
        )
        assert made.to_python() == shipped.to_python()
