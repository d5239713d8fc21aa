"""Brings an office back from a backup into an empty directory, and proves it before saying so."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import orjson
from alembic.script import ScriptDirectory

from deploy import postgres_place as places
from deploy.backup_cipher import BadBackup, Secret
from deploy.backup_dump import connect, load, survey
from deploy.backup_parts import DATABASE_PART, Manifest, checked, unpack
from deploy.desk import desk_at
from deploy.office import RolePasswords
from deploy.postgres import EmbeddedPostgres, erase
from deploy.premises import DATABASE, PASSWORDS, UNFINISHED, OfficeRefused
from deploy.proof import prove
from shared.migrate import SERVICES, provision

MIGRATIONS = Path(__file__).parents[1] / "services"


async def restore(file: Path, data: Path, secret: Secret) -> tuple[Manifest, dict[str, Any]]:
    """Restore into an empty directory; returns the manifest and what the verification found.

    Raises:
        OfficeRefused: the directory or the backup does not allow it; the directory is empty then.
    """
    data = data.expanduser().resolve()
    _require_empty(data)
    manifest = _readable(file, secret)
    _require_known(manifest)
    there_before = data.exists()
    places.make_data_dir(data)
    (data / UNFINISHED).touch()
    try:
        await _fill(file, data, secret, manifest)
        (data / UNFINISHED).unlink()
    except BaseException:
        await asyncio.to_thread(_clear, data, there_before)
        raise
    async with desk_at(data) as desk:
        return manifest, await prove(desk)


async def _fill(file: Path, data: Path, secret: Secret, manifest: Manifest) -> None:
    """First the files, for the passwords among them are those of the roles to be made."""
    await asyncio.to_thread(unpack, file, secret, lambda name, chunks: _keep(data, name, chunks))
    async with EmbeddedPostgres(data) as postgres:
        await postgres.ensure_database(DATABASE)
        await _make_roles(postgres.dsn(DATABASE), data)
        server = postgres.connection

        def take(name: str, chunks: Iterator[bytes]) -> None:
            if name == DATABASE_PART:
                load(server, chunks)
            else:
                _pass_over(chunks)

        await asyncio.to_thread(unpack, file, secret, take)
        await _require_alike(await connect(server), manifest)


async def _make_roles(dsn: str, data: Path) -> None:
    """Roles as the office makes them; the schemas come with their rows from the archive."""
    passwords = RolePasswords(**orjson.loads((data / "secrets" / PASSWORDS).read_bytes()))
    for schema in SERVICES:
        await provision(dsn, schema, passwords.app, passwords.jobs)
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f"DROP SCHEMA {', '.join(SERVICES)}")
    finally:
        await connection.close()


async def _require_alike(connection: Any, manifest: Manifest) -> None:
    try:
        found = await survey(connection)
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    unlike = [schema for schema in SERVICES if found[schema] != manifest.schemas[schema]]
    if unlike:
        names = "、".join(unlike)
        raise OfficeRefused(
            f"恢复后的 {names} 与备份清单不一致，已清除\n"
            f"what was restored differs from the manifest in {names} and was removed"
        )


def _readable(file: Path, secret: Secret) -> Manifest:
    try:
        return checked(file, secret)
    except OSError as error:
        raise OfficeRefused(
            f"无法读取备份文件 {file}：{error.strerror}\n"
            f"the backup {file} cannot be read: {error.strerror}"
        ) from error


def _require_known(manifest: Manifest) -> None:
    """A schema newer than this program would be written by code that does not know its rules."""
    for schema in SERVICES:
        known = ScriptDirectory(str(MIGRATIONS / schema / "migrations"))
        found = manifest.schemas[schema].revision
        if found not in {script.revision for script in known.walk_revisions()}:
            raise BadBackup(
                f"备份中 {schema} 的结构版本 {found} 本程序不认识（备份较新）；"
                "请先升级程序再恢复\n"
                f"this program does not know revision {found} of {schema}, the backup is newer; "
                "upgrade the program first"
            )


def _require_empty(data: Path) -> None:
    if data.exists() and (not data.is_dir() or any(data.iterdir())):
        raise OfficeRefused(
            f"{data} 不是空目录，未改动任何内容；请给一个新目录\n"
            f"{data} is not an empty directory; nothing was touched: name a new one"
        )


def _keep(data: Path, name: str, chunks: Iterator[bytes]) -> None:
    """Write a file of the office, for this user alone."""
    if name == DATABASE_PART:
        _pass_over(chunks)
        return
    place = data / name
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as out:
        out.writelines(chunks)
        out.flush()
        os.fsync(descriptor)


def _pass_over(chunks: Iterator[bytes]) -> None:
    for _ in chunks:
        pass


def _clear(data: Path, there_before: bool) -> None:
    """Leave the directory as empty as it was found."""
    erase(data)
    for one in data.iterdir():
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink()
    if not there_before:
        data.rmdir()
