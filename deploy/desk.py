"""A desk at a running office: clients with tokens, and waiting until letters have arrived."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from deploy.premises import APART, Address, OfficeRefused, address_of, free_port
from shared.auth import local_key, mint
from shared.caller import DEFAULT_BODIES, EVERYWHERE, Caller
from shared.clock import DirectoryClock
from shared.migrate import SERVICES
from shared.settings import Settings

TOKEN_LIFE_S = 3600
TIMEOUT_S = 120.0
LOOK_EVERY_S = 0.05
START_PATIENCE_S = 120.0
OFFICE_LOG = "office.log"
LOOKS_AT_REST = 2
STILL_LOOKS = 400
"""How often nothing may have moved before a desk stops waiting for letters: 20 s."""


class Unexpected(OfficeRefused):
    """The office answered something that the story did not expect."""


class Person:
    """Somebody at the desk: sends requests with his own token."""

    def __init__(self, client: httpx.AsyncClient, token: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **params: Any) -> Any:
        """The JSON answer of a GET."""
        return _json(await self._client.get(path, params=params, headers=self._headers))

    async def content(self, path: str) -> bytes:
        """The raw answer of a GET."""
        answer = await self._client.get(path, headers=self._headers)
        _json(answer, parse=False)
        return answer.content

    async def post(self, path: str, body: Any) -> Any:
        """The JSON answer of a POST."""
        return _json(await self._client.post(path, json=body, headers=self._headers))

    async def attempt(self, path: str, body: Any) -> httpx.Response:
        """The answer of a POST, whatever it is."""
        return await self._client.post(path, json=body, headers=self._headers)

    async def upload(self, path: str, name: str, content: bytes, key: str) -> Any:
        """Send a file under an idempotency key."""
        headers = {**self._headers, "Idempotency-Key": key}
        return _json(
            await self._client.post(path, files={"file": (name, content)}, headers=headers)
        )

    async def pages(self, path: str, **params: Any) -> AsyncIterator[dict[str, Any]]:
        """Every row of a list, page after page."""
        cursor: str | None = None
        while True:
            more = {"cursor": cursor} if cursor else {}
            page = await self.get(path, **params, **more)
            for item in page["items"]:
                yield item
            cursor = page.get("next")
            if cursor is None:
                return


class Desk:
    """Everybody who works with one office, and the office's own date."""

    def __init__(self, url: str, data: Path) -> None:
        self.url = url
        self.data = data
        self.clock = DirectoryClock(data)
        self._key = local_key(data)
        self._settings = Settings.model_validate({"data": data})
        self._client = httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S)

    def person(
        self, role: str, sub: str, area: str = EVERYWHERE, agency: str = "", body: str = ""
    ) -> Person:
        """A person with a token of this office."""
        caller = Caller(sub, role, area, agency, body or DEFAULT_BODIES.get(role, ""))
        return Person(self._client, mint(self._key, self._settings, caller, lives_s=TOKEN_LIFE_S))

    async def settle(self) -> None:
        """Wait until no letter is on its way any more.

        Seen twice at rest: a letter may have gone on from a service not looked at yet to one
        looked at already.
        """
        operator = self.person("operator", "desk")
        at_rest = 0
        while at_rest < LOOKS_AT_REST:
            counts = [await operator.get(f"/{name}/v1/letters") for name in SERVICES]
            if sum(count["unsent"] for count in counts) == 0:
                at_rest += 1
            else:
                at_rest = 0
                await asyncio.sleep(LOOK_EVERY_S)
        if self.processes:
            await self._arrived(operator)

    @property
    def processes(self) -> bool:
        """Whether the services run apart, so that sent is not yet arrived."""
        return (self.data / APART).exists()

    async def _arrived(self, operator: Person) -> None:
        """Wait until consumers have taken what was sent, or take no more (old rows are pruned)."""
        seen, since = -1, 0
        while since < STILL_LOOKS:
            traffic = [await operator.get(f"/{name}/v1/letters/traffic") for name in SERVICES]
            written: dict[str, int] = {}
            for one in traffic:
                written |= one["written"]
            missing = sum(
                max(0, sum(written.get(topic, 0) for topic in one["hears"]) - one["taken"])
                for one in traffic
            )
            if missing == 0:
                return
            since = since + 1 if missing == seen else 0
            seen = missing
            await asyncio.sleep(LOOK_EVERY_S)

    async def close(self) -> None:
        await self._client.aclose()


def _json(answer: httpx.Response, *, parse: bool = True) -> Any:
    if answer.is_error:
        said = answer.json() if "json" in answer.headers.get("content-type", "") else {}
        flaws = "; ".join(f"{f['field']}: {f['zh']} {f['en']}" for f in said.get("errors", []))
        raise Unexpected(
            f"{answer.request.method} {answer.request.url.path} → {answer.status_code} "
            f"{said.get('code', '')} {said.get('zh', '')} {said.get('en', '')} {flaws}"
        )
    return answer.json() if parse else None


@asynccontextmanager
async def desk_at(data: Path) -> AsyncIterator[Desk]:
    """A desk at the office that runs on a directory, or at one of our own meanwhile."""
    data = data.expanduser().resolve()
    there = address_of(data)
    process = None if there else await _start(data)
    try:
        there = there or await _answering(data, process)
        desk = Desk(there.url, data)
        try:
            yield desk
        finally:
            await desk.close()
    finally:
        if process is not None and process.returncode is None:
            process.terminate()
            await process.wait()


async def _start(data: Path) -> asyncio.subprocess.Process:
    command = ["-m", "deploy.cli.main", "up", "--no-demo", "--port", str(free_port())]
    data.mkdir(parents=True, exist_ok=True)
    with (data / OFFICE_LOG).open("wb") as log:
        return await asyncio.create_subprocess_exec(
            sys.executable, *command, "--data", str(data), stdout=log, stderr=log
        )


async def _answering(data: Path, process: asyncio.subprocess.Process | None) -> Address:
    assert process is not None
    async with asyncio.timeout(START_PATIENCE_S):
        while (there := address_of(data)) is None:
            if process.returncode is not None:
                raise OfficeRefused((data / OFFICE_LOG).read_text(errors="replace").strip())
            await asyncio.sleep(LOOK_EVERY_S)
    return there
