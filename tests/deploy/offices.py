"""What the stories of the embedded PostgreSQL do to a server and to the process that started it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Collection, Iterator
from pathlib import Path

import anyio
import asyncpg
import psutil
import pytest
from anyio.lowlevel import checkpoint

from deploy import postgres_place
from deploy.postgres import EmbeddedPostgres, StartRefused

ENDS_WITHIN_S = 20
AWAY = (asyncpg.CannotConnectNowError, asyncpg.ConnectionDoesNotExistError, OSError)
AN_OFFICE = """
import sys
from pathlib import Path
from deploy.postgres import EmbeddedPostgres

server = EmbeddedPostgres(Path(sys.argv[1]))
server.start_now()
print(server.dsn("postgres"), flush=True)
sys.stdin.read()
"""


def cluster_is_free(data_dir: Path) -> bool:
    """Whether the last process of the cluster ends in time: each of them holds this lock."""
    lock = postgres_place.take(data_dir / "postgres" / "postgres.lock", ENDS_WITHIN_S)
    if lock is not None:
        os.close(lock)
    return lock is not None


@contextlib.contextmanager
def office(data_dir: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that has started the server, and the server's address."""
    command = [sys.executable, "-c", AN_OFFICE, str(data_dir)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        process.kill()
    assert cluster_is_free(data_dir)


def lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def all_end(processes: Collection[psutil.Process]) -> None:
    """Waits until none lives; one that dies lets go of its files before it is gone."""
    with anyio.fail_after(ENDS_WITHIN_S):
        while any(lives(process) for process in processes):
            await checkpoint()


def refusal(data_dir: Path) -> StartRefused:
    with pytest.raises(StartRefused) as caught:
        EmbeddedPostgres(data_dir).start_now()
    return caught.value


async def value(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def value_when_ready(dsn: str, query: str) -> object:
    """Asks until the server has recovered; the caller bounds the time."""
    while True:
        with contextlib.suppress(*AWAY):
            return await value(dsn, query)


async def run(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
