"""A desk at a running office: clients with tokens, and waiting until letters have arrived."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from deploy.ports import free_port
from deploy.premises import Address, OfficeRefused, address_of
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
STILL_S = 60.0
"""How long nothing may have moved before a desk stops waiting for letters."""
MOVING = ("unsent", "behind", "last")


class Unexpected(OfficeRefused):
    """The office answered something that the story did not expect."""


Counts = Mapping[str, Mapping[str, int | None]]
"""What each service says of its letters."""


class LettersStuck(OfficeRefused):
    """Letters do not arrive any more; the text says whose, and how many."""

    def __init__(self, counts: Counts, still_s: float) -> None:
        zh, en = zip(*_waiting(counts), strict=True)
        super().__init__(
            f"信件停滞超过 {still_s:g} 秒：{'；'.join(zh)}；请看 /ready 和 juyang parked list\n"
            f"letters have not moved for {still_s:g} s: {'; '.join(en)}; "
            "see /ready and juyang parked list"
        )


def moving(counts: Counts) -> list[tuple[int | None, ...]]:
    """What changes as long as letters move."""
    return [tuple(one[field] for field in MOVING) for one in counts.values()]


def _waiting(counts: Counts) -> list[tuple[str, str]]:
    """Each service that letters wait for or come from, in Chinese and English."""
    found: list[tuple[str, str]] = []
    for name, one in counts.items():
        unsent, behind = one["unsent"], one["behind"]
        if unsent:
            found.append((f"{name} 有 {unsent} 封未发出", f"{name} has {unsent} unsent"))
        if behind is None:
            found.append((f"{name} 问不到 Kafka", f"{name} cannot ask Kafka"))
        elif behind:
            found.append((f"{name} 有 {behind} 封未读", f"{name} is {behind} behind"))
    return found


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

    async def settle(self, *, still_s: float = STILL_S) -> None:
        """Wait until no letter is on its way any more.

        Seen twice at rest with nothing written in between: else a letter may have gone on from a
        service not looked at yet to one looked at already.

        Raises:
            LettersStuck: letters are on their way and nothing has moved for so long.
        """
        operator = self.person("operator", "desk")
        before: Counts = {}
        rested, moved_at = False, time.monotonic()
        while True:
            counts = {name: await operator.get(f"/{name}/v1/letters") for name in SERVICES}
            still = moving(counts) == moving(before)
            at_rest = all(one["unsent"] == 0 and one["behind"] == 0 for one in counts.values())
            if at_rest and rested and still:
                return
            if not still:
                moved_at = time.monotonic()
            elif time.monotonic() - moved_at > still_s:
                raise LettersStuck(counts, still_s)
            before, rested = counts, at_rest
            if not at_rest:
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
