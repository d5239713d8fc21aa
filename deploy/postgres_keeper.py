"""The child process that keeps one PostgreSQL server up and ends it with the office.

Run as a file, with the standard library alone:
    postgres_keeper.py LOCK_FD UID GID LOG PROGRAM [ARGUMENT ...]
Standard input is a pipe from the office: a byte on it says that the server is ready, its end says
that the office is gone, by SIGKILL too.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Literal

LOOK_EVERY_S = 0.2
FAST_STOP_S = 20.0
FORCED_STOP_S = 5.0
QUICK_DEATH_S = 2.0  # one that lived longer was up: killed, it comes back however often
QUICK_DEATHS = 20
BETWEEN_STARTS_S = 0.5
SAME_ACCOUNT = -1
PR_SET_PDEATHSIG = 1

Ending = Literal["office gone", "server died"]


def end_with_keeper() -> Callable[[], None] | None:
    """What the server does before exec, so that a killed keeper takes it along (Linux only)."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl

    def ask_for_signal() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGINT)

    return ask_for_signal


def launch(lock: int, uid: int, gid: int, log: str, command: list[str]) -> subprocess.Popen[bytes]:
    """The server inherits the lock: nobody takes it while a process of the cluster lives."""
    root = uid != SAME_ACCOUNT
    with open(log, "ab") as out:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=os.path.dirname(log),
            pass_fds=(lock,),
            start_new_session=True,
            user=uid if root else None,
            group=gid if root else None,
            extra_groups=[] if root else None,
            preexec_fn=end_with_keeper(),
        )


class Watch:
    """Whether the office still holds its end of the pipe, and has seen the server ready."""

    def __init__(self) -> None:
        self.ready = False
        self.office = os.getppid()

    def until_something_ends(self, server: subprocess.Popen[bytes]) -> Ending:
        while server.poll() is None:
            if self.office_gone(LOOK_EVERY_S):
                return "office gone"
        return "server died"

    def office_gone(self, patience_s: float) -> bool:
        # The pipe alone is not enough: a forked child of the office may hold its other end open.
        if os.getppid() != self.office:
            return True
        if not select.select([sys.stdin], [], [], patience_s)[0]:
            return False
        heard = os.read(sys.stdin.fileno(), 1)
        self.ready = self.ready or bool(heard)
        return not heard


def end(server: subprocess.Popen[bytes]) -> None:
    """Fast shutdown first (clients are cut, all is written), force only when it hangs."""
    steps = (
        (signal.SIGINT, FAST_STOP_S),
        (signal.SIGQUIT, FORCED_STOP_S),
        (signal.SIGKILL, FORCED_STOP_S),
    )
    for number, patience_s in steps:
        server.send_signal(number)
        try:
            server.wait(patience_s)
            return
        except subprocess.TimeoutExpired:
            continue


def end_left_over(command: list[str]) -> None:
    """Kill backends that outlived their killed server: while one lives, no new server starts.

    They are known by their program and by the cluster's directory, in which they work.
    """
    if sys.platform != "linux":
        return
    program, cluster = command[0], command[command.index("-D") + 1]
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            theirs = os.path.samefile(f"/proc/{pid}/exe", program)
            if theirs and os.path.samefile(f"/proc/{pid}/cwd", cluster):
                os.kill(int(pid), signal.SIGKILL)


def keep(lock: int, uid: int, gid: int, log: str, command: list[str]) -> int:
    """Brings a dead server up again if it was ready once; else the office says why it was not."""
    watch, deaths = Watch(), 0
    while deaths < QUICK_DEATHS:
        born = time.monotonic()
        server = launch(lock, uid, gid, log, command)
        if watch.until_something_ends(server) == "office gone":
            end(server)
            return 0
        deaths = deaths + 1 if time.monotonic() - born < QUICK_DEATH_S else 0
        if not watch.ready or watch.office_gone(BETWEEN_STARTS_S):
            break
        end_left_over(command)
    return 1


def main(arguments: list[str]) -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A handler, not SIG_IGN: the server must not inherit deaf ears.
        signal.signal(number, lambda *_: None)
    lock, uid, gid = (int(text) for text in arguments[:3])
    return keep(lock, uid, gid, arguments[3], arguments[4:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
