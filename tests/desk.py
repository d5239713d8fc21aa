"""A test's desk in a running office: clients with tokens, the office date, letters on demand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import httpx
from fastapi import FastAPI

from deploy.office import Office, doors_of
from shared.auth import local_key, mint
from shared.caller import DEFAULT_BODIES, EVERYWHERE, Caller
from shared.clock import DirectoryClock
from shared.runtime import Runtime
from shared.work import Work

TOKEN_LIFE_S = 3600


class LastingDoors:
    """Each service's application, built once a worker: every office that takes it is new behind it.

    Its doors know their runtime by the application's state alone, so that one office at a time may
    have them.
    """

    def __init__(self) -> None:
        self._built: dict[str, FastAPI] = {}

    def __call__(self, runtime: Runtime) -> FastAPI:
        name = runtime.service.name
        if name not in self._built:
            self._built[name] = doors_of(runtime)
        self._built[name].state.runtime = runtime
        return self._built[name]


class OfficeDesk:
    """Talks to an office in this process as its clients do: HTTP in, HTTP out."""

    def __init__(self, office: Office, directory: Path, today: date) -> None:
        self.office = office
        self.directory = directory
        self.clock = DirectoryClock(directory)
        self.clock.set(today)
        self._key = local_key(directory)

    def token(
        self, role: str, sub: str = "", area: str = EVERYWHERE, agency: str = "", body: str = ""
    ) -> str:
        settings = next(iter(self.office.runtimes.values())).settings
        who = Caller(sub or f"{role}-1", role, area, agency, body or DEFAULT_BODIES.get(role, ""))
        return mint(self._key, settings, who, lives_s=TOKEN_LIFE_S)

    def as_(
        self, role: str, sub: str = "", area: str = EVERYWHERE, agency: str = "", body: str = ""
    ) -> httpx.AsyncClient:
        """A client that shows the token of a person in a role: `await desk.as_(...).get(path)`."""
        token = self.token(role, sub, area, agency, body)
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.office.app, raise_app_exceptions=False),
            base_url="http://office",
            headers={"Authorization": f"Bearer {token}"},
        )

    def nobody(self) -> httpx.AsyncClient:
        """A client without a token."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.office.app, raise_app_exceptions=False),
            base_url="http://office",
        )

    async def settle(self) -> int:
        """Let every letter arrive and have its effect."""
        return await self.office.settle()

    def work(self, service: str) -> Work:
        """A job's unit of work in a service's schema, to look at rows that no door shows."""
        from shared.caller import job

        return self.office.runtimes[service].work(job("test"))
