"""`juyang up`, `serve`, `relay`, `migrate`, `topics`: running the services."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from functools import partial
from typing import Annotated

import typer
from fastapi import FastAPI
from rich.console import Console

from deploy.cli.options import DEFAULT_DATA, Data
from deploy.front.page import add_front
from deploy.logs import configure_logs
from deploy.office import service_of
from deploy.premises import APART, OfficeRefused, Premises, address_of, require_free_port
from deploy.processes import Processes
from deploy.server import serve as serve_app
from deploy.spans import SpanStore
from deploy.tracing import configure_tracing
from shared.app import create_app
from shared.bus.address import BadAddress, read_address
from shared.bus.choose import DIRECT, bus_of
from shared.bus.port import BusUnavailable
from shared.migrate import SERVICES, provision, upgrade
from shared.runtime import Runtime
from shared.settings import Settings

HOST, PORT = "127.0.0.1", 8000
Host = Annotated[str, typer.Option(help="监听地址 · address to listen on")]
Port = Annotated[int, typer.Option(min=1, max=65535, help="端口 · port")]
Living = Callable[[Premises], AbstractAsyncContextManager[FastAPI]]
ServiceName = Annotated[str, typer.Argument(help="、".join(SERVICES))]


def add_to(app: typer.Typer) -> None:
    """Add the subcommands."""
    for command in (up, serve, relay, migrate, topics):
        app.command()(command)


def up(
    host: Host = HOST,
    port: Port = PORT,
    data: Data = DEFAULT_DATA,
    demo: Annotated[
        bool, typer.Option("--demo/--no-demo", help="首次启动时运行演示 · run the demo at first")
    ] = True,
    processes: Annotated[
        bool,
        typer.Option("--processes", help="五个进程，经 Kafka · five processes on Kafka"),
    ] = False,
    bus: Annotated[
        str, typer.Option(envvar="JUYANG_BUS", help="kafka://host:port，与 --processes 同用")
    ] = "",
) -> None:
    """启动整个办公室 · Start the whole office: PostgreSQL and the five services, one address."""
    if processes and bus in ("", DIRECT):
        raise OfficeRefused(
            "五个进程之间需要 Kafka：juyang up --processes --bus kafka://127.0.0.1:9092\n"
            "five processes need Kafka between them: add --bus kafka://127.0.0.1:9092"
        )
    if (there := address_of(data)) is not None:
        raise OfficeRefused(
            f"该数据目录的办公室已在运行：{there.url}（进程 {there.pid}）\n"
            f"an office is running on this directory already: {there.url} (process {there.pid})"
        )
    require_free_port(host, port)
    configure_logs()
    if processes:
        with _told():
            read_address(bus)
        asyncio.run(_up(host, port, Premises(data), demo, partial(_apart, bus)))
    else:
        asyncio.run(_up(host, port, Premises(data), demo, _together))


@asynccontextmanager
async def _together(premises: Premises) -> AsyncIterator[FastAPI]:
    """The five services in this process."""
    office = await premises.office()
    spans = SpanStore()
    configure_tracing("juyang", spans)
    add_front(office, premises.data, spans)
    yield office.app


@asynccontextmanager
async def _apart(bus: str, premises: Premises) -> AsyncIterator[FastAPI]:
    """The five services in processes of their own, and the gateway in this one."""
    settings = await premises.open()
    apart = Processes(settings, bus, premises.data)
    (premises.data / APART).write_text("{}")
    add_front(apart.gateway, premises.data)
    async with apart.running():
        yield apart.gateway.app


async def _up(host: str, port: int, premises: Premises, demo: bool, living: Living) -> None:
    console = Console(stderr=True)
    console.print(f"数据目录 data: {premises.data}")
    running: list[asyncio.subprocess.Process] = []
    try:
        url = f"http://{host}:{port}"

        async def started() -> None:
            premises.announce(url)
            _tell(console, url, premises)
            if demo and not (premises.data / "demo.json").exists():
                running.append(await _demo_process(premises))

        async with living(premises) as app:
            await serve_app(app, host, port, started)
    finally:
        for process in running:
            if process.returncode is None:
                process.terminate()
                await process.wait()
        await premises.close()
    console.print("已停止，数据保留 · stopped; the data stays")


async def _demo_process(premises: Premises) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "deploy.cli.main",
        "demo",
        "--data",
        str(premises.data),
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def _tell(console: Console, url: str, premises: Premises) -> None:
    console.print(f"""
[bold]居养已启动 · Juyang is up[/bold]  {url}/
  接口文档 API docs   {"  ".join(f"{url}/{name}/docs" for name in SERVICES)}
  取得令牌 a token    .venv/bin/juyang token --sub li --role street_officer \
--area 110105015 --data {premises.data}
  停止 stop           Ctrl-C
""")


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
    with _told():
        asyncio.run(_serve(_known(service), host, port, bus, data, member))


async def _serve(service: str, host: str, port: int, bus: str, data: Data, member: str) -> None:
    configure_tracing(f"juyang-{service}")
    settings = _settings(service, bus, data)
    runtime = Runtime(service_of(service), settings, bus_of(settings.bus, service, member))
    parent = _at_prefix(runtime)
    await serve_app(parent, host, port)


def _at_prefix(runtime: Runtime) -> FastAPI:
    """The service under its own prefix, as behind the gateway."""
    app = create_app(runtime)
    parent = FastAPI(
        lifespan=app.router.lifespan_context,
        docs_url=None,
        redoc_url=None,
        # A request is counted once, by the outermost application.
        telemetry={
            "logs": False,
            "operation_spans": False,
            "meter_provider": runtime.metering.provider,
        },
    )
    parent.mount(f"/{runtime.service.name}", app)
    return parent


def relay(
    service: ServiceName,
    bus: Annotated[str, typer.Option(envvar="JUYANG_BUS")],
    data: Data = DEFAULT_DATA,
) -> None:
    """只运行发信 · Run only a service's relay, beside `serve` with JUYANG_RUN_RELAY=false."""
    configure_logs()
    with _told():
        asyncio.run(_relay(_known(service), bus, data))


async def _relay(service: str, bus: str, data: Data) -> None:
    settings = _settings(service, bus, data).model_copy(update={"run_relay": True})
    parts = service_of(service)
    bare = type(parts)(name=parts.name, title=parts.title, routers=(), state=parts.state)
    runtime = Runtime(bare, settings, bus_of(settings.bus, f"{service}-relay"))
    await runtime.bus.start()
    await runtime.start()
    try:
        await asyncio.Event().wait()
    finally:
        await runtime.bus.stop()
        await runtime.stop()


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
        asyncio.run(provision(admin_url, name, app_password, jobs_password))
        upgrade(admin_url, name)
        typer.echo(f"{name}: ok")


def topics(
    act: Annotated[str, typer.Argument(help="apply")],
    bus: Annotated[str, typer.Option(envvar="JUYANG_BUS", help="kafka://host:port")],
    partitions: Annotated[int, typer.Option(min=1)] = 12,
    replication: Annotated[int, typer.Option(min=1)] = 1,
) -> None:
    """建立主题 · `juyang topics apply` makes the Kafka topics; none is ever made by itself."""
    from shared.bus.kafka import ensure_topics

    if act != "apply":
        raise OfficeRefused("用法：juyang topics apply --bus kafka://…\nusage: juyang topics apply")
    with _told():
        asyncio.run(ensure_topics(bus, partitions=partitions, replication=replication))
    typer.echo("ok")


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with the bus's address, or with its brokers, in its own sentence."""
    try:
        yield
    except (BadAddress, BusUnavailable) as wrong:
        raise OfficeRefused(str(wrong)) from wrong


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
