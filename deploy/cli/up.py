"""`juyang up`: the whole office behind one address, in one process or in several."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Annotated

import typer
import uvloop
from fastapi import FastAPI
from rich.console import Console

from deploy.cli.offices import HOST, PORT, Host, Port, told
from deploy.cli.options import DEFAULT_DATA, Data
from deploy.front.page import add_front
from deploy.front.traces import GatheredTraces, OwnTraces
from deploy.logs import configure_logs
from deploy.premises import OfficeRefused, Premises, address_of, require_free_port
from deploy.processes import Processes, Shape
from deploy.processes_plan import MOST_COPIES
from deploy.server import serve as serve_app
from deploy.spans import SpanStore
from deploy.tracing import configure_tracing
from shared.bus.address import read_address
from shared.bus.choose import DIRECT
from shared.migrate import SERVICES

Living = Callable[[Premises], AbstractAsyncContextManager[FastAPI]]


def add_to(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(up)


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
    copies: Annotated[
        int,
        typer.Option(min=1, max=MOST_COPIES, help="每个服务的进程数 · processes of each service"),
    ] = 1,
    relays: Annotated[
        bool, typer.Option("--relays", help="发信另开进程 · relays in processes of their own")
    ] = False,
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
        with told():
            read_address(bus)
        apart = partial(_apart, bus, Shape(copies, relays))
        asyncio.run(_up(host, port, Premises(data), demo, apart))
    else:
        uvloop.run(_up(host, port, Premises(data), demo, _together))


@asynccontextmanager
async def _together(premises: Premises) -> AsyncIterator[FastAPI]:
    """The five services in this process."""
    office = await premises.office()
    spans = SpanStore()
    configure_tracing("juyang", spans)
    add_front(office.app, premises.data, office.tokens, OwnTraces(spans))
    yield office.app


@asynccontextmanager
async def _apart(bus: str, shape: Shape, premises: Premises) -> AsyncIterator[FastAPI]:
    """The services in processes of their own, and the gateway in this one."""
    settings = await premises.open()
    apart = Processes(settings, bus, premises.data, shape)
    gateway = apart.gateway
    add_front(gateway.app, premises.data, gateway.tokens, GatheredTraces(apart.places))
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
