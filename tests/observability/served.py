"""A desk's office behind a real port of this machine, for programs that are not tests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import uvicorn

from deploy.ports import free_port
from tests.desk import OfficeDesk


@contextlib.asynccontextmanager
async def served(desk: OfficeDesk) -> AsyncIterator[int]:
    """The port at which the office answers; the desk starts and stops its services."""
    port = free_port()
    config = uvicorn.Config(
        desk.office.app, host="127.0.0.1", port=port, lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    try:
        yield port
    finally:
        server.should_exit = True
        await task
