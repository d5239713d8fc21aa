"""How to reach the embedded PostgreSQL of a data directory, and whether it is running."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

from deploy import postgres_cluster as clusters
from deploy import postgres_errors as errors
from deploy import postgres_place as places

RECORD = "postgres.json"
OFFICE_LOCK = "office.lock"
OFFICE_LOCK_PATIENCE_S = 0.3  # `running` holds the lock for an instant when it looks


@dataclass(frozen=True)
class ConnectionInfo:
    """How to reach a running server."""

    host: str
    port: int
    socket_dir: str
    pid: int
    password: str = field(repr=False)

    def dsn(
        self,
        database: str = "juyang",
        user: str = clusters.SUPERUSER,
        password: str | None = None,
        *,
        tcp: bool = False,
        scheme: str = "postgresql",
    ) -> str:
        """Over the unix socket (fastest) or 127.0.0.1, with the superuser's password for him."""
        if password is None and user == clusters.SUPERUSER:
            password = self.password
        login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
        path = f"/{quote(database, safe='')}"
        if tcp:
            return f"{scheme}://{login}@{self.host}:{self.port}{path}"
        return (
            f"{scheme}://{login}@{path}?{urlencode({'host': self.socket_dir, 'port': self.port})}"
        )


def hold_office(data_dir: Path) -> int:
    """One office a data directory: the kernel frees the lock however this process ends."""
    file = data_dir / OFFICE_LOCK
    lock = places.take(file, OFFICE_LOCK_PATIENCE_S)
    if lock is None:
        raise errors.already_running(data_dir, file.read_text(encoding="ascii").strip())
    os.ftruncate(lock, 0)
    os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def record(data_dir: Path, connection: ConnectionInfo) -> None:
    """For psql and for other commands of the same user; the password stays in DATA/secrets."""
    shown = {name: getattr(connection, name) for name in ("host", "port", "socket_dir", "pid")}
    clusters.write_whole(data_dir / RECORD, json.dumps(shown, ensure_ascii=False))


def running(data_dir: Path) -> ConnectionInfo | None:
    """The server of the office on `data_dir`: its lock is held and its socket answers now."""
    data_dir = data_dir.expanduser().resolve()
    try:
        if not office_is_held(data_dir):
            return None
        shown = json.loads((data_dir / RECORD).read_text(encoding="utf-8"))
        password = clusters.password_of(data_dir, cluster_exists=True)
        connection = ConnectionInfo(**shown, password=password)
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(f"{connection.socket_dir}/.s.PGSQL.{connection.port}")
    except (OSError, ValueError, TypeError, errors.StartRefused):
        return None
    return connection


def office_is_held(data_dir: Path) -> bool:
    if not (data_dir / OFFICE_LOCK).exists():
        return False
    lock = places.take(data_dir / OFFICE_LOCK, 0)
    if lock is None:
        return True
    os.close(lock)
    return False
