"""`juyang policy diff`: who gains and who loses by other policy files, over everybody known."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.cli.options import DEFAULT_DATA, Data, Json
from deploy.desk import Person, desk_at
from deploy.premises import OfficeRefused
from shared.contracts.ids import new_id

LOOK_EVERY_S = 0.1
WIDTH = 140

policy = typer.Typer(help="政策文件 · Policy files: compare them over the real population.")


def add_to(app: typer.Typer) -> None:
    """Add the subcommands."""
    app.add_typer(policy, name="policy", no_args_is_help=True)


@policy.callback()
def policies() -> None:
    """政策文件 · Policy files."""


@policy.command()
def diff(
    first: Annotated[
        Path, typer.Argument(help="政策文件或目录（只写一个时与现行政策比较）· file or folder")
    ],
    second: Annotated[
        Path | None, typer.Argument(help="与第一个比较的文件或目录 · the other one")
    ] = None,
    as_of: Annotated[str, typer.Option(help="判定日，默认今天 · day judged on, today")] = "",
    area: Annotated[str, typer.Option(help="只算一个区 · one district only")] = "",
    communities: Annotated[
        bool, typer.Option("--communities", help="列出社区 · list communities too")
    ] = False,
    data: Data = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """比较两份政策 · Who gains and who loses, under which article; counts alone, no person."""
    before, after = (None, first) if second is None else (first, second)
    body = {
        "id": str(new_id()),
        "before": None if before is None else _texts(before),
        "after": _texts(after),
        "as_of": as_of or None,
        "area_code": area or None,
    }
    found = asyncio.run(_compare(data, body))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        _show(found, communities)


def _texts(place: Path) -> list[dict[str, str]]:
    """The policy files of a place."""
    files = sorted(place.glob("*.yaml")) if place.is_dir() else [place]
    if not files or not all(file.is_file() for file in files):
        raise OfficeRefused(f"没有政策文件（*.yaml）：{place}\nthere is no policy file (*.yaml)")
    try:
        return [{"name": file.name, "text": file.read_text(encoding="utf-8")} for file in files]
    except UnicodeDecodeError as bad:
        raise OfficeRefused(f"{place} 不是 UTF-8 文本\n{place} is not UTF-8 text") from bad


async def _compare(data: Path, body: dict[str, Any]) -> dict[str, Any]:
    async with desk_at(data) as desk:
        operator = desk.person("operator", "policy-diff")
        asked = await operator.post("/eligibility/v1/policy-diffs", body)
        place = f"/eligibility/v1/simulations/{asked['simulation_id']}"
        view = await _ended(operator, place)
        if view["state"] != "done":
            raise OfficeRefused(
                f"比较没有完成：{view['state']} {view['trouble']}\nthe comparison did not finish"
            )
        found: dict[str, Any] = await operator.get(f"{place}/result")
        return found


async def _ended(operator: Person, place: str) -> dict[str, Any]:
    """The run once it has ended, with its progress on the way."""
    columns = (TextColumn("比较 compare"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=100)
        while True:
            view: dict[str, Any] = await operator.get(place)
            progress.update(task, completed=view["percent"])
            if view["state"] not in ("waiting", "running"):
                return view
            await asyncio.sleep(LOOK_EVERY_S)


def _show(found: dict[str, Any], communities: bool) -> None:
    console = Console(width=WIDTH)
    console.print(f"{found['as_of']} · {found['people']} 人 people · {found['area_code']}")
    changed = [one for one in found["programmes"] if one["totals"]["gained"] or _lost(one)]
    if not changed:
        console.print("没有人得到或失去资格 · nobody gains or loses")
        return
    console.print(_table("项目 programmes", ("programme", "class"), _classes(changed), True))
    reasons = _named(changed, "by_criterion")
    console.print(_table("条款 articles", ("programme", "effect", "article", "criterion"), reasons))
    for name in ("by_street", "by_community") if communities else ("by_street",):
        rows = _named(changed, name)
        console.print(_table(name, ("programme", "area_code", "class"), rows))


def _lost(one: dict[str, Any]) -> bool:
    return bool(one["totals"]["lost"])


def _classes(changed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each programme's classes, and its total where it has several."""
    rows: list[dict[str, Any]] = []
    for one in changed:
        rows += [{"programme": one["programme"], **row} for row in one["by_class"]]
        if len(one["by_class"]) > 1:
            rows.append({"programme": one["programme"], "class": "合计 all", **one["totals"]})
    return rows


def _named(changed: list[dict[str, Any]], table: str) -> list[dict[str, Any]]:
    return [{"programme": one["programme"], **row} for one in changed for row in one[table]]


def _table(
    title: str, names: tuple[str, ...], rows: list[dict[str, Any]], sides: bool = False
) -> Table:
    """A table of some rows: the names on the left, the counts on the right."""
    counts = ("before", "after", "gained", "lost") if sides else ("gained", "lost", "people")
    shown = [name for name in counts if any(name in row for row in rows)]
    table = Table(title=title)
    for name in (*names, *shown):
        table.add_column(name, justify="right" if name in shown else "left")
    for row in rows:
        table.add_row(*(str(row.get(name, "")) for name in (*names, *shown)))
    return table
