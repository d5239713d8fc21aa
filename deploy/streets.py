"""One address for several services: a request goes straight to the service that its path names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from starlette.types import Lifespan, Receive, Scope, Send

REQUESTS = frozenset({"http", "websocket"})


class Streets(FastAPI):
    """Serves its own pages, and hands all of `/<service>/…` over past its own layers.

    A mount alone would send every request through two applications' layers; handed over as a mount
    does it, the service's own layers are the only ones.
    """

    def __init__(
        self, services: Mapping[str, FastAPI], lifespan: Lifespan[Any], title: str = "居养 Juyang"
    ) -> None:
        super().__init__(
            title=title,
            lifespan=lifespan,
            docs_url=None,
            redoc_url=None,
            telemetry={"logs": False, "operation_spans": False, "metrics": False},
        )
        self._services = dict(services)
        for name, app in services.items():
            self.mount(f"/{name}", app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in REQUESTS:
            root = scope.get("root_path", "")
            _, _, rest = scope["path"].removeprefix(root).partition("/")
            name = rest.partition("/")[0]
            if (app := self._services.get(name)) is not None:
                scope["app_root_path"] = scope.get("app_root_path", root)
                scope["root_path"] = f"{root}/{name}"
                await app(scope, receive, send)
                return
        await super().__call__(scope, receive, send)
