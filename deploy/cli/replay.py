"""`juyang replay --all`: every stored determination is reached again and must be the same."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from deploy.cli.options import DEFAULT_DATA, Data, Json
from deploy.desk import desk_at
from deploy.premises import OfficeRefused

SHOWN = 100
"""So many differences stand in the table; `--json` has them all."""


def add_to(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(replay)


def replay(
    everything: Annotated[
        bool, typer.Option("--all", help="全部审核记录 · every stored determination")
    ] = False,
    data: Data = DEFAULT_DATA,
    as_json: Json = False,
) -> None:
    """重算审核记录 · Reach every determination again; exits 1 when a byte differs."""
    if not everything:
        raise OfficeRefused("用法：juyang replay --all\nusage: juyang replay --all")
    found = asyncio.run(_replay(data))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        _show(found)
    if not found["ok"]:
        raise typer.Exit(1)


async def _replay(data: Path) -> dict[str, Any]:
    total: dict[str, Any] = {"ok": True, "checked": 0, "sealed": 0, "different": []}
    columns = (TextColumn("重算 replay {task.completed}"), TimeElapsedColumn())
    async with desk_at(data) as desk:
        auditor = desk.person("auditor", "replay")
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("", total=None)
            after: dict[str, str] = {}
            while True:
                page = await auditor.get("/eligibility/v1/replays", **after)
                for name in ("checked", "sealed", "different"):
                    total[name] += page[name]
                progress.update(task, completed=total["checked"])
                if page["next"] is None:
                    return total | {"ok": not total["different"]}
                after = {"after": page["next"]}


def _show(found: dict[str, Any]) -> None:
    """How many, and each that differs with both digests."""
    different = found["different"]
    typer.echo(
        f"{found['checked']} 条已重算 replayed · {len(different)} 条不同 differ · "
        f"{found['sealed']} 条引擎已停用，按存档字节核对 by stored bytes alone"
    )
    if not different:
        return
    table = Table("审核 determination", "项目 programme", "不同之处 differs", "摘要 digests")
    for one in different[:SHOWN]:
        digests = f"{one['stored']}\n{one['recomputed'] or '—'}"
        table.add_row(
            one["determination_id"],
            f"{one['programme']} ({one['engine_version']})",
            ", ".join(one["differs"]) or "digest",
            digests,
        )
    Console(width=200).print(table)
    if len(different) > SHOWN:
        typer.echo(f"… {len(different) - SHOWN} 条未列出，见 --json · more in --json")
