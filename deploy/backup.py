"""Writes an office, running or not, into one encrypted file: database, keys and business date."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from deploy.backup_cipher import Secret
from deploy.backup_dump import connect, dump, survey
from deploy.backup_parts import DATABASE_PART, Manifest, Packer, pieces
from deploy.postgres import ConnectionInfo, EmbeddedPostgres, running
from deploy.postgres_cluster import MEGABYTE, flush, require_room
from deploy.premises import MARKER, UNFINISHED, OfficeRefused
from shared.clock import CLOCK_FILE

KEPT = ("secrets", "keys", "demo", "demo.json", CLOCK_FILE, MARKER)
"""What is the office's own in a data directory besides the cluster; locks and logs are not."""


async def back_up(data: Path, file: Path, secret: Secret) -> Manifest:
    """Write a backup of the office on `data`; writers go on meanwhile.

    Everything that was acknowledged before this began is in it. The file appears under its name
    only when it is whole and on disk.

    Raises:
        OfficeRefused: no office there, no room, or the file exists.
    """
    data, file = data.expanduser().resolve(), file.expanduser().absolute()
    _require_office(data)
    _require_new(file)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        async with database_of(data) as server:
            manifest = await _write(server, data, draft, secret)
        draft.replace(file)
        flush(file.parent)
        return manifest
    except OSError as error:
        raise OfficeRefused(
            f"无法写备份文件：{error.strerror}（{file.parent}）\n"
            f"the backup cannot be written: {error.strerror} ({file.parent})"
        ) from error
    finally:
        draft.unlink(missing_ok=True)


@asynccontextmanager
async def database_of(data: Path) -> AsyncIterator[ConnectionInfo]:
    """The database of the office that runs on `data`, or brought up meanwhile."""
    server = running(data)
    if server is not None:
        yield server
        return
    async with EmbeddedPostgres(data) as own:
        yield own.connection


async def _write(server: ConnectionInfo, data: Path, draft: Path, secret: Secret) -> Manifest:
    """Counts and dump are of one snapshot; keys are read after it, so that none is missing."""
    connection = await connect(server)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            snapshot = await connection.fetchval("SELECT pg_export_snapshot()")
            size = await connection.fetchval("SELECT pg_database_size(current_database())")
            require_room(draft.parent, size // MEGABYTE)
            manifest = Manifest(
                made_at=datetime.now(UTC),
                postgres=await connection.fetchval("SHOW server_version"),
                schemas=await survey(connection),
            )
            return await asyncio.to_thread(
                _pack, draft, secret, data, dump(server, snapshot), manifest
            )
    finally:
        await connection.close()


def _pack(
    draft: Path, secret: Secret, data: Path, archive: Iterator[bytes], manifest: Manifest
) -> Manifest:
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as out:
        packer = Packer(out, secret)
        for name, file in files_of(data):
            with file.open("rb") as source:
                packer.add(name, pieces(source))
        packer.add(DATABASE_PART, archive)
        whole = packer.close(manifest)
        out.flush()
        os.fsync(descriptor)
    return whole


def files_of(data: Path) -> Iterator[tuple[str, Path]]:
    """The office's own files, by their names inside the data directory."""
    for name in KEPT:
        place = data / name
        inside = sorted(place.rglob("*")) if place.is_dir() else [place]
        yield from ((str(one.relative_to(data)), one) for one in inside if one.is_file())


def _require_office(data: Path) -> None:
    if not (data / MARKER).exists():
        raise OfficeRefused(f"{data} 不是居养的数据目录\n{data} is not a data directory of Juyang")
    if (data / UNFINISHED).exists():
        raise OfficeRefused(
            f"{data} 的恢复没有完成，请删除后重新恢复\n"
            f"the restore into {data} did not end; delete it and restore again"
        )


def _require_new(file: Path) -> None:
    if file.exists():
        raise OfficeRefused(
            f"{file} 已存在，不会覆盖；请换一个文件名\n"
            f"{file} exists and is not overwritten; choose another name"
        )
    if not file.parent.is_dir():
        raise OfficeRefused(f"没有这个目录：{file.parent}\nthere is no directory {file.parent}")
