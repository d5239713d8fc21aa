"""Has processes forked in no time: keeps the fork server alive, and holds their lifelines."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass

from deploy.processes_plan import Plan

log = logging.getLogger("juyang.processes")
PROGRAM = (sys.executable, "-m", "deploy.processes_fork")
AGAIN_S = 0.05
NEVER_READY_S = 2.0
STOP_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class Lifeline:
    """A living process. It ends in order when this is let go, and this ends with it."""

    pid: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def ended(self) -> None:
        """Wait until the process is dead, whoever its parent is."""
        with suppress(ConnectionError):
            await self.reader.read()
        self.writer.close()

    def let_go(self) -> None:
        """Ask the process to end in order."""
        with suppress(OSError):
            self.writer.write_eof()


class Forge:
    """The fork server, started again when it dies; what it has made lives on meanwhile."""

    def __init__(self) -> None:
        self.pid = 0
        self._control: socket.socket | None = None
        self._ready = asyncio.Event()

    async def keep(self) -> None:
        """Keep it running until cancelled."""
        while True:
            mine, theirs = socket.socketpair()
            mine.setblocking(False)
            with mine:
                with theirs:
                    process = await asyncio.create_subprocess_exec(
                        *PROGRAM,
                        str(theirs.fileno()),
                        stdin=asyncio.subprocess.DEVNULL,
                        pass_fds=(theirs.fileno(),),
                        start_new_session=True,
                    )
                was_ready = False
                try:
                    was_ready = await self._life(process, mine)
                finally:
                    self._ready.clear()
                    mine.close()
                    await _ended(process)
            log.warning("the fork server ended with %s; it is started again", process.returncode)
            await asyncio.sleep(AGAIN_S if was_ready else NEVER_READY_S)

    async def make(self, plan: Plan) -> Lifeline:
        """A new process by a plan; waits for the fork server when it is not there."""
        while True:
            await self._ready.wait()
            lifeline = await self._ask(plan)
            if lifeline is not None:
                return lifeline
            await asyncio.sleep(AGAIN_S)

    async def _life(self, process: asyncio.subprocess.Process, control: socket.socket) -> bool:
        """Until it ends; returns whether it had been ready."""
        self.pid, self._control = process.pid, control
        ready = bool(await asyncio.get_running_loop().sock_recv(control, 1))
        if ready:
            self._ready.set()
        await process.wait()
        return ready

    async def _ask(self, plan: Plan) -> Lifeline | None:
        """None when the fork server died over it: nobody was born then, or he goes by himself."""
        assert self._control is not None
        mine, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [b"."], [theirs.fileno()])
            except OSError:
                mine.close()
                return None
        reader, writer = await asyncio.open_connection(sock=mine)
        job = {"name": plan.name, "words": plan.words, "environment": dict(plan.environment)}
        writer.write(json.dumps(job).encode() + b"\n")
        born = b""
        with suppress(ConnectionError):
            born = await reader.readline()
        if born:
            return Lifeline(int(born), reader, writer)
        writer.close()
        return None


async def _ended(process: asyncio.subprocess.Process) -> None:
    """Without its control socket it ends by itself; after a while it is made to."""
    try:
        await asyncio.wait_for(process.wait(), STOP_WITHIN_S)
    except TimeoutError:
        process.kill()
        await process.wait()
