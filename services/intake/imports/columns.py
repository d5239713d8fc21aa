"""The columns of a roster: what each is called in the field, and where they stand in one file."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from services.intake.persons.identity import Flaw

# Field: its own heading first, then the spellings seen. A heading is compared half-width, without
# white space, marks and anything in brackets.
HEADINGS: dict[str, tuple[str, ...]] = {
    "name": ("姓名", "老人姓名", "申请人姓名", "申请人", "name"),
    "id_number": (
        "身份证号",
        "身份证号码",
        "公民身份号码",
        "公民身份证号码",
        "身份证",
        "身份号码",
        "证件号码",
        "idnumber",
    ),
    "phone": ("联系电话", "电话", "手机", "手机号", "手机号码", "电话号码", "联系方式", "phone"),
    "sex": ("性别", "sex"),
    "birth_on": ("出生日期", "出生年月日", "生日", "出生年月", "birthdate"),
    "street": ("街道", "街道名称", "所属街道", "街道乡镇", "街乡", "街道办事处", "street"),
    "community": ("社区", "社区名称", "所属社区", "居住社区", "社区村", "居委会", "community"),
    "area_code": ("社区代码", "区划代码", "社区编码", "areacode"),
    "hukou_area": ("户籍所在地", "户籍", "户籍地", "户口所在地", "户籍地址", "hukou"),
    "residence_area": ("现居住地", "居住地", "实际居住地", "现住址所在区"),
    "disability_certificate": ("残疾人证号", "残疾证号", "残疾人证", "残疾证", "残疾证号码"),
    "disability_category": ("残疾类别", "残疾类型"),
    "disability_grade": ("残疾等级", "残疾级别"),
    "employed": ("是否就业", "就业状况", "就业情况", "有无工作", "是否有工作"),
    "dibao": ("是否低保", "低保", "享受低保", "低保户", "是否享受低保"),
    "sanwu": ("是否三无", "三无", "三无人员", "三无老人"),
    "gulao": ("是否孤寡", "孤寡", "孤老", "孤寡老人", "是否孤老"),
    "tekun": ("是否特困", "特困", "特困证", "特困户", "特困人员"),
    "household_size": ("家庭人口", "家庭人口数", "家庭人数", "共同生活人口", "户人口"),
    "household_monthly_income_fen": ("家庭月收入", "家庭月总收入", "月家庭收入", "家庭每月收入"),
    "lives_with": ("居住状况", "居住情况", "同住情况", "同住人"),
    "children": ("子女情况", "子女", "子女状况"),
    "wants": ("申请项目", "申请服务", "申请事项", "拟申请项目", "申请"),
    "died_on": ("死亡日期", "去世日期", "死亡时间", "死亡年月日"),
    "moved_out_on": ("迁出日期", "迁出时间", "搬离日期", "迁走日期"),
}
LABELS = {field: names[0] for field, names in HEADINGS.items()}
FIELDS = {name: field for field, names in HEADINGS.items() for name in names}

# Columns that rosters carry and that say nothing of the person; the first is our own.
REASON_HEADING = "错误说明"
PASSED_BY = frozenset((REASON_HEADING, "序号", "编号", "备注", "no"))

ROWS_BEFORE_HEADINGS = 20
FEWEST_HEADINGS = 2
MARKS = str.maketrans("", "", " \t\r\n*:：_-/、")


class RosterUnreadable(Exception):
    """The file as a whole cannot be read as a roster; `flaw` says why and how to mend it."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.en)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Headings:
    """The heading row of one file: its number, its cells, and the place of every known field."""

    row_number: int
    titles: list[object]
    places: dict[str, int]
    unknown: list[str]


def heading_key(cell: object) -> str:
    """A heading as it is compared: half-width, lower case, without blanks, marks and brackets."""
    text = unicodedata.normalize("NFKC", str(cell)).casefold().translate(MARKS)
    head, bracket, _ = text.partition("(")
    return head if bracket else text


def read_headings(rows: Sequence[Sequence[object]]) -> Headings:
    """Finds the heading row among the first rows of a sheet; raises RosterUnreadable."""
    found = [_places(row) for row in rows]
    best = max(range(len(found)), key=lambda at: len(found[at]), default=0)
    if not found or len(found[best]) < FEWEST_HEADINGS:
        raise RosterUnreadable(_no_headings())
    places, titles = found[best], rows[best]
    missing = _missing(places)
    if missing:
        raise RosterUnreadable(_columns_missing(missing))
    used = set(places.values())
    unknown = [
        str(title).strip()
        for at, title in enumerate(titles)
        if at not in used and heading_key(title) not in PASSED_BY | {""}
    ]
    return Headings(best + 1, list(titles), places, unknown)


def _places(row: Sequence[object]) -> dict[str, int]:
    places: dict[str, int] = {}
    for at, cell in enumerate(row):
        field = FIELDS.get(heading_key(cell))
        if field is not None:
            places.setdefault(field, at)
    return places


def _missing(places: dict[str, int]) -> list[str]:
    missing = [LABELS[field] for field in ("name", "id_number") if field not in places]
    if "community" not in places and "area_code" not in places:
        missing.append(LABELS["community"])
    return missing


def _no_headings() -> Flaw:
    wanted = "、".join((LABELS["name"], LABELS["id_number"], LABELS["community"]))
    return Flaw(
        "headings_not_found",
        "file",
        f"第一张工作表前{ROWS_BEFORE_HEADINGS}行中没有表头，请加上表头行，至少含：{wanted}",
        f"no heading row in the first {ROWS_BEFORE_HEADINGS} rows of the first sheet; "
        f"add one with at least: {wanted}",
    )


def _columns_missing(missing: list[str]) -> Flaw:
    names = "、".join(missing)
    return Flaw(
        "columns_missing",
        "file",
        f"表头缺少必需的列：{names}，请补上后重新导入",
        f"the heading row lacks required columns: {names}; add them and import again",
    )
