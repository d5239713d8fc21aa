"""Rosters as street offices bring them: what is read, what is refused, what comes back mended."""

from __future__ import annotations

import io
from datetime import date, datetime

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from examples.people import certificate, full_width, old_form
from services.intake.imports.columns import RosterUnreadable
from services.intake.imports.gazetteer import place
from services.intake.imports.rejects import write_rejects
from shared.contracts.facts import Child, Disability, PersonFacts
from tests.intake.roster_files import (
    GOOD,
    HEADINGS,
    NUMBER,
    OTHER,
    codes_with,
    gazetteer,
    opened,
    person_with,
    row_with,
    workbook,
)


def test_a_plain_row_becomes_a_draft_and_what_is_not_said_stays_unknown() -> None:
    person = person_with()
    assert (person.name, person.id_number, person.area_code) == ("王芳", NUMBER, "110105015037")
    assert person.facts == PersonFacts(
        birth_on=date(1930, 3, 10), sex="male", residence_area="110105015037"
    )
    assert (person.phone, person.hukou_area, person.wants) == (None, None, frozenset())


def test_empty_cells_are_unknown_and_never_no() -> None:
    cells = dict.fromkeys(
        ("低保", "三无", "是否就业", "残疾证号", "子女情况", "家庭月收入", "户籍", "死亡日期"), ""
    )
    assert person_with(**cells).facts == person_with().facts
    assert person_with(**dict.fromkeys(cells, "不详")).facts == person_with().facts


def test_headings_are_known_below_a_title_however_they_are_spelt() -> None:
    sheet = workbook(
        ["八里庄街道名册"],
        [],
        ["序号", " 姓　名*", "公民身份\n号码", "所属街道：", "社区（村）", "血型", "备注"],
        [1, *GOOD, "A", ""],
    )
    roster = opened(sheet)
    (row,) = roster.rows()
    assert row.row_number == 4
    assert row.person is not None
    assert roster.headings.unknown == ["血型"]


def test_blank_rows_are_passed_by_and_row_numbers_are_the_sheets_own() -> None:
    rows = list(opened(workbook(HEADINGS, [], GOOD, ["  "], ["李四", OTHER, *GOOD[2:]])).rows())
    assert [row.row_number for row in rows] == [3, 5]


def test_a_missing_column_is_one_clear_error() -> None:
    with pytest.raises(RosterUnreadable) as raised:
        opened(workbook(["姓名", "街道"], ["王芳", "八里庄街道"]))
    assert raised.value.flaw.code == "columns_missing"
    assert "身份证号、社区" in raised.value.flaw.zh


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_a_workbook"),
        ("姓名,身份证号".encode(), "not_a_workbook"),
        (b"PK\x03\x04 broken", "workbook_damaged"),
        (b"\xd0\xcf\x11\xe0 broken", "workbook_damaged"),
        (workbook(["甲", "乙"], ["1", "2"]), "headings_not_found"),
        (workbook(), "headings_not_found"),
    ],
)
def test_a_file_that_is_no_roster_says_what_to_do(content: bytes, code: str) -> None:
    with pytest.raises(RosterUnreadable) as raised:
        opened(content)
    assert raised.value.flaw.code == code


@pytest.mark.parametrize(("row", "column"), [(1_048_575, 16_383), (1_048_575, 0), (0, 16_383)])
def test_a_stray_far_cell_is_refused_before_it_takes_the_memory(row: int, column: int) -> None:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADINGS)
        sheet.write(row, column, "x")
    with pytest.raises(RosterUnreadable) as raised:
        opened(target.getvalue())
    assert raised.value.flaw.code == "workbook_too_large"


@pytest.mark.parametrize(
    "written",
    [datetime(1930, 3, 10), "1930-3-10", "1930/03/10", "1930年3月10日", "1930.3.10", "19300310",
     19300310, "１９３０年３月１０日", "1930-03-10 00:00:00", "1930年 3月 10日"],
)  # fmt: skip
def test_every_form_of_a_date_is_read(written: object) -> None:
    assert codes_with(出生日期=written) == []


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("1929-2-29", "birth_on_not_real"),
        ("1930年3月", "birth_on_unreadable"),
        (10992, "birth_on_unreadable"),
        ("三月初十", "birth_on_unreadable"),
        ("9" * 5000, "birth_on_unreadable"),
        (f"1930-3-{'9' * 400}", "birth_on_not_real"),
        ("1930-3-11", "birth_differs_from_number"),
    ],
)
def test_a_date_that_is_none_or_contradicts_the_number_is_a_flaw(
    written: object, code: str
) -> None:
    assert codes_with(出生日期=written) == [code]


def test_a_sex_that_contradicts_the_number_is_a_flaw() -> None:
    assert codes_with(性别="男") == []
    assert codes_with(性别="女") == ["sex_differs_from_number"]


@pytest.mark.parametrize(
    ("written", "fen"),
    [(490, 49000), (490.01, 49001), ("490.00", 49000), ("４９０元", 49000), ("1,490.5", 149050),
     ("￥0", 0), ("", None), ("不详", None)],
)  # fmt: skip
def test_money_in_yuan_becomes_whole_fen(written: object, fen: int | None) -> None:
    assert person_with(**{"家庭月收入（元）": written}).facts.household_monthly_income_fen == fen


@pytest.mark.parametrize("written", ["490.001", -1, "-0.01", "三百", "1e3", "NaN", "1_0", "9" * 30])
def test_money_that_cannot_be_is_a_flaw(written: object) -> None:
    assert codes_with(家庭月收入=written) == ["household_monthly_income_fen_unreadable"]


@pytest.mark.parametrize(
    ("yes", "no"), [("是", "否"), ("有", "无"), ("√", "×"), (1, 0), ("Yes", "NO"), (True, False)]
)
def test_words_for_yes_and_no(yes: object, no: object) -> None:
    assert person_with(低保=yes).facts.dibao is True
    assert person_with(低保=no).facts.dibao is False


def test_another_word_is_a_flaw_that_lists_the_known_ones() -> None:
    (flaw,) = row_with(低保="大概").flaws
    assert flaw.code == "dibao_unreadable"
    assert "是、有" in flaw.zh


def test_children_are_read_one_by_one() -> None:
    children = person_with(子女情况="外地;本市低保；本市重残、本市,县;不详").facts.children
    assert children == (
        Child(alive=True, in_city=False),
        Child(alive=True, in_city=True, dibao=True),
        Child(alive=True, in_city=True, severely_disabled=True),
        Child(alive=True, in_city=True, dibao=False, severely_disabled=False),
        Child(alive=True, in_city="county", dibao=False, severely_disabled=False),
        Child(),
    )
    assert person_with(子女情况="无").facts.children == ()
    assert person_with(子女情况="").facts.children is None
    assert codes_with(子女情况="两个儿子") == ["children_unreadable"]


def test_a_certificate_gives_the_disability_and_must_be_the_holders() -> None:
    person = person_with(残疾证号=certificate(NUMBER.lower(), 4, 2), 残疾等级="二级")
    assert person.disability_certificate == f"{NUMBER}42"
    assert person.facts.disability == Disability(category=4, grade=2)
    assert codes_with(残疾证号=certificate(OTHER, 4, 2)) == ["certificate_of_another"]
    assert codes_with(残疾证号=certificate(NUMBER, 4, 2), 残疾等级="三级") == [
        "disability_grade_differs_from_certificate"
    ]


def test_a_grade_without_its_certificate_is_not_yet_known_and_no_certificate_is_none() -> None:
    assert person_with(残疾等级="一级").facts.disability is None
    assert person_with(残疾证号="无").facts.disability == "none"


def test_who_died_or_moved_is_kept_and_wants_nothing() -> None:
    dead = person_with(申请项目="养老券", 死亡日期="2009年12月3日")
    assert dead.facts.died_on == date(2009, 12, 3)
    moved = person_with(申请项目="养老券", 迁出日期=datetime(2009, 10, 1))
    assert (moved.moved_out_on, moved.facts.residence_area) == (date(2009, 10, 1), None)
    assert dead.wants == moved.wants == frozenset()


def test_days_of_death_and_removal_must_be_possible() -> None:
    assert codes_with(死亡日期="2010-02-01") == ["died_in_future"]
    assert codes_with(死亡日期="1929-02-01") == ["died_before_birth"]
    assert codes_with(迁出日期="2010-02-01") == ["moved_in_future"]


def test_the_programmes_applied_for_are_known_by_their_words() -> None:
    assert person_with(申请项目="养老（助残）券").wants == {"chaoyang-2010/voucher"}
    both = person_with(申请项目="养老券;居家养老服务").wants
    assert both == {"chaoyang-2010/voucher", "nangang-2008/home-care"}
    assert codes_with(申请项目="低保") == ["wants_unreadable"]


@pytest.mark.parametrize(
    ("written", "code"),
    [("北京市海淀区", "110108"), ("海淀", "110108"), ("朝阳区八里庄街道", "110105"),
     ("河北省廊坊市", "130000"), ("北京", "110000"), ("黑龙江省哈尔滨市南岗区", "230103"),
     ("哈尔滨南岗", "230103"), ("黑龙江省大庆市", "230000"), ("黑龙江省", None), ("哈尔滨市", None),
     ("黑龙江省哈尔滨市", None), ("老家", None), ("110105015037", "110105015037"),
     ("990101", None)],
)  # fmt: skip
def test_places_of_hukou_are_found_or_left_open(written: str, code: str | None) -> None:
    assert place(written) == code


def test_a_village_and_a_community_of_one_name_are_kept_apart() -> None:
    found = {
        gazetteer().community("高碑店地区", name)
        for name in ("高井社区", "高井社区居民委员会", "高井村", "高井村委会")
    }
    assert len(found) == 2
    assert gazetteer().community("高碑店地区", "高井") is None


def test_a_community_is_found_by_its_code_and_an_unknown_one_is_a_flaw() -> None:
    sheet = workbook(["姓名", "身份证号", "社区代码"], ["王芳", NUMBER, 110105015037])
    (row,) = opened(sheet).rows()
    assert row.person is not None
    assert row.person.area_code == "110105015037"
    sheet = workbook(HEADINGS, [*GOOD[:3], "幸福里社区"])
    assert [flaw.code for row in opened(sheet).rows() for flaw in row.flaws] == [
        "community_unknown"
    ]


def test_the_same_person_twice_names_the_first_row() -> None:
    forms = (NUMBER, old_form(NUMBER), full_width(NUMBER))
    first, *rest = opened(workbook(HEADINGS, *[["王芳", form, *GOOD[2:]] for form in forms])).rows()
    assert first.person is not None
    assert [row.flaws[0].code for row in rest] == ["duplicate_in_file"] * 2
    assert all("第2行" in row.flaws[0].zh and row.person is None for row in rest)


def test_a_number_that_excel_has_rounded_is_told_apart() -> None:
    sheet = workbook(HEADINGS, ["王芳", 110190193003100012, *GOOD[2:]])
    (row,) = opened(sheet).rows()
    assert [flaw.code for flaw in row.flaws] == ["number_spoiled"]


def test_no_flaw_repeats_what_was_written() -> None:
    row = row_with(联系电话="99887766554", 残疾证号="8877665544", 户籍="天外天", 低保="八分")
    texts = " ".join(flaw.zh + flaw.en for flaw in row.flaws)
    assert len(row.flaws) == 4
    assert not any(
        part in texts for part in ("99887766554", "8877665544", "天外天", "八分", NUMBER)
    )


def test_rejects_corrected_in_place_are_accepted_as_a_roster() -> None:
    headings = ["备注", *HEADINGS, "出生日期", "家庭月收入（元）"]
    broken = ["=1+1", "王芳", NUMBER[:-1] + "Y", *GOOD[2:], datetime(1930, 3, 10), 490.01]
    roster = opened(workbook(["名册"], headings, ["", *GOOD], broken))
    rejected = [row for row in roster.rows() if row.person is None]
    target = io.BytesIO()
    assert write_rejects(roster.headings.titles, rejected, target) == 1

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(target.getvalue())).get_sheet_by_index(0)
    titles, row = sheet.to_python()
    assert titles == ["错误说明", *headings]
    assert str(row[0]).startswith("原第4行 身份证号：")
    assert row[1:] == [*broken[:5], "1930-03-10", "490.01"]

    row[3] = NUMBER
    again = opened(workbook(titles, row))
    assert again.headings.unknown == []
    (mended,) = again.rows()
    assert mended.person is not None
    assert mended.person.facts.household_monthly_income_fen == 49001


def test_the_reasons_of_an_earlier_round_are_replaced() -> None:
    roster = opened(workbook(["错误说明", *HEADINGS], ["旧", "王", *GOOD[1:]]))
    target = io.BytesIO()
    write_rejects(roster.headings.titles, roster.rows(), target)
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(target.getvalue())).get_sheet_by_index(0)
    titles, row = sheet.to_python()
    assert titles == ["错误说明", *HEADINGS]
    assert "姓名" in str(row[0])
    assert row[1:] == ["王", *GOOD[1:]]
