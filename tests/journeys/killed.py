"""An office killed while it works, and what must be there when it is up again."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from deploy.desk import Desk
from deploy.ports import free_port
from deploy.proof import prove
from shared.contracts.ids import new_id
from shared.contracts.programmes import VOUCHER
from shared.migrate import SERVICES
from tests.intake.rosters import COMMUNITY, STREET, number

COMMAND = (sys.executable, "-m", "deploy.cli.main")
WRITERS, ENOUGH = 4, 24
ANSWERS_WITHIN_S = 60


@contextmanager
def office(data: Path, port: int, more: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    """`juyang up` in a process of its own; killed at the end if it still runs."""
    words = ["up", "--no-demo", "--data", str(data), "--port", str(port), *more]
    quiet = {**os.environ, "OTEL_SDK_DISABLED": "true"}
    with (data.parent / "office.log").open("ab") as log:
        process = subprocess.Popen([*COMMAND, *words], stderr=log, env=quiet)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def desk_of(data: Path, port: int) -> Desk:
    """A desk at the office, once it is ready."""
    url = f"http://127.0.0.1:{port}"
    async with asyncio.timeout(ANSWERS_WITHIN_S), httpx.AsyncClient() as client:
        while True:
            try:
                if (await client.get(f"{url}/evaluation/ready")).status_code == 200:
                    return Desk(url, data)
            except httpx.TransportError:
                continue


class Writers:
    """Register people and apply for them until the office is gone; remember what it said yes to."""

    def __init__(self, desk: Desk) -> None:
        self.worker = desk.person("street_officer", "li", STREET)
        self.acknowledged: list[tuple[str, dict[str, Any]]] = []
        self.doubtful: list[tuple[str, dict[str, Any]]] = []
        self.enough = asyncio.Event()
        self._order = 0

    async def write(self) -> None:
        try:
            while True:
                self._order += 1
                person = {"id": str(new_id()), "name": "王芳", "area_code": COMMUNITY}
                await self._post("persons", {**person, "id_number": number(self._order)})
                asked = {"id": str(new_id()), "person_id": person["id"], "programme": VOUCHER}
                await self._post("applications", {**asked, "channel": "street_office"})
        except httpx.TransportError:
            return

    async def _post(self, what: str, body: dict[str, Any]) -> None:
        asked = (f"/intake/v1/{what}", body)
        self.doubtful.append(asked)
        await self.worker.post(*asked)
        self.doubtful.remove(asked)
        self.acknowledged.append(asked)
        if len(self.acknowledged) >= ENOUGH:
            self.enough.set()


async def killed_and_started_again(data: Path, *more: str) -> None:
    """The story, of `juyang up` with these words more."""
    port = free_port()
    with office(data, port, more) as process:
        desk = await desk_of(data, port)
        area = {"code": COMMUNITY, "name": "红庙社区", "level": "community"}
        operator = desk.person("operator", "root")
        await operator.post("/intake/v1/areas", {"id": str(new_id()), "areas": [area]})
        writers = Writers(desk)
        writing = [asyncio.create_task(writers.write()) for _ in range(WRITERS)]
        await writers.enough.wait()
        process.send_signal(signal.SIGKILL)
        await asyncio.gather(*writing)
        await desk.close()
    assert len(writers.acknowledged) >= ENOUGH
    with office(data, port, more):
        desk = await desk_of(data, port)
        li = desk.person("street_officer", "li", STREET)
        for path, body in writers.acknowledged:
            assert await li.get(f"{path}/{body['id']}")
        replays = [await li.attempt(path, body) for path, body in writers.acknowledged[-3:]]
        retries = [await li.attempt(path, body) for path, body in writers.doubtful]
        await desk.settle()
        operator = desk.person("operator", "root")
        counts = [await operator.get(f"/{name}/v1/letters") for name in SERVICES]
        auditor = desk.person("auditor", "a")
        for path, body in writers.acknowledged:
            if path.endswith("applications"):
                chain = await auditor.get(f"/evaluation/v1/chains/{body['id']}")
                types = [link["type"] for link in chain["links"]]
                assert types.count("intake.application.submitted.v1") == 1
                assert types.count("eligibility.determination.made.v1") == 1
        proof = await prove(desk)
        await desk.close()
    assert {answer.headers.get("idempotency-replayed") for answer in replays} == {"true"}
    assert {answer.status_code for answer in retries} <= {201}
    waiting = [(one["unsent"], one["behind"], one["parked"], one["held"]) for one in counts]
    assert waiting == [(0, 0, 0, 0)] * len(SERVICES)
    assert proof["ok"], [check for check in proof["checks"] if not check["ok"]]
