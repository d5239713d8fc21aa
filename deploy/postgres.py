"""Starts and stops the embedded PostgreSQL 18 of a data directory, for the office's commands."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from pathlib import Path

import asyncpg

from deploy import postgres_cluster as clusters
from deploy import postgres_errors as errors
from deploy import postgres_place as places
from deploy.postgres_connection import RECORD, ConnectionInfo, hold_office, record, running
from deploy.postgres_errors import StartRefused
from deploy.postgres_server import HOST, KeptServer, launch

__all__ = ["ConnectionInfo", "EmbeddedPostgres", "StartRefused", "erase", "running"]


class EmbeddedPostgres:
    """One PostgreSQL server on one data directory; it ends with this process, however that ends."""

    def __init__(self, data_dir: Path, *, refuge: Path = places.REFUGE) -> None:
        self.data_dir = data_dir.expanduser().resolve()
        self._refuge = refuge
        self._office_lock: int | None = None
        self._server: KeptServer | None = None
        self._connection: ConnectionInfo | None = None

    async def start(self) -> None:
        """Raises StartRefused with a sentence that says what to do."""
        await asyncio.to_thread(self.start_now)

    async def stop(self) -> None:
        await asyncio.to_thread(self.stop_now)

    async def __aenter__(self) -> EmbeddedPostgres:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    def __enter__(self) -> EmbeddedPostgres:
        self.start_now()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_now()

    @property
    def connection(self) -> ConnectionInfo:
        if self._connection is None:
            raise RuntimeError("the embedded PostgreSQL is not started")
        return self._connection

    @property
    def port(self) -> int:
        return self.connection.port

    @property
    def socket_dir(self) -> str:
        return self.connection.socket_dir

    @property
    def admin_dsn(self) -> str:
        return self.connection.dsn("postgres")

    def dsn(
        self,
        database: str = "juyang",
        user: str = clusters.SUPERUSER,
        password: str | None = None,
        *,
        tcp: bool = False,
        scheme: str = "postgresql",
    ) -> str:
        return self.connection.dsn(database, user, password, tcp=tcp, scheme=scheme)

    async def ensure_database(self, name: str) -> None:
        """Creates the database unless it is there; several may ask at once."""
        admin = await asyncpg.connect(self.admin_dsn)
        try:
            if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
                quoted = name.replace('"', '""')
                with contextlib.suppress(
                    asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError
                ):
                    await admin.execute(f'CREATE DATABASE "{quoted}"')
        finally:
            await admin.close()

    def start_now(self) -> None:
        """The same as `start`, for code without an event loop."""
        if self._connection is not None:
            return
        try:
            places.make_data_dir(self.data_dir)
            self._office_lock = hold_office(self.data_dir)
            self._connection = self._bring_up(places.settle(self.data_dir, self._refuge))
            record(self.data_dir, self._connection)
        except OSError as error:
            self.stop_now()
            needed_mb = clusters.ROOM_FOR_A_NEW_CLUSTER_MB
            raise errors.from_os(error, self.data_dir, needed_mb) from error
        except BaseException:
            self.stop_now()
            raise

    def stop_now(self) -> None:
        """Fast shutdown; harmless when nothing runs."""
        if self._connection is not None:
            (self.data_dir / RECORD).unlink(missing_ok=True)
            self._connection = None
        server, self._server = self._server, None
        if server is not None:
            server.dismiss()
        if self._office_lock is not None:
            os.close(self._office_lock)
            self._office_lock = None

    def _bring_up(self, place: places.Place) -> ConnectionInfo:
        bin_dir = places.programs(place)
        with clusters.held_cluster(place) as lock:
            made = clusters.is_made(place)
            password = clusters.password_of(self.data_dir, cluster_exists=made)
            if not made:
                clusters.make(place, bin_dir, password)
            clusters.clear_stale_pid(place.cluster)
            clusters.require_room(place.cluster, clusters.ROOM_FOR_A_START_MB)
            place.give(place.log)
            sockets = place.sockets()
            self._server, port = launch(place, bin_dir, sockets, lock)
        pid = clusters.postmaster_pid(place.cluster) or 0
        return ConnectionInfo(HOST, port, str(sockets), pid, password)


def erase(data_dir: Path, *, refuge: Path = places.REFUGE) -> None:
    """Removes the cluster wherever it lives, and its password; refused while an office runs."""
    data_dir = data_dir.expanduser().resolve()
    link = data_dir / "postgres"
    if not (link.exists() or link.is_symlink()):
        return
    lock = hold_office(data_dir)
    try:
        if link.exists():
            remove(places.settle(data_dir, refuge))
        if link.is_symlink():
            link.unlink()
        clusters.password_file(data_dir).unlink(missing_ok=True)
        (data_dir / RECORD).unlink(missing_ok=True)
    finally:
        os.close(lock)


def remove(place: places.Place) -> None:
    with clusters.held_cluster(place):
        shutil.rmtree(place.sockets(), ignore_errors=True)
        shutil.rmtree(place.home)
