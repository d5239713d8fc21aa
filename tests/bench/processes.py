"""An office as its users start it, `juyang up` in a process of its own: its memory, its work."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import psutil

from deploy.desk import Desk
from deploy.ports import free_port
from deploy.premises import address_of

JUYANG = (sys.executable, "-m", "deploy.cli.main")
SAMPLE_EVERY_S = 0.02
START_PATIENCE_S = 180.0
STOP_PATIENCE_S = 30.0
MEBIBYTE = 1024 * 1024


class NotRunning(Exception):
    """The command did not do what was asked; the text is the end of what it said."""


class Meter:
    """The highest resident memory of one process, and the work of it and all below it."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self.peak = 0

    @property
    def peak_mb(self) -> float:
        return self.peak / MEBIBYTE

    def own_work_s(self) -> float:
        """Processor seconds of the process alone."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def worked_s(self) -> float:
        """Processor seconds of the process and of all that it has started, PostgreSQL's too."""
        worked = 0.0
        for one in [self._process, *self._process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                times = one.cpu_times()
                worked += times.user + times.system + times.children_user + times.children_system
        return worked

    async def watch(self) -> None:
        """Sample until cancelled or the process ends."""
        try:
            while True:
                self.peak = max(self.peak, self._process.memory_info().rss)
                await asyncio.sleep(SAMPLE_EVERY_S)
        except psutil.NoSuchProcess:
            return


async def run_juyang(*words: str) -> bytes:
    """What a subcommand prints.

    Raises:
        NotRunning: it failed.
    """
    process = await asyncio.create_subprocess_exec(
        *JUYANG, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, said = await process.communicate()
    if process.returncode != 0:
        raise NotRunning(f"juyang {words[0]}: {_last_line(said)}")
    return out


@asynccontextmanager
async def office_process(
    data: Path, environment: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[tuple[Desk, Meter]]:
    """`juyang up` on a directory: a desk at it, and the meter of its process.

    Raises:
        NotRunning: it did not start.
    """
    words = ("up", "--no-demo", "--port", str(free_port()), "--data", str(data))
    log = data / "up.log"
    with log.open("wb") as said:
        process = await asyncio.create_subprocess_exec(
            *JUYANG, *words, stdout=said, stderr=said, env={**os.environ, **environment}
        )
    try:
        url = await _answering(process, data, log)
        desk, meter = Desk(url, data), Meter(process.pid)
        watch = asyncio.create_task(meter.watch())
        try:
            yield desk, meter
        finally:
            watch.cancel()
            await desk.close()
    finally:
        await _end(process)


async def _answering(process: asyncio.subprocess.Process, data: Path, log: Path) -> str:
    async with asyncio.timeout(START_PATIENCE_S):
        while (there := address_of(data)) is None:
            if process.returncode is not None:
                raise NotRunning(
                    f"juyang up: {_last_line(await asyncio.to_thread(log.read_bytes))}"
                )
            await asyncio.sleep(SAMPLE_EVERY_S)
    return there.url


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_PATIENCE_S)
    except TimeoutError:
        process.kill()
        await process.wait()


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
