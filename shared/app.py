"""Builds a service's FastAPI application from its parts, the same for all five."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError, ValidationException
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from shared import problems
from shared.body_limit import BodyLimit
from shared.doors import DoorRoute
from shared.errors import Refusal
from shared.letters import letters_router
from shared.metrics_door import metrics_router
from shared.outages import (
    DATA_CLASS,
    QUERY_CANCELED,
    UNIQUE_VIOLATION,
    passes,
    sqlclass_of,
    sqlstate_of,
)
from shared.problems import problem
from shared.runtime import Runtime
from shared.telemetry import TraceHeader

log = logging.getLogger("juyang.app")
# Answered one by one: what is left to `Exception`, Starlette raises again for the server to log,
# values and all.
UNFORESEEN: tuple[type[Exception], ...] = (
    SQLAlchemyError,
    ValidationException,
    OSError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


class Health(BaseModel):
    """The process is alive."""

    status: str
    service: str


class Readiness(BaseModel):
    """Whether the service can do its work, and if not, why."""

    ready: bool
    service: str
    trouble: list[str]


def create_app(runtime: Runtime, *, own_lifespan: bool = True) -> FastAPI:
    """A service's application; `own_lifespan=False` when an office starts the runtime itself."""
    service, docs = runtime.service, runtime.settings.docs

    def lifespan(app: FastAPI) -> AbstractAsyncContextManager[None]:
        return _living(runtime)

    options: dict[str, Any] = {
        "title": service.title,
        "version": "1.0.0",
        "lifespan": lifespan if own_lifespan else None,
        "responses": problems.RESPONSES,
        # Its log records carry the messages of exceptions, which may say a name.
        "telemetry": {
            "logs": False,
            "operation_spans": False,
            "meter_provider": runtime.metering.requests,
        },
    }
    app = FastAPIOffline(**options) if docs else FastAPI(openapi_url=None, **options)
    pages = len(app.router.routes)
    app.state.runtime = runtime
    app.add_middleware(BodyLimit)
    app.add_middleware(TraceHeader)
    for router in (*service.routers, letters_router(), metrics_router()):
        _add(app, router)
    _public(app)
    _problems(app)
    # An address is looked for in this order: the service's own doors before the pages about them.
    routes = app.router.routes
    routes[:] = [*routes[pages:], *routes[:pages]]
    assert_doors_closed(routes_of(app))
    return app


def _add(app: FastAPI, router: APIRouter) -> None:
    """Take a wing's doors over as they are: an included router asks each of its routes twice."""
    if all(isinstance(route, DoorRoute) for route in router.routes):
        app.router.routes.extend(router.routes)
    else:
        app.include_router(router)


@asynccontextmanager
async def _living(runtime: Runtime) -> AsyncIterator[None]:
    await runtime.bus.start()
    await runtime.start()
    yield
    await runtime.bus.stop()
    await runtime.stop()


def _public(app: FastAPI) -> None:
    @app.get("/health", tags=["health"])
    async def health(request: Request) -> Health:
        """Alive: answers without looking at anything else."""
        return Health(status="ok", service=request.app.state.runtime.service.name)

    @app.get("/ready", tags=["health"])
    async def ready(request: Request) -> JSONResponse:
        """Ready: database and bus can be used."""
        runtime: Runtime = request.app.state.runtime
        trouble = await runtime.trouble()
        body = Readiness(ready=not trouble, service=runtime.service.name, trouble=trouble)
        return JSONResponse(body.model_dump(), 503 if trouble else 200)


def _problems(app: FastAPI) -> None:
    @app.exception_handler(Refusal)
    async def refused(request: Request, refusal: Refusal) -> JSONResponse:
        return problems.of_refusal(refusal)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, bad: RequestValidationError) -> JSONResponse:
        return problems.of_validation(list(bad.errors()))

    @app.exception_handler(HTTPException)
    async def http(request: Request, bad: HTTPException) -> JSONResponse:
        return problems.of_status(bad.status_code, bad.headers)

    async def failed(request: Request, bad: Exception) -> JSONResponse:
        return of_failure(bad)

    for kind in (*UNFORESEEN, Exception):
        app.add_exception_handler(kind, failed)


def of_failure(bad: BaseException) -> JSONResponse:
    """The answer to what no rule foresaw; what failed is logged without any value."""
    log.error("failed: %s", failure_trace(bad))
    if passes(bad) or sqlstate_of(bad) == QUERY_CANCELED:
        return problem(
            503,
            "database_away",
            "数据库暂不可用，请稍后用同一标识重试",
            "the database is away; try again later with the same key",
            headers={"Retry-After": "2"},
        )
    if sqlstate_of(bad) == UNIQUE_VIOLATION:
        return problem(
            409,
            "id_taken",
            "已有同一标识的记录；新记录请用新标识",
            "there is a record with this id already; use a new id for a new record",
        )
    if sqlclass_of(bad) == DATA_CLASS:
        return problem(
            422,
            "value_not_acceptable",
            "有值无法保存（如控制字符、超界的数或无效的翻页标记），请改正",
            "a value cannot be kept (control characters, a number out of range, a bad cursor)",
        )
    return problem(
        500,
        "unexpected",
        "系统出错，已记录；请凭 trace_id 报修",
        "something failed and was recorded; report the trace_id",
    )


def failure_trace(bad: BaseException) -> str:
    """Types and source lines of a failure and its causes; never a message, which may say a name."""
    lines = "".join(traceback.format_tb(bad.__traceback__))
    told = [f"{type(bad).__name__} {sqlstate_of(bad)}\n{lines}"]
    if (cause := bad.__cause__ or bad.__context__) is not None:
        told.append(failure_trace(cause))
    return "caused by ".join(told)


def routes_of(app: FastAPI) -> list[APIRoute]:
    """Every API route, those of included routers too."""
    found: list[APIRoute] = []

    def walk(routes: Iterable[Any]) -> None:
        for route in routes:
            if isinstance(route, APIRoute):
                found.append(route)
            elif hasattr(route, "original_router"):
                walk(route.original_router.routes)

    walk(app.routes)
    return found


def assert_doors_closed(routes: list[APIRoute]) -> None:
    """Deny by default: a `/v1` route without a permission does not start."""
    for route in routes:
        if "/v1" not in route.path or "public" in route.tags:
            continue
        if not (isinstance(route, DoorRoute) and route.guards):
            raise RuntimeError(f"{route.path} has no permission")
