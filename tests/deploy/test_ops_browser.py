"""`/ops` in a real browser: in by the form, over an application to its trace, and out again."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvicorn

from tests.deploy.browser import CHROMIUM, Tab, browser
from tests.deploy.ops import applied, with_pages
from tests.desk import OfficeDesk

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no chromium on this machine: apt install chromium"
    ),
]
STYLED = "getComputedStyle(document.querySelector('header')).backgroundColor"
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PNG = b"\x89PNG"


@asynccontextmanager
async def listening(office: OfficeDesk) -> AsyncIterator[str]:
    """The office behind a real port, which takes connections from the first moment."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(office.office.app, lifespan="off", log_config=None))
        serving = asyncio.create_task(server.serve(sockets=[door]))
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


async def fill(tab: Tab, field: str, text: str) -> None:
    await tab.value(f"document.getElementById('{field}').value = '{text}'")


async def click(tab: Tab, what: str) -> None:
    """Click on something that leads to another page."""
    await tab.leave_by(f"document.querySelector('{what}').click()")


async def test_from_the_login_over_the_application_to_its_trace(
    desk: OfficeDesk, tmp_path: Path
) -> None:
    office = with_pages(desk)
    story = await applied(office)
    async with listening(office) as address, browser(tmp_path / "profile") as tab:
        await tab.open(f"{address}/ops/chains/{story.application_id}")
        assert "请先用令牌登录" in await tab.text()
        await fill(tab, "token", "garbage")
        await click(tab, "#enter")
        assert "令牌无效" in await tab.text()
        await tab.open(f"{address}/ops/chains/{story.application_id}")
        await fill(tab, "token", office.token("operator"))
        await click(tab, "#enter")
        assert "提出申请" in await tab.text(), "the login leads to the page that was asked for"
        assert await tab.value("document.cookie") == ""
        await tab.open(f"{address}/ops")
        assert await tab.value(STYLED) == "rgb(11, 92, 107)", "the pages' own policy lets it load"
        assert await tab.value(TOO_WIDE) == 0
        await fill(tab, "asked", story.application_id)
        await click(tab, "#go")
        await click(tab, f'a[href="/ops/traces/{story.trace_id}"]')
        assert await tab.value("document.querySelectorAll('#waterfall g').length") >= 4
        assert "按规定核算资格" in await tab.text()
        assert await tab.value(TOO_WIDE) == 0
        assert (await tab.picture()).startswith(PNG)
        await click(tab, "header button")
        assert "请先用令牌登录" in await tab.text()
