"""`juyang republish`: send every letter of the outboxes again, after a broker has lost them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.cli.offices import let_in, told
from deploy.cli.options import DEFAULT_DATA, Data
from deploy.postgres import running
from deploy.premises import DATABASE, OfficeRefused
from shared.caller import Caller
from shared.clock import DirectoryClock
from shared.database_address import read_database_address
from shared.migrate import SERVICES
from shared.work import Work

AGAIN = "UPDATE outbox SET sent = false WHERE sent"


def add_to(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(republish)


def republish(
    sub: Annotated[str, typer.Option(help="经办人 · who decides")],
    why: Annotated[str, typer.Option(help="理由，记入审计 · why, kept in the audit journal")],
    service: Annotated[str, typer.Option(help="只一个服务 · only one service")] = "",
    admin_url: Annotated[
        str,
        typer.Option(
            envvar="JUYANG_ADMIN_DATABASE_URL",
            help="管理员连接串，不在本机时 · administrator's DSN, when it is not on this machine",
        ),
    ] = "",
    data: Data = DEFAULT_DATA,
) -> None:
    """重发全部信件 · Send all letters again; receivers know what they have had."""
    if service and service not in SERVICES:
        raise OfficeRefused(f"没有这个服务；可选：{'、'.join(SERVICES)}\nno such service")
    wanted = [service] if service else list(SERVICES)
    dsn = admin_url or _own_dsn(data)
    for name in wanted:
        with told(), let_in(dsn):
            count = asyncio.run(_again(dsn, name, Caller(sub, "operator"), why, data))
        typer.echo(f"{name}: {count} 封重发 letters will be sent again")


async def _again(dsn: str, schema: str, caller: Caller, why: str, data: Path) -> int:
    address = read_database_address(dsn)
    settings = {"search_path": schema, "timezone": "UTC"}
    engine = create_async_engine(
        address.url, connect_args={**address.hidden, "server_settings": settings}
    )
    work = Work(engine, caller, DirectoryClock(data.expanduser()))
    try:
        count = await work.run(AGAIN)
        work.audit("letters.republished", schema, count=count, detail=why)
        await work.commit()
    finally:
        await work.abandon()
        await engine.dispose()
    return count


def _own_dsn(data: Path) -> str:
    there = running(data)
    if there is None:
        raise OfficeRefused(
            "办公室未运行：请先启动，或用 --admin-url 指明数据库\n"
            "the office is not running: start it, or name the database with --admin-url"
        )
    return there.dsn(DATABASE)
