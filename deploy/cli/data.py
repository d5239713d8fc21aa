"""`juyang import`, `verify`, `reset`: a data directory's content."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from deploy.cli.heads import check_head, read_head
from deploy.cli.options import DEFAULT_DATA, Data, Json
from deploy.desk import Desk, Person, desk_at
from deploy.postgres import erase
from deploy.premises import ADDRESS, MARKER, UNFINISHED, OfficeRefused, address_of
from deploy.proof import prove
from shared.contracts.ids import derived_id

OURS = (
    "office.log",
    "secrets",
    "keys",
    "demo",
    "demo.json",
    "office-date",
    "office.lock",
    MARKER,
    UNFINISHED,
    ADDRESS,
)


def add_to(app: typer.Typer) -> None:
    """Add the subcommands."""
    app.command("import")(import_roster)
    app.command()(verify)
    app.command()(reset)


def import_roster(
    file: Annotated[Path, typer.Argument(help=".xlsx 或 .xls 名册 · roster")],
    within: Annotated[str, typer.Option(help="区划代码：区或街道 · district or street code")],
    sub: Annotated[str, typer.Option(help="经办人 · who brings it")] = "import",
    rejects: Annotated[
        Path | None, typer.Option(help="退回行写到此文件 · where rejected rows go")
    ] = None,
    data: Data = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """导入名册 · Import a roster; rejected rows come back as .xlsx to correct and import again."""
    if not file.is_file():
        raise OfficeRefused(f"没有这个文件：{file}\nthere is no such file: {file}")
    view = asyncio.run(_import(file, within, sub, rejects, data))
    if as_json:
        typer.echo(json.dumps(view, ensure_ascii=False))
    elif view["state"] == "failed":
        raise OfficeRefused(f"{view['trouble_zh']}\n{view['trouble_en']}")
    else:
        typer.echo(
            f"{view['rows_total']} 行 rows · 新建 new {view['persons_new']} · 更新 updated "
            f"{view['persons_updated']} · 未变 unchanged {view['persons_unchanged']} · "
            f"退回 rejected {view['rejected']}"
        )


async def _import(
    file: Path, within: str, sub: str, rejects: Path | None, data: Path
) -> dict[str, Any]:
    async with desk_at(data) as desk:
        officer = desk.person("district_officer", sub, within)
        content = file.read_bytes()
        key = str(derived_id("import", file.name, len(content), sub, desk.clock.today()))
        taken = await officer.upload("/intake/v1/imports", file.name, content, key)
        view = await watched(officer, taken["import_id"])
        if rejects is not None and view["rejected"]:
            place = f"/intake/v1/imports/{view['import_id']}/rejects.xlsx"
            rejects.write_bytes(await officer.content(place))
        return view


async def watched(officer: Person, import_id: str) -> dict[str, Any]:
    """Show an import's progress until it ends."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("导入 import", total=None)
        while True:
            view = await officer.get(f"/intake/v1/imports/{import_id}", wait_s=5)
            done = sum(view[n] for n in ("persons_new", "persons_updated", "persons_unchanged"))
            progress.update(
                task, total=view["rows_total"] or None, completed=done + view["rejected"]
            )
            if view["state"] in ("done", "failed"):
                return view


def verify(
    data: Data = DEFAULT_DATA,
    as_json: Json = False,
    head: Annotated[
        Path | None, typer.Option(help="export-head 导出的链首 · a head that export-head wrote")
    ] = None,
) -> None:
    """从账簿重算一切 · Recompute everything from the journals; exits 1 when a fen is off."""
    kept = read_head(head, data) if head else None
    found = asyncio.run(_verify(data, kept))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        show_proof(found)
    if not found["ok"]:
        raise typer.Exit(1)


async def _verify(data: Path, kept: dict[str, Any] | None) -> dict[str, Any]:
    async with desk_at(data) as desk:
        found = await proof_of(desk)
        if kept is None:
            return found
        checks = [*found["checks"], await check_head(desk, kept)]
        return {"ok": all(check["ok"] for check in checks), "checks": checks}


async def proof_of(desk: Desk) -> dict[str, Any]:
    """What every service recomputes, and what they must say alike."""
    return await prove(desk)


def show_proof(found: dict[str, Any]) -> None:
    """The checks as a table."""
    titles = ("服务 service", "核对 check", "数 checked", "结果 result", "说明 detail")
    # On a narrow screen a long name goes on in the next line: cut off it could not be looked up.
    table = Table(*(Column(title, overflow="fold") for title in titles))
    for check in found["checks"]:
        mark = "[green]✔[/green]" if check["ok"] else "[red]✘[/red]"
        table.add_row(check["service"], check["name"], str(check["checked"]), mark, check["detail"])
    Console().print(table)


def reset(
    data: Data = DEFAULT_DATA,
    yes: Annotated[bool, typer.Option("--yes", help="不再询问 · do not ask")] = False,
) -> None:
    """删除数据目录中的一切 · Delete everything in the data directory, after asking."""
    directory = data.expanduser().resolve()
    if not (directory / MARKER).exists():
        raise OfficeRefused(
            f"{directory} 不是居养的数据目录，未删除任何东西\n"
            f"{directory} is not a data directory of Juyang; nothing was deleted"
        )
    if (there := address_of(directory)) is not None:
        raise OfficeRefused(
            f"办公室正在运行（进程 {there.pid}），请先停止\n"
            f"the office is running (process {there.pid}); stop it first"
        )
    if not yes:
        typer.confirm(f"删除 {directory} 中的全部数据？Delete all data in it?", abort=True)
    erase(directory)
    for name in OURS:
        place = directory / name
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
    typer.echo("已删除 · deleted")
