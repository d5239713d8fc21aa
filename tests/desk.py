"""A test's desk in a running office: clients with tokens, the office date, letters on demand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import httpx

from deploy.office import Office
from shared.auth import local_key, mint
from shared.caller import DEFAULT_BODIES, EVERYWHERE, Caller
from shared.clock import DirectoryClock
from shared.work import Work

TOKEN_LIFE_S = 3600


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
