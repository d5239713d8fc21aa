"""The result of a what-if as a workbook: the same tables, with the charts drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

FEN_A_YUAN = 100
COLUMN_WIDTH, LONGEST_CHART_NAME = 18, 120
CHART_ROWS = 16
Json = Mapping[str, Any]

PEOPLE = {
    "before": "改前人数 before", "after": "改后人数 after", "gained": "新增 newly in",
    "lost": "退出 newly out",
}  # fmt: skip
PLACE = {"area_code": "区划 area", "class": "类别 class", **dict(list(PEOPLE.items())[2:])}
MONEY = {
    "month_on": "月份 month", "class": "类别 class", "fund": "资金 fund",
    "heads_before": "改前人数 heads before", "heads_after": "改后人数 heads after",
    "before_fen": "改前（元）before, yuan", "after_fen": "改后（元）after, yuan",
    "more_fen": "增加（元）more, yuan",
}  # fmt: skip
CARE = {
    "case": "情形 case", "people": "人数 people", "hours_needed": "每周所需小时 hours a week",
    "caregivers_needed": "所需服务员 caregivers needed", "caregivers_missing": "尚缺 missing",
}  # fmt: skip
REASONS = {
    "effect": "变化 effect", "criterion": "条件 criterion", "article": "条款 article",
    "people": "人数 people",
}  # fmt: skip
TABLES: Sequence[tuple[str, str, Mapping[str, str]]] = (
    ("by_class", "类别", {"class": "类别 class", **PEOPLE}),
    ("by_criterion", "条款", REASONS),
    ("by_street", "街道", PLACE),
    ("by_community", "社区", PLACE),
)


@dataclass(frozen=True, slots=True)
class Formats:
    """How cells look."""

    heading: Format
    money: Format


def workbook(result: Json) -> bytes:
    """The tables of a result as .xlsx; counts of one to four are text (`<5`)."""
    target = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(target, options) as book:
        formats = Formats(
            book.add_format({"bold": True, "text_wrap": True}),
            book.add_format({"num_format": "#,##0.00"}),
        )
        _table(book.add_worksheet("总览"), _overview(result), _titles(), formats)
        for at, programme in enumerate(result["programmes"], start=1):
            for name, title, titles in TABLES:
                sheet = book.add_worksheet(f"{at}{title}")
                _table(sheet, programme[name], titles, formats)
        if result["budget"]:
            titles = {"programme": "项目 programme", **MONEY}
            _table(book.add_worksheet("资金"), result["budget"], titles, formats)
        if result["care"]:
            _table(book.add_worksheet("服务能力"), result["care"]["cases"], CARE, formats)
        _charts(book, result["charts"])
    return target.getvalue()


def _titles() -> Mapping[str, str]:
    return {
        "sheet": "表 sheet", "programme": "项目 programme", "name_zh": "名称 name", **PEOPLE,
        "open_before": "改前待定 open before", "open_after": "改后待定 open after",
        "as_of": "判定日 as of", "people": "判定人数 people judged",
    }  # fmt: skip


def _overview(result: Json) -> Iterator[Json]:
    for at, one in enumerate(result["programmes"], start=1):
        yield {
            **one,
            **one["totals"],
            "sheet": at,
            "open_before": one["open"]["before"],
            "open_after": one["open"]["after"],
            "as_of": result["as_of"],
            "people": result["people"],
        }


def _table(sheet: Worksheet, rows: Any, titles: Mapping[str, str], formats: Formats) -> None:
    sheet.set_column(0, len(titles) - 1, COLUMN_WIDTH)
    sheet.freeze_panes(1, 0)
    for column, title in enumerate(titles.values()):
        sheet.write_string(0, column, title, formats.heading)
    for number, row in enumerate(rows, start=1):
        for column, name in enumerate(titles):
            _cell(sheet, number, column, name, row.get(name), formats)


def _cell(
    sheet: Worksheet, number: int, column: int, name: str, value: Any, formats: Formats
) -> None:
    if value is None:
        return
    if name.endswith("_fen"):
        sheet.write_number(number, column, value / FEN_A_YUAN, formats.money)
    elif isinstance(value, int):
        sheet.write_number(number, column, value)
    else:
        sheet.write_string(number, column, str(value))


def _charts(book: xlsxwriter.Workbook, charts: Sequence[Json]) -> None:
    """A sheet of charts, each beside its own data."""
    sheet, row = book.add_worksheet("图表"), 0
    for one in (chart for chart in charts if chart["labels"]):
        drawn: Any = book.add_chart({"type": "column"})
        drawn.set_title({"name": f"{one['programme']} {one['chart']}"[:LONGEST_CHART_NAME]})
        last = row + len(one["labels"])
        for at, label in enumerate(one["labels"], start=1):
            sheet.write_string(row + at, 0, str(label))
        for column, series in enumerate(one["series"], start=1):
            sheet.write_string(row, column, series["name"])
            for at, value in enumerate(series["values"], start=1):
                if value is not None:
                    sheet.write_number(row + at, column, value)
            drawn.add_series(
                {
                    "name": ["图表", row, column],
                    "categories": ["图表", row + 1, 0, last, 0],
                    "values": ["图表", row + 1, column, last, column],
                }
            )
        sheet.insert_chart(row, len(one["series"]) + 2, drawn)
        row = max(last, row + CHART_ROWS) + 2
