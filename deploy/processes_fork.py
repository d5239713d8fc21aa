"""The fork server: a `juyang` with everything imported, out of which processes are forked.

Run as `python -m deploy.processes_fork CONTROL_FD` by deploy/processes_forge.py. It has one thread
and no connection, so that a fork is a clean start without its 1.3 s of imports. For each byte on
the control socket comes a lifeline: a socket with the child's job on it, which the child answers
with its process id. As long as both live, the lifeline is open: its end tells either of the
other's.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import logging
import os
import select
import signal
import socket
import sys
import threading
from pathlib import Path

from deploy.cli.main import main as juyang
from deploy.logs import configure_logs
from deploy.office import service_of
from shared.migrate import SERVICES

log = logging.getLogger("juyang.processes")
READY = b"+"
BELL_BYTES = 64
# What a service imports only once it runs.
LATER = (
    "fastapi_offline",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "uvicorn.lifespan.on",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
)


def preload() -> None:
    """Import all that any of the processes will need."""
    for name in SERVICES:
        service_of(name)
    for module in LATER:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()


def breed(control: socket.socket) -> socket.socket | None:
    """Fork until the office is gone; in a child, returns its lifeline."""
    bell, ring = socket.socketpair()
    ring.setblocking(False)
    signal.set_wakeup_fd(ring.fileno())
    signal.signal(signal.SIGCHLD, lambda *_: None)
    while True:
        heard, _, _ = select.select([control, bell], [], [])
        if bell in heard:
            bell.recv(BELL_BYTES)
            bury()
        if control not in heard:
            continue
        asked, lines, _, _ = socket.recv_fds(control, 1, 1)
        if not asked:
            return None
        lifeline = socket.socket(fileno=lines[0])
        if os.fork() == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for mine in (control, bell, ring):
                mine.close()
            return lifeline
        lifeline.close()


def bury() -> None:
    """Take the exit codes of children that ended; the office learns it by their lifelines."""
    with contextlib.suppress(ChildProcessError):
        while (dead := os.waitpid(-1, os.WNOHANG))[0]:
            code = os.waitstatus_to_exitcode(dead[1])
            log.info("process %d ended with %d", dead[0], code)


def live(lifeline: socket.socket) -> None:
    """Be the process that the job on the lifeline says; ends with it."""
    os.setsid()
    with lifeline.makefile("rb") as said:
        line = said.readline()
    if not line:
        return
    job = json.loads(line)
    os.environ.update(job["environment"])
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(f"juyang-{job['name']}")
    lifeline.sendall(b"%d\n" % os.getpid())
    threading.Thread(target=end_with, args=(lifeline,), daemon=True).start()
    sys.argv = ["juyang", *job["words"]]
    juyang()


def end_with(lifeline: socket.socket) -> None:
    """Stop in order once the office has let go of the lifeline, or is dead itself."""
    with contextlib.suppress(OSError):
        lifeline.recv(1)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serve forks; the part after `breed` runs in children only."""
    configure_logs()
    preload()
    control = socket.socket(fileno=int(sys.argv[1]))
    control.sendall(READY)
    lifeline = breed(control)
    if lifeline is not None:
        live(lifeline)


if __name__ == "__main__":
    main()
