"""One cell of a roster to one fact: dates, money, yes and no, children, programmes applied for.

Every reader is cached, since a roster says the same few things many times. An empty cell is
`None`, which means unknown and never "no" (Nangang 八(三)).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial

from services.intake.imports.gazetteer import place
from services.intake.imports.vocabulary import (
    CATEGORIES,
    CHILDREN,
    GRADES,
    LIVES_WITH,
    NO_CHILD,
    NOTHING_WANTED,
    PROGRAMMES,
    SEXES,
    WORK,
    WRITTEN_AS_UNKNOWN,
    YES_NO,
    Choices,
)
from services.intake.persons.identity import Flaw
from shared.contracts.facts import Child

Cell = int | float | str | bool | date | datetime | time | timedelta
Reader = Callable[[Cell], object]

CACHED = 16384
SEPARATORS = str.maketrans("；、,，/\n", ";;;;;;")
DATE_MARKS = str.maketrans(
    {"年": "-", "月": "-", "日": "", "号": "", "/": "-", ".": "-", "．": "-"}
)
DATE_PARTS = 3
COMPACT_DATE = 8
COMPACT_CUTS = (4, 6)
FEN = 100
# From here on Python writes a float with an exponent.
PLAIN_FLOAT = 1e16
MOST_FEN = 10**12
MOST_IN_HOUSEHOLD = 50
MOST_CHILDREN = 30
MONEY_MARKS = str.maketrans("", "", ",¥￥元 ")
AMOUNT = frozenset("0123456789.-")
PERSON_MARKS = str.maketrans("", "", "人口 ")


def flaw(field: str, zh: str, en: str, code: str = "unreadable") -> Flaw:
    """A flaw of one column; the texts say how to mend the cell."""
    return Flaw(f"{field}_{code}", field, zh, en)


def written(cell: Cell) -> str:
    """The cell as its writer sees it: whole numbers without a point, days as 1930-02-03."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(cell).removesuffix(".0") if abs(cell) < PLAIN_FLOAT else str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return str(cell)


def word(cell: Cell) -> str:
    """The cell as a bare word: half-width, no white space, lower case; empty when unknown."""
    text = "".join(unicodedata.normalize("NFKC", written(cell)).split()).casefold()
    return "" if text in WRITTEN_AS_UNKNOWN else text


def read_choice(field: str, choices: Choices, cell: Cell) -> object:
    """One of the words that the column knows, as its fact."""
    text = word(cell)
    if not text:
        return None
    if text in choices:
        return choices[text]
    words = "、".join(choices)
    return flaw(
        field, f"只认这些写法：{words}；不清楚请留空", f"write one of: {words}; empty if unknown"
    )


def read_grade(field: str, choices: Choices, cell: Cell) -> object:
    """A disability category or grade; 0 means no disability."""
    return read_choice(field, choices, word(cell).removesuffix("级").removesuffix("残疾"))


def read_date(field: str, cell: Cell) -> date | Flaw | None:
    """A day written as an Excel date, 1930-2-3, 1930/02/03, 1930年2月3日 or 19300203."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = unicodedata.normalize("NFKC", written(cell)).strip()
    if text in WRITTEN_AS_UNKNOWN:
        return None
    parts = _date_parts(text)
    if len(parts) != DATE_PARTS or not all(part.isascii() and part.isdigit() for part in parts):
        return flaw(
            field,
            "日期请写成 1930-02-03 或 1930年2月3日，或设为日期格式",
            "write the day as 1930-02-03 or 1930年2月3日, or format the cell as a date",
        )
    try:
        return date(*map(int, parts))
    except (ValueError, OverflowError):
        return flaw(
            field,
            "这一天不存在（如平年没有2月29日），请对照证件改正",
            "this day does not exist (29 February is in leap years only); compare with the papers",
            "not_real",
        )


def _date_parts(text: str) -> list[str]:
    if len(text) == COMPACT_DATE and text.isdigit():
        year, month = COMPACT_CUTS
        return [text[:year], text[year:month], text[month:]]
    day, _, clock = text.translate(DATE_MARKS).partition(" ")
    # "1930年 2月 3日" has blanks inside; "1930-02-03 00:00:00" has a time behind.
    day = day if ":" in clock else day + clock.replace(" ", "")
    return day.split("-")


def read_fen(field: str, cell: Cell) -> int | Flaw | None:
    """Yuan with at most two decimals, as whole fen."""
    text = word(cell).translate(MONEY_MARKS)
    if not text:
        return None
    try:
        fen = Decimal(text) * FEN if AMOUNT.issuperset(text) else None
    except InvalidOperation:
        fen = None
    if fen is None or fen != int(fen) or not 0 <= fen <= MOST_FEN:
        return flaw(
            field,
            "请填人民币元，不小于0，最多两位小数，如 490 或 490.00",
            "give yuan, not below 0, with at most two decimals, such as 490 or 490.00",
        )
    return int(fen)


def read_household_size(field: str, cell: Cell) -> int | Flaw | None:
    """How many live in the household, 1 to 50."""
    text = word(cell).translate(PERSON_MARKS)
    if not text:
        return None
    size = int(text) if text.isascii() and text.isdigit() and len(text) < len("100") else 0
    if not 1 <= size <= MOST_IN_HOUSEHOLD:
        return flaw(field, "请填1至50的整数", "give a whole number from 1 to 50")
    return size


def read_place(field: str, cell: Cell) -> str | Flaw | None:
    """The area code of a hukou or a home."""
    text = word(cell)
    if not text:
        return None
    code = place(text)
    if code is None:
        return flaw(
            field,
            "请写到区县，如 北京市海淀区、哈尔滨市南岗区；外省写省名，如 河北省",
            "write it down to the district, such as 北京市海淀区; for other provinces the province",
        )
    return code


def read_children(field: str, cell: Cell) -> tuple[Child, ...] | Flaw | None:
    """Each child in a word or two, parted by semicolons; 无 means that there is none."""
    text = word(cell)
    if not text:
        return None
    if text in NO_CHILD:
        return ()
    words = [part for part in text.translate(SEPARATORS).split(";") if part]
    if len(words) > MOST_CHILDREN or not all(part in CHILDREN for part in words):
        known = "、".join(CHILDREN)
        return flaw(
            field,
            f"每个子女写一项，用分号隔开，如 外地;本市低保；没有写 无。可写：{known}",
            f"one item for each child, parted by semicolons; 无 if none. Items: {known}",
        )
    return tuple(CHILDREN[part] for part in words)


def read_wants(field: str, cell: Cell) -> frozenset[str] | Flaw | None:
    """The programmes that the person applies for."""
    text = word(cell)
    if not text:
        return None
    words = [part for part in text.translate(SEPARATORS).split(";") if part not in NOTHING_WANTED]
    if not all(part in PROGRAMMES for part in words):
        return flaw(
            field,
            "只认 养老券、居家养老服务，可用分号并列；不申请请留空",
            "write 养老券 (voucher) or 居家养老服务 (home care), or both; empty if none",
        )
    return frozenset(PROGRAMMES[part] for part in words)


def _cached(reader: Callable[..., object], field: str, *more: object) -> Reader:
    return lru_cache(maxsize=CACHED, typed=True)(partial(reader, field, *more))


READERS: dict[str, Reader] = {
    **{field: _cached(read_date, field) for field in ("birth_on", "died_on", "moved_out_on")},
    **{
        field: _cached(read_choice, field, YES_NO) for field in ("dibao", "sanwu", "gulao", "tekun")
    },
    **{field: _cached(read_place, field) for field in ("hukou_area", "residence_area")},
    "sex": _cached(read_choice, "sex", SEXES),
    "employed": _cached(read_choice, "employed", WORK),
    "disability_category": _cached(read_grade, "disability_category", CATEGORIES),
    "disability_grade": _cached(read_grade, "disability_grade", GRADES),
    "household_size": _cached(read_household_size, "household_size"),
    "household_monthly_income_fen": _cached(read_fen, "household_monthly_income_fen"),
    "lives_with": _cached(read_choice, "lives_with", LIVES_WITH),
    "children": _cached(read_children, "children"),
    "wants": _cached(read_wants, "wants"),
}
