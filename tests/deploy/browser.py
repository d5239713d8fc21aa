"""A headless Chromium that the stories of the pages drive by its DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--window-size=1200,1400",
)
ADDRESS = re.compile(r"DevTools listening on ws://([0-9.:]+)/")
STARTS_WITHIN_S, LOADS_WITHIN_S = 30.0, 20.0
LARGEST_MESSAGE = 64 * 1024 * 1024


class Tab:
    """One page of the browser."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)

    async def say(self, method: str, **params: Any) -> dict[str, Any]:
        """Give a command and wait for its answer."""
        number = next(self._ids)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        answer = await self._until(lambda said: said.get("id") == number)
        assert "error" not in answer, answer["error"]
        result: dict[str, Any] = answer["result"]
        return result

    async def open(self, url: str) -> None:
        await self.say("Page.navigate", url=url)
        await self._loaded()

    async def leave_by(self, script: str) -> None:
        """Do what takes the browser to another page, and wait until that is there."""
        await self.value(script)
        await self._loaded()

    async def value(self, script: str) -> Any:
        """What a script gives, run by the protocol: the page's own policy forbids scripts."""
        said = await self.say("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    async def text(self) -> str:
        return str(await self.value("document.body.innerText"))

    async def picture(self) -> bytes:
        """The whole page as PNG."""
        shot = await self.say("Page.captureScreenshot", captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    async def _loaded(self) -> None:
        await self._until(lambda said: said.get("method") == "Page.loadEventFired")

    async def _until(self, wanted: Any) -> dict[str, Any]:
        async with asyncio.timeout(LOADS_WITHIN_S):
            async for raw in self._socket:
                said: dict[str, Any] = json.loads(raw)
                if wanted(said):
                    return said
        raise AssertionError("the browser hung up")


@asynccontextmanager
async def browser(profile: Path) -> AsyncIterator[Tab]:
    """Start a browser with a new profile; its process ends with the story."""
    assert CHROMIUM is not None
    # Chromium's sandbox refuses to run as root.
    rooted = ("--no-sandbox",) if os.geteuid() == 0 else ()
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *FLAGS,
        *rooted,
        f"--user-data-dir={profile}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        where = await _page_address(process.stderr)
        # A full pipe would hold the browser up.
        emptied = asyncio.create_task(process.stderr.read())
        async with connect(where, max_size=LARGEST_MESSAGE, proxy=None) as socket:
            tab = Tab(socket)
            await tab.say("Page.enable")
            yield tab
        process.terminate()
        await emptied
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _page_address(said: asyncio.StreamReader) -> str:
    """Where the first page listens; the browser names its own address when it has started."""
    async with asyncio.timeout(STARTS_WITHIN_S):
        async for line in said:
            if (found := ADDRESS.search(line.decode())) is not None:
                async with httpx.AsyncClient(trust_env=False) as client:
                    pages = (await client.get(f"http://{found[1]}/json")).json()
                return str(
                    next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page")
                )
    raise AssertionError("the browser did not start")
