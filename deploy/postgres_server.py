"""One kept PostgreSQL server: its settings, its port and the pipe that ties it to this process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from deploy import postgres_cluster as clusters
from deploy import postgres_keeper as keeper
from deploy.ports import free_port
from deploy.postgres_place import Account, Place

HOST = "127.0.0.1"
READY_LINE = 7
LOOK_EVERY_S = 0.01
START_WITHIN_S = 300.0  # recovery after a crash replays up to a gigabyte of journal
STOP_WITHIN_S = 40.0
PORT_ATTEMPTS = 5
PORT_TAKEN = "could not create any TCP/IP sockets"

# After a crash PostgreSQL flushes its whole directory before it replays: file by file, which takes
# seconds on a busy disk, or where Linux offers it, at once.
SYNC_AT_ONCE = {"recovery_init_sync_method": "syncfs"} if sys.platform == "linux" else {}
SETTINGS = {
    **SYNC_AT_ONCE,
    "shared_buffers": "128MB",
    "max_connections": "100",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "wal_compression": "on",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    "logging_collector": "on",
    "log_filename": "postgres-%a.log",  # one file a weekday, overwritten a week later
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    # Statements, parameters and a constraint's detail can hold an identity number: none is logged.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}
"""For two cores; on the command line, so that an old cluster has today's settings."""


class KeptServer:
    """A keeper with its server; both end when the pipe closes, so neither outlives the office."""

    def __init__(self, place: Place, command: list[str], lock: int) -> None:
        self._cluster = place.cluster
        place.start_log.write_bytes(b"")
        account = place.account or Account(keeper.SAME_ACCOUNT, keeper.SAME_ACCOUNT)
        theirs, self._pipe = os.pipe()
        with place.start_log.open("ab") as log:
            self._keeper = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", keeper.__file__),
                    *(str(lock), str(account.uid), str(account.gid), str(place.start_log)),
                    *command,
                ],
                stdin=theirs,
                stdout=log,
                stderr=log,
                env=clusters.CLEAN_ENVIRONMENT,
                pass_fds=(lock,),
                start_new_session=True,
            )
        os.close(theirs)

    def becomes_ready(self) -> bool:
        """Waits for the server's own word; from then on the keeper brings it up when it dies."""
        deadline = time.monotonic() + START_WITHIN_S
        while self._keeper.poll() is None and time.monotonic() < deadline:
            lines = clusters.postmaster(self._cluster)
            if len(lines) > READY_LINE and lines[READY_LINE].strip() == "ready":
                os.write(self._pipe, b"r")
                return True
            time.sleep(LOOK_EVERY_S)
        return False

    def dismiss(self) -> None:
        os.close(self._pipe)
        self._keeper.wait(STOP_WITHIN_S)


def launch(place: Place, bin_dir: Path, sockets: Path, lock: int) -> tuple[KeptServer, int]:
    """The ready server and its port; another port when somebody took the free one meanwhile."""
    for _ in range(PORT_ATTEMPTS):
        port = free_port()
        server = KeptServer(place, server_command(place, bin_dir, sockets, port), lock)
        try:
            ready = server.becomes_ready()
        except BaseException:
            server.dismiss()
            raise
        if ready:
            return server, port
        server.dismiss()
        if PORT_TAKEN not in place.start_log.read_text(encoding="utf-8", errors="replace"):
            break
    raise clusters.explain(place, clusters.ROOM_FOR_A_START_MB)


def server_command(place: Place, bin_dir: Path, sockets: Path, port: int) -> list[str]:
    settings = SETTINGS | {
        "port": str(port),
        "listen_addresses": HOST,
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "log_directory": str(place.log),
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(bin_dir / "postgres"), "-D", str(place.cluster), *options]
