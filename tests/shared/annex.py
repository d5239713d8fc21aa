"""A small service of a test's own, on the schema of intake: routes that do what a story needs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import APIRouter

from shared.app import create_app
from shared.bus.direct import DirectBus
from shared.runtime import Runtime, Service
from tests.desk import OfficeDesk

SCHEMA = "intake"


@asynccontextmanager
async def annex(
    desk: OfficeDesk,
    router: APIRouter,
    role: str = "operator",
    sub: str = "annex",
    **settings: object,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application that has this router alone, with a token of the role."""
    kept = desk.office.runtimes[SCHEMA].settings.model_copy(update=settings)
    runtime = Runtime(Service(SCHEMA, "annex", (router,)), kept, DirectBus())
    app = create_app(runtime, own_lifespan=False)
    transport = httpx.ASGITransport(app)
    headers = {"Authorization": f"Bearer {desk.token(role, sub=sub, area='110105')}"}
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url="http://annex", headers=headers
        ) as client:
            yield client
    finally:
        await runtime.stop()
