"""`juyang serve`, `relay`, `migrate`: running one service, and what it needs."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
import uvloop
from asyncpg import PostgresError
from sqlalchemy.exc import DBAPIError

from deploy.cli.options import DEFAULT_DATA, Data
from deploy.logs import configure_logs
from deploy.office import alone, service_of
from deploy.premises import OfficeRefused
from deploy.relaying import relay_app, relay_runtime, relay_until_told
from deploy.server import serve as serve_app
from deploy.spans import SpanStore
from deploy.tracing import configure_tracing
from shared.bus.address import BadAddress
from shared.bus.choose import DIRECT, bus_of
from shared.bus.port import BusUnavailable
from shared.database_address import BadDatabaseAddress, read_database_address, why_away
from shared.migrate import SERVICES, provision, upgrade
from shared.runtime import Runtime
from shared.settings import Settings

log = logging.getLogger("juyang.start")
HOST, PORT = "127.0.0.1", 8000
Host = Annotated[str, typer.Option(help="监听地址 · address to listen on")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="端口 · port")]
ServiceName = Annotated[str, typer.Argument(help="、".join(SERVICES))]


def add_to(app: typer.Typer) -> None:
    """Add the subcommands."""
    for command in (serve, relay, migrate):
        app.command()(command)


def serve(
    service: ServiceName,
    host: Host = HOST,
    port: Port = PORT,
    bus: Annotated[str, typer.Option(envvar="JUYANG_BUS")] = DIRECT,
    data: Data = DEFAULT_DATA,
    member: Annotated[
        str,
        typer.Option(
            envvar="JUYANG_MEMBER",
            help="进程重启后不变的名字 · a name that the process keeps over restarts",
        ),
    ] = "",
) -> None:
    """单独运行一个服务 · Run one service on its own (PostgreSQL and Kafka from the settings)."""
    configure_logs()
    with told():
        uvloop.run(_serve(_known(service), host, port, bus, data, member))


async def _serve(service: str, host: str, port: int, bus: str, data: Data, member: str) -> None:
    spans = SpanStore()
    configure_tracing(f"juyang-{service}", spans)
    settings = _settings(service, bus, data)
    runtime = Runtime(service_of(service), settings, bus_of(settings.bus, service, member))

    async def started() -> None:
        if (said := await runtime.database.trouble()) is not None:
            log.warning("%s", said)

    await serve_app(alone(runtime, spans), host, port, started)


def relay(
    service: ServiceName,
    bus: Annotated[str, typer.Option(envvar="JUYANG_BUS")],
    data: Data = DEFAULT_DATA,
    host: Host = HOST,
    metrics_port: Annotated[
        int,
        typer.Option(min=0, max=65535, help="/SERVICE/metrics 的端口，0 为不开 · 0: no page"),
    ] = 0,
) -> None:
    """只运行发信 · Run only a service's relay, beside `serve` with JUYANG_RUN_RELAY=false."""
    configure_logs()
    with told():
        asyncio.run(_relay(_known(service), bus, data, host, metrics_port))


async def _relay(service: str, bus: str, data: Data, host: str, port: int) -> None:
    spans = SpanStore()
    configure_tracing(f"juyang-{service}-relay", spans if port else None)
    settings = _settings(service, bus, data)
    runtime = relay_runtime(service, settings, bus_of(settings.bus, f"{service}-relay"))
    if port:
        await serve_app(relay_app(runtime, spans), host, port)
    else:
        await relay_until_told(runtime)


def migrate(
    admin_url: Annotated[
        str,
        typer.Option(envvar="JUYANG_ADMIN_DATABASE_URL", help="管理员连接串 · administrator's DSN"),
    ],
    passwords: Annotated[
        str,
        typer.Option(
            envvar="JUYANG_ROLE_PASSWORDS",
            help='JSON: {"intake": {"app": "…", "jobs": "…"}, …} 各服务数据库口令 · role passwords',
        ),
    ],
    service: Annotated[str, typer.Option(help="只迁移一个 · only one service")] = "",
) -> None:
    """建立角色与模式并迁移 · Make roles and schemas and bring them to the newest migration."""
    try:
        known = json.loads(passwords)
        wanted = [_known(service)] if service else list(SERVICES)
        pairs = {name: (known[name]["app"], known[name]["jobs"]) for name in wanted}
    except (ValueError, KeyError, TypeError) as bad:
        raise OfficeRefused(
            'JUYANG_ROLE_PASSWORDS 应为 JSON：{"intake": {"app": "…", "jobs": "…"}, …}\n'
            "JUYANG_ROLE_PASSWORDS must be JSON with app and jobs passwords for each service"
        ) from bad
    for name, (app_password, jobs_password) in pairs.items():
        with told(), let_in(admin_url):
            asyncio.run(provision(admin_url, name, app_password, jobs_password))
        upgrade(admin_url, name)
        typer.echo(f"{name}: ok")


@contextmanager
def told() -> Iterator[None]:
    """What is wrong with an address, or with what stands there, in its own sentence."""
    try:
        yield
    except (BadAddress, BadDatabaseAddress, BusUnavailable) as wrong:
        raise OfficeRefused(str(wrong)) from wrong


@contextmanager
def let_in(dsn: str) -> Iterator[None]:
    """Why a database does not let its administrator in, in a sentence."""
    address = read_database_address(dsn)
    try:
        yield
    except (PostgresError, DBAPIError, OSError, TimeoutError) as failure:
        raise OfficeRefused(why_away(address, failure)) from failure


def _settings(service: str, bus: str, data: Data) -> Settings:
    settings = Settings.model_validate({**Settings().model_dump(), "bus": bus, "data": data})
    if not settings.database_url.get_secret_value():
        raise OfficeRefused(
            f"请设置 JUYANG_DATABASE_URL 和 JUYANG_JOBS_DATABASE_URL（{service} 的角色）\n"
            f"set JUYANG_DATABASE_URL and JUYANG_JOBS_DATABASE_URL to the {service} roles' DSNs"
        )
    return settings


def _known(service: str) -> str:
    if service not in SERVICES:
        raise OfficeRefused(f"没有这个服务；可选：{'、'.join(SERVICES)}\nno such service")
    return service
