"""The database of a backup: a consistent dump, its way back, and what both must agree on."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import asyncpg

from deploy.backup_cipher import FRAME_BYTES
from deploy.backup_parts import SchemaState, pieces
from deploy.postgres import ConnectionInfo
from deploy.postgres_cluster import CLEAN_ENVIRONMENT, SUPERUSER
from deploy.postgres_place import REFUGE, Place, programs
from deploy.premises import DATABASE, OfficeRefused
from shared.migrate import SERVICES

DUMP = ("pg_dump", "--format=custom", "--compress=gzip:1", "--lock-wait-timeout=60000")
LOAD = ("pg_restore", "--exit-on-error", "--single-transaction", f"--dbname={DATABASE}")
LONGEST_WORD = 300
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY tablename"
SEALS = "SELECT count(*) AS seals, max(nth) AS head FROM {schema}.audit_seals"
CHAIN = "SELECT encode(chain, 'hex') FROM {schema}.audit_seals WHERE nth = $1"
OUTBOX = "SELECT max(position) AS head, count(*) FILTER (WHERE NOT sent) AS n FROM {schema}.outbox"


def dump(server: ConnectionInfo, snapshot: str) -> Iterator[bytes]:
    """pg_dump's archive of the whole database, as of a snapshot that somebody holds open.

    Raises:
        OfficeRefused: pg_dump failed.
    """
    with (
        tempfile.TemporaryFile() as said,
        _program(server, [*DUMP, f"--snapshot={snapshot}"], said, stdout=subprocess.PIPE) as run,
    ):
        assert run.stdout is not None
        try:
            yield from pieces(run.stdout)
        except BaseException:
            run.kill()
            raise
        _require_success(run, said)


def load(server: ConnectionInfo, chunks: Iterable[bytes]) -> None:
    """Give an archive to pg_restore, in one transaction: all of it or nothing.

    Raises:
        OfficeRefused: pg_restore failed.
    """
    with (
        tempfile.TemporaryFile() as said,
        _program(server, list(LOAD), said, stdin=subprocess.PIPE) as run,
    ):
        assert run.stdin is not None
        try:
            for chunk in chunks:
                run.stdin.write(chunk)
            run.stdin.close()
        except BrokenPipeError:
            pass  # it has said why and ended
        except BaseException:
            run.kill()
            raise
        _require_success(run, said)


def _program(
    server: ConnectionInfo, command: list[str], said: IO[bytes], **streams: Any
) -> subprocess.Popen[bytes]:
    """A client program of the wheel; as root too, for only the server refuses root."""
    name, *options = command
    place = Place(Path("/"), REFUGE, None)
    login = {
        "PGHOST": server.socket_dir,
        "PGPORT": str(server.port),
        "PGUSER": SUPERUSER,
        "PGPASSWORD": server.password,
        "PGDATABASE": DATABASE,
    }
    return subprocess.Popen(
        [programs(place) / name, *options],
        stderr=said,
        env={**CLEAN_ENVIRONMENT, **login},
        bufsize=FRAME_BYTES,
        **streams,
    )


def _require_success(run: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    if run.wait() == 0:
        return
    said.seek(0)
    lines = [line.strip() for line in said.read().decode(errors="replace").splitlines()]
    errors = [line for line in lines if "error:" in line] or lines or [""]
    word = errors[0][:LONGEST_WORD]
    raise OfficeRefused(f"数据库程序失败：{word}\na program of the database failed: {word}")


async def survey(connection: Any) -> dict[str, SchemaState]:
    """Revision, rows and the heads of both journals of every service's schema."""
    return {schema: await _state(connection, schema) for schema in SERVICES}


async def _state(connection: Any, schema: str) -> SchemaState:
    tables = [row["tablename"] for row in await connection.fetch(TABLES, schema)]
    rows = {
        table: await connection.fetchval(f'SELECT count(*) FROM {schema}."{table}"')
        for table in tables
    }
    seals = await connection.fetchrow(SEALS.format(schema=schema))
    outbox = await connection.fetchrow(OUTBOX.format(schema=schema))
    return SchemaState(
        revision=await connection.fetchval(f"SELECT version_num FROM {schema}.migrations"),
        rows=rows,
        audit_seals=seals["seals"],
        audit_head=await connection.fetchval(CHAIN.format(schema=schema), seals["head"]) or "",
        outbox_head=outbox["head"] or 0,
        outbox_unsent=outbox["n"],
    )


async def connect(server: ConnectionInfo) -> Any:
    """A connection of the administrator to the office's database."""
    return await asyncpg.connect(server.dsn(DATABASE))
