"""A service's relay in a process of its own: it carries, seals and prunes, and answers little."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from deploy.office import service_of
from deploy.server import STOPPING
from deploy.spans import SpanStore
from deploy.spans_door import traces_router
from shared import problems
from shared.app import Health, Readiness
from shared.bus.port import Bus
from shared.errors import Refusal
from shared.metrics_door import metrics_router
from shared.runtime import Runtime, Service
from shared.settings import Settings


def relay_runtime(name: str, settings: Settings, bus: Bus) -> Runtime:
    """A service without doors, ears and jobs: what is left is its outbox and its audit chain."""
    whole = service_of(name)
    bare = Service(name=whole.name, title=whole.title, routers=(), state=whole.state)
    return Runtime(bare, settings.model_copy(update={"run_relay": True}), bus)


@asynccontextmanager
async def carrying(runtime: Runtime) -> AsyncIterator[None]:
    """The relay at work while the block runs."""
    await runtime.bus.start()
    await runtime.start()
    try:
        yield
    finally:
        await runtime.bus.stop()
        await runtime.stop()


async def relay_until_told(runtime: Runtime) -> None:
    """Carry letters until SIGINT or SIGTERM."""
    told, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in STOPPING:
        loop.add_signal_handler(number, told.set)
    async with carrying(runtime):
        await told.wait()


def relay_app(runtime: Runtime, spans: SpanStore) -> FastAPI:
    """Health, readiness, metrics and traces of a relay, under its service's prefix."""
    name = runtime.service.name

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        async with carrying(runtime):
            yield

    app = FastAPI(
        lifespan=living,
        openapi_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.runtime = runtime
    app.include_router(metrics_router(), prefix=f"/{name}")
    app.include_router(traces_router(spans), prefix=f"/{name}")

    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> JSONResponse:
        return problems.of_refusal(refusal)

    @app.get(f"/{name}/health")
    async def health() -> Health:
        """Alive: answers without looking at anything else."""
        return Health(status="ok", service=name)

    @app.get(f"/{name}/ready")
    async def ready() -> JSONResponse:
        """Ready: outbox and broker can be reached."""
        trouble = await runtime.trouble()
        body = Readiness(ready=not trouble, service=name, trouble=trouble)
        return JSONResponse(body.model_dump(), 503 if trouble else 200)

    return app
