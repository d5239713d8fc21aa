"""`juyang demo`: three months of 2010 on this data directory."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import orjson
import typer
from rich.console import Console

from deploy.cli.options import DEFAULT_DATA, Data, Json
from deploy.demo.story import Story
from deploy.demo.table import show
from deploy.desk import desk_at


def add_to(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(demo)


def demo(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """运行演示 · Play the demo once; later runs show what came out."""
    summary = asyncio.run(_demo(data, Console(stderr=True)))
    if as_json:
        typer.echo(orjson.dumps(summary).decode())
    else:
        show(summary, Console())
    if not summary["verify"]["ok"]:
        raise typer.Exit(1)


async def _demo(data: Path, console: Console) -> dict[str, Any]:
    kept = data.expanduser().resolve() / "demo.json"
    if kept.exists():
        found: dict[str, Any] = orjson.loads(kept.read_bytes())
        return found
    began = time.monotonic()

    def tell(line: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:6.1f} s[/dim]  {line}", highlight=False)

    async with desk_at(data) as desk:
        return await Story(desk, tell).play()
