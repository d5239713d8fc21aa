"""Asks the office's own doors, in this process, with the visitor's token: never its tables."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from fastapi import FastAPI

from deploy.front.visitors import Visitor
from shared import telemetry
from shared.errors import Unavailable
from shared.migrate import SERVICES

COUNTED = ("unsent", "behind", "parked")
FOUND, SCOPE_REFUSED = 200, 403
NOT_THERE = (404, SCOPE_REFUSED)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A service's letters on their way, from it and to it; None where nobody could say."""

    service: str
    unsent: int | None
    behind: int | None
    parked: int | None


class Asker:
    """One visitor's questions."""

    def __init__(self, app: FastAPI, visitor: Visitor) -> None:
        self._app = app
        self._token = visitor.token

    async def chain(self, application_id: str) -> dict[str, Any] | None:
        """An application's chain, or none within the visitor's area."""
        return await self._got(f"/evaluation/v1/chains/{application_id}")

    async def applications(self, person_id: str) -> list[dict[str, Any]]:
        """A person's applications within the visitor's area."""
        page = await self._got(f"/evaluation/v1/chains?person_id={person_id}") or {}
        items: list[dict[str, Any]] = page.get("items", [])
        return items

    async def letters(self) -> list[Waiting]:
        """What waits and what is parked, service by service."""
        return list(await asyncio.gather(*(self._waiting(name) for name in SERVICES)))

    async def _waiting(self, service: str) -> Waiting:
        try:
            said = await self._got(f"/{service}/v1/letters")
        except Unavailable:
            said = None
        said = said or {}
        return Waiting(service, *(said.get(what) for what in COUNTED))

    async def _got(self, path: str) -> dict[str, Any] | None:
        """A door's answer, or none where there is nothing within the visitor's area.

        Raises:
            Unavailable: the service does not answer as it should.
        """
        async with self._client() as client:
            answer = await client.get(path)
        if answer.status_code == FOUND:
            found: dict[str, Any] = answer.json()
            return found
        if answer.status_code in NOT_THERE:
            return None
        raise Unavailable(
            "service_away",
            "服务暂时不能回答（数据库可能不可用），请稍后再试",
            "the service cannot answer now (its database may be away); try again later",
        )

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[httpx.AsyncClient]:
        # The page's own trace is not recorded, and with this its questions are not either.
        parent = telemetry.traceparent() or telemetry.unrecorded()
        headers = {"Authorization": f"Bearer {self._token}", "traceparent": parent}
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://office", headers=headers
        ) as client:
            yield client
