"""A data directory made into an office: database up, roles and schemas in place, settings ready."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.office import Office, RolePasswords, settings_for
from deploy.postgres import EmbeddedPostgres
from shared.auth import local_key
from shared.migrate import SERVICES, provision, upgrade
from shared.settings import Settings

DATABASE = "juyang"
PASSWORDS = "database.json"
ADDRESS = "office.json"
MARKER = "juyang.json"
UNFINISHED = "restore-unfinished"
"""Stands in a directory while it is being restored: what broke off there is no office."""
VERSION = 1


class OfficeRefused(Exception):
    """The office cannot start; the text says what to do, in Chinese and English."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a running office answers."""

    url: str
    pid: int


class Premises:
    """One data directory; `open` brings its database up, `close` takes it down."""

    def __init__(self, data: Path) -> None:
        self.data = data.expanduser().resolve()
        self._postgres = EmbeddedPostgres(self.data)

    async def open(self) -> Mapping[str, Settings]:
        """Start PostgreSQL and migrate; returns each service's settings.

        Raises:
            StartRefused: the database cannot start, with what to do.
        """
        if (self.data / UNFINISHED).exists():
            raise OfficeRefused(
                f"{self.data} 的恢复没有完成；请清空后重新 juyang restore\n"
                f"a restore into {self.data} did not finish; empty it and restore again"
            )
        await self._postgres.start()
        await self._postgres.ensure_database(DATABASE)
        (self.data / MARKER).write_text(json.dumps({"format": VERSION}))
        passwords = self._passwords()
        local_key(self.data)
        dsn = self._postgres.dsn(DATABASE)
        for schema in SERVICES:
            await provision(dsn, schema, passwords.app, passwords.jobs)
            await asyncio.to_thread(upgrade, dsn, schema)
        return {name: settings_for(name, dsn, passwords, self.data) for name in SERVICES}

    async def close(self) -> None:
        (self.data / ADDRESS).unlink(missing_ok=True)
        await self._postgres.stop()

    def announce(self, url: str) -> None:
        """Tell other commands on this directory where the office answers."""
        draft = self.data / f"{ADDRESS}.{os.getpid()}"
        draft.write_text(json.dumps({"url": url, "pid": os.getpid()}))
        draft.replace(self.data / ADDRESS)

    async def office(self) -> Office:
        """The five services on this directory's database."""
        return Office(await self.open())

    def _passwords(self) -> RolePasswords:
        file = self.data / "secrets" / PASSWORDS
        try:
            return RolePasswords(**json.loads(file.read_text()))
        except FileNotFoundError:
            made = RolePasswords(secrets.token_urlsafe(24), secrets.token_urlsafe(24))
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = file.with_suffix(".new")
            descriptor = os.open(draft, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w") as out:
                out.write(json.dumps({"app": made.app, "jobs": made.jobs}))
            draft.replace(file)
            return made


def address_of(data: Path) -> Address | None:
    """The office that runs on a directory now, or none."""
    try:
        said = json.loads((data.expanduser().resolve() / ADDRESS).read_text())
        os.kill(said["pid"], 0)
    except (OSError, ValueError, KeyError):
        return None
    return Address(said["url"], said["pid"])


def require_free_port(host: str, port: int) -> None:
    """Refuse early when somebody else listens there.

    Raises:
        OfficeRefused: the port is taken or may not be used.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as taken:
            raise OfficeRefused(
                f"端口 {host}:{port} 已被占用或不可用；请换一个：juyang up --port {port + 1}\n"
                f"{host}:{port} is taken or not usable; try another: juyang up --port {port + 1}"
            ) from taken
