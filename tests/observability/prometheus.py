"""A Prometheus of the test's own on this machine: its programs, started, asked and ended."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
import yaml

from deploy.ports import free_port
from tests.observability.boards import SCRAPE

PAUSE_S = 0.2
WHERE = "Debian's package `prometheus` has it"


def program(name: str) -> str:
    """The path of a program; skips the test where it is not installed."""
    if (found := shutil.which(name)) is None:
        pytest.skip(f"`{name}` is not installed: {WHERE}")
    return found


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running one."""

    client: httpx.AsyncClient

    async def ask(self, promql: str) -> list[dict[str, Any]]:
        """The answer to a query at this moment."""
        answer = await self.client.get("/api/v1/query", params={"query": promql})
        told = answer.json()
        assert told["status"] == "success", f"{promql}: {told.get('error')}"
        result: list[dict[str, Any]] = told["data"]["result"]
        return result

    async def wait_for(self, promql: str, within_s: float) -> list[dict[str, Any]]:
        """Ask until there is an answer; gives nothing when there is none in time."""
        ends = monotonic() + within_s
        # Another program's scrapes: nothing here could be woken by them.
        while not (found := await self._try(promql)) and monotonic() < ends:  # noqa: ASYNC110
            await asyncio.sleep(PAUSE_S)
        return found

    async def _try(self, promql: str) -> list[dict[str, Any]]:
        try:
            return await self.ask(promql)
        except (httpx.TransportError, ValueError):
            return []


@contextlib.asynccontextmanager
async def prometheus(folder: Path, office_port: int, token: str) -> AsyncIterator[Prometheus]:
    """Scrapes an office every second by the project's own configuration, with this token."""
    binary, port = program("prometheus"), free_port()
    (folder / "juyang.token").write_text(token)
    config = yaml.safe_load(SCRAPE.read_text())
    config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    config["rule_files"] = [str(SCRAPE.parent / name) for name in config["rule_files"]]
    for job in config["scrape_configs"]:
        job["authorization"] = {"credentials_file": str(folder / "juyang.token")}
        job["static_configs"] = [{"targets": [f"127.0.0.1:{office_port}"]}]
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(config))
    process = await asyncio.create_subprocess_exec(
        binary,
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            yield Prometheus(client)
    finally:
        process.terminate()
        await process.wait()
