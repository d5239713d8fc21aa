"""Builds a service's FastAPI application from its parts, the same for all five."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException

from shared import problems
from shared.doors import Permission
from shared.errors import Refusal
from shared.problems import problem
from shared.runtime import Runtime

log = logging.getLogger("juyang.app")
BUSY_CLASSES = ("TooManyConnectionsError", "CannotConnectNowError", "ConnectionDoesNotExistError")


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
    }
    app = FastAPIOffline(**options) if docs else FastAPI(openapi_url=None, **options)
    app.state.runtime = runtime
    for router in service.routers:
        app.include_router(router)
    _public(app, runtime)
    _problems(app)
    assert_doors_closed(routes_of(app))
    return app


@asynccontextmanager
async def _living(runtime: Runtime) -> AsyncIterator[None]:
    await runtime.bus.start()
    await runtime.start()
    yield
    await runtime.bus.stop()
    await runtime.stop()


def _public(app: FastAPI, runtime: Runtime) -> None:
    name = runtime.service.name

    @app.get("/health", tags=["health"])
    async def health() -> Health:
        """Alive: answers without looking at anything else."""
        return Health(status="ok", service=name)

    @app.get("/ready", tags=["health"])
    async def ready() -> JSONResponse:
        """Ready: database and bus can be used."""
        trouble = await runtime.trouble()
        body = Readiness(ready=not trouble, service=name, trouble=trouble)
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
        zh, en = STATUS_WORDS.get(bad.status_code, ("请求有误", "the request is not acceptable"))
        return problem(bad.status_code, f"http_{bad.status_code}", zh, en, headers=bad.headers)

    @app.exception_handler(OperationalError)
    @app.exception_handler(InterfaceError)
    @app.exception_handler(OSError)
    async def away(request: Request, bad: Exception) -> JSONResponse:
        log.error("database away: %s", type(bad).__name__)
        return problem(
            503,
            "database_away",
            "数据库暂不可用，请稍后用同一标识重试",
            "the database is away; try again later with the same key",
            headers={"Retry-After": "2"},
        )

    @app.exception_handler(Exception)
    async def unexpected(request: Request, bad: Exception) -> JSONResponse:
        log.exception("unexpected failure", exc_info=bad)
        return problem(
            500,
            "unexpected",
            "系统出错，已记录；请凭 trace_id 报修",
            "something failed and was recorded; report the trace_id",
        )


STATUS_WORDS = {
    400: ("请求格式有误", "the request is malformed"),
    404: ("没有这个地址", "there is no such address"),
    405: ("此地址不支持该方法", "this address does not take that method"),
    413: ("请求体过大", "the body is too large"),
    415: ("不支持的内容类型", "this content type is not supported"),
}


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
        if "/v1" in route.path and "public" not in route.tags:
            guards = [d.call for d in route.dependant.dependencies]
            if not any(isinstance(guard, Permission) for guard in guards):
                raise RuntimeError(f"{route.path} has no permission")
