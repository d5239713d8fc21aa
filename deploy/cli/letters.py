"""`juyang parked`: letters that a consumer could not handle, and what becomes of them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from deploy.cli.options import DEFAULT_DATA, Data, Json
from deploy.desk import Desk, desk_at
from deploy.premises import OfficeRefused
from shared.contracts.ids import new_id
from shared.migrate import SERVICES

ServiceName = Annotated[str, typer.Argument(help="、".join(SERVICES))]
LetterId = Annotated[str, typer.Argument(help="信的标识 · the letter's id")]
Why = Annotated[str, typer.Option(help="理由，记入审计 · why, kept in the audit journal")]
Who = Annotated[str, typer.Option(help="经办人 · who decides")]

parked = typer.Typer(help="搁置的信 · Parked letters: list, show, replay, discard.")


def add_to(app: typer.Typer) -> None:
    """Add the subcommands."""
    app.add_typer(parked, name="parked", no_args_is_help=True)


@parked.command("list")
def list_parked(data: Data = DEFAULT_DATA, as_json: Json = False) -> None:
    """列出 · All waiting letters of the five services."""
    rows = asyncio.run(_all(data))
    if as_json:
        typer.echo(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("服务 service", "信 letter", "类型 type", "键 key", "原因 cause", "搁置于 since")
    for row in rows:
        table.add_row(
            row["service"],
            row["letter_id"],
            row["type"],
            row["key"],
            row["cause"],
            row["parked_at"][:19],
        )
    Console().print(table if rows else "没有搁置的信 · no letter is parked")


@parked.command()
def show(service: ServiceName, letter_id: LetterId, data: Data = DEFAULT_DATA) -> None:
    """查看 · One parked letter, whole."""
    found = asyncio.run(_get(data, f"/{_known(service)}/v1/letters/parked/{letter_id}"))
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))


@parked.command()
def replay(
    service: ServiceName, letter_id: LetterId, why: Why, sub: Who, data: Data = DEFAULT_DATA
) -> None:
    """重放 · Handle it and the letters behind it again."""
    found = asyncio.run(_decide(data, service, letter_id, "replays", why, sub))
    said = f"已重放 {found['replayed']} 封 · {found['replayed']} replayed"
    if found["stopped_by"] is not None:
        raise OfficeRefused(f"{said}；其后仍失败 · the next still fails: {found['stopped_by']}")
    typer.echo(said)


@parked.command()
def discard(
    service: ServiceName, letter_id: LetterId, why: Why, sub: Who, data: Data = DEFAULT_DATA
) -> None:
    """作废 · Give a letter up for good."""
    asyncio.run(_decide(data, service, letter_id, "discards", why, sub))
    typer.echo("已作废 · discarded")


async def _all(data: Path) -> list[dict[str, Any]]:
    async with desk_at(data) as desk:
        operator = desk.person("operator", "parked")
        return [
            {"service": name, **row}
            for name in SERVICES
            async for row in operator.pages(f"/{name}/v1/letters/parked")
        ]


async def _get(data: Path, path: str) -> Any:
    async with desk_at(data) as desk:
        return await desk.person("operator", "parked").get(path)


async def _decide(
    data: Path, service: str, letter_id: str, act: str, why: str, sub: str
) -> dict[str, Any]:
    desk: Desk
    async with desk_at(data) as desk:
        path = f"/{_known(service)}/v1/letters/parked/{letter_id}/{act}"
        body = {"id": str(new_id()), "reason": why}
        found: dict[str, Any] = await desk.person("operator", sub).post(path, body)
        return found


def _known(service: str) -> str:
    if service not in SERVICES:
        raise OfficeRefused(f"没有这个服务；可选：{'、'.join(SERVICES)}\nno such service")
    return service
