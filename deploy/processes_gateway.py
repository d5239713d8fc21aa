"""The one address in front of five processes: streams each prefix to its service and back."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.telemetry import TelemetryConfig
from starlette.background import BackgroundTask

from shared.auth import Tokens
from shared.problems import problem

log = logging.getLogger("juyang.gateway")
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
PATIENCE = httpx.Timeout(120.0, connect=10.0)
LINES = httpx.Limits(max_connections=256, max_keepalive_connections=64, keepalive_expiry=2.0)
# Trace headers go through as they are: the services tell their own part.
OFF: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}
# RFC 9110 7.6.1: they speak of one connection and end with it.
HOP_HEADERS = frozenset(
    {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "host"}
)
BODY_HEADERS = {"content-length", "transfer-encoding"}


class Gateway:
    """Forwards `/intake/…` to a process of intake, and so on.

    `app` answers as an office's does; `tokens` checks those of the front page's visitors.
    """

    def __init__(self, services: Mapping[str, Sequence[str]], tokens: Tokens) -> None:
        self._services = services
        self.tokens = tokens
        self._client = httpx.AsyncClient(timeout=PATIENCE, limits=LINES, trust_env=False)
        self.app = FastAPI(
            title="居养 Juyang", lifespan=self._living, openapi_url=None, telemetry=OFF
        )
        for name in services:
            self.app.add_api_route(f"/{name}/{{rest:path}}", self._forward, methods=METHODS)

    @asynccontextmanager
    async def _living(self, app: FastAPI) -> AsyncIterator[None]:
        yield
        await self._client.aclose()

    async def _forward(self, request: Request) -> Response:
        name = request.url.path.split("/", 2)[1]
        try:
            answer = await self._answer(self._services[name], request)
        except httpx.TransportError as away:
            log.warning("%s does not answer: %s", name, type(away).__name__)
            return problem(
                503,
                "service_away",
                "服务正在重新启动，请稍后用同一标识重试",
                "the service is being started again; try again later with the same id",
                headers={"Retry-After": "1"},
            )
        return StreamingResponse(
            answer.aiter_raw(),
            answer.status_code,
            headers=kept(answer.headers),
            background=BackgroundTask(answer.aclose),
        )

    async def _answer(self, places: Sequence[str], request: Request) -> httpx.Response:
        """The first process that can be reached; whoever was reached is not passed over.

        Raises:
            httpx.TransportError: none can be, or the one that was reached has gone.
        """
        body = request.stream() if BODY_HEADERS & set(request.headers) else None
        headers, path = kept(request.headers), raw_path(request)
        away: Exception | None = None
        for place in places:
            target = httpx.URL(place).copy_with(raw_path=path)
            asked = self._client.build_request(
                request.method, target, headers=headers, content=body
            )
            try:
                return await self._client.send(asked, stream=True)
            except (httpx.ConnectError, httpx.ConnectTimeout) as closed:
                away = closed
        raise away or httpx.ConnectError("no process")


def raw_path(request: Request) -> bytes:
    """Path and query exactly as the client wrote them."""
    path: bytes = request.scope["raw_path"]
    query: bytes = request.scope["query_string"]
    return path + b"?" + query if query else path


def kept(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that go on to the other side."""
    return {name: value for name, value in headers.items() if name.lower() not in HOP_HEADERS}
