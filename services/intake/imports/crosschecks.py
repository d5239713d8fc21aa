"""What the columns of one roster row say about each other: the flaws between them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import cast

from services.intake.persons.identity import Flaw, Identity
from shared.contracts.facts import Disability

LATER = (
    "不能晚于办理日，请改正",
    "must not lie after the day of the import; correct it",
)
TEXTS: dict[str, tuple[str, str, str]] = {
    "birth_differs_from_number": (
        "birth_on",
        "出生日期与身份证号不一致，请对照证件改正其中一项",
        "differs from the birth date in the identity number; correct one of the two",
    ),
    "sex_differs_from_number": (
        "sex",
        "性别与身份证号不一致，请对照证件改正其中一项",
        "differs from the sex in the identity number; correct one of the two",
    ),
    "disability_category_differs_from_certificate": (
        "disability_category",
        "残疾类别与残疾人证号不一致，请对照证件改正",
        "differs from the category in the certificate number; correct one of the two",
    ),
    "disability_grade_differs_from_certificate": (
        "disability_grade",
        "残疾等级与残疾人证号不一致，请对照证件改正",
        "differs from the grade in the certificate number; correct one of the two",
    ),
    "community_unknown": (
        "community",
        "社区不在区划名录中，或同名不止一处；请按名录填街道和社区全称，或填12位社区代码",
        "not in the area register, or not the only one of that name; "
        "give street and community as registered, or the 12-digit code",
    ),
    "died_before_birth": (
        "died_on",
        "死亡日期早于出生日期，请改正",
        "lies before the birth; correct it",
    ),
    "died_in_future": ("died_on", *LATER),
    "moved_in_future": ("moved_out_on", *LATER),
}
ROW_FLAWS = {code: Flaw(code, *texts) for code, texts in TEXTS.items()}


def duplicate(first_row: int) -> Flaw:
    """The same person stands in an earlier row of the file."""
    return Flaw(
        "duplicate_in_file",
        "id_number",
        f"与第{first_row}行是同一人，请合并后只留一行",
        f"the same person as in row {first_row}; keep one row",
    )


def of_certificate(disability: Disability, category: object, grade: object) -> Iterator[Flaw]:
    """Category and grade as their own columns say, against the certificate's."""
    if category not in (None, disability.category):
        yield ROW_FLAWS["disability_category_differs_from_certificate"]
    if grade not in (None, disability.grade):
        yield ROW_FLAWS["disability_grade_differs_from_certificate"]


def of_number(identity: Identity, row: dict[str, object]) -> Iterator[Flaw]:
    """Birth date and sex as their own columns say, against the identity number's."""
    if row.get("birth_on", identity.birth_on) != identity.birth_on:
        yield ROW_FLAWS["birth_differs_from_number"]
    if row.get("sex", identity.sex) != identity.sex:
        yield ROW_FLAWS["sex_differs_from_number"]


def of_days(identity: Identity, row: dict[str, object], as_of: date) -> Iterator[Flaw]:
    """Death and removal against the birth and the day of the import."""
    died_on = cast("date | None", row.get("died_on"))
    moved_out_on = cast("date | None", row.get("moved_out_on"))
    if died_on is not None and died_on > as_of:
        yield ROW_FLAWS["died_in_future"]
    if died_on is not None and died_on < identity.birth_on:
        yield ROW_FLAWS["died_before_birth"]
    if moved_out_on is not None and moved_out_on > as_of:
        yield ROW_FLAWS["moved_in_future"]
