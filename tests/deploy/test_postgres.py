"""Stories of the embedded PostgreSQL: it keeps the data and never outlives the office."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import anyio
import asyncpg
import psutil
import pytest

from deploy import postgres_place
from deploy.postgres import EmbeddedPostgres, erase, running
from tests.deploy.offices import (
    ENDS_WITHIN_S,
    all_end,
    cluster_is_free,
    office,
    refusal,
    run,
    value,
    value_when_ready,
)

pytestmark = pytest.mark.anyio

AS_ROOT = os.geteuid() == 0


async def test_a_first_start_makes_a_durable_utf8_cluster_under_no_root_account(
    data_dir: Path,
) -> None:
    async with EmbeddedPostgres(data_dir) as server:
        wanted = {
            "server_encoding": "UTF8",
            "data_checksums": "on",
            "fsync": "on",
            "synchronous_commit": "on",
            "jit": "off",
            "timezone": "UTC",
            "listen_addresses": "127.0.0.1",
        }
        found = {name: await value(server.admin_dsn, f"SHOW {name}") for name in wanted}
        assert found == wanted
        assert str(await value(server.admin_dsn, "SHOW server_version")).startswith("18.")
        assert psutil.Process(server.connection.pid).uids().effective != 0


async def test_exclusion_constraints_and_name_search_find_their_extensions(made: Path) -> None:
    async with EmbeddedPostgres(made) as server:
        await run(server.admin_dsn, "CREATE EXTENSION btree_gist; CREATE EXTENSION pg_trgm")
        assert await value(server.admin_dsn, "SELECT similarity('居家养老', '居家养老券')") != 0


async def test_a_wrong_password_is_refused_on_the_socket_and_on_the_port(made: Path) -> None:
    async with EmbeddedPostgres(made) as server:
        for tcp in (False, True):
            assert await value(server.dsn("postgres", tcp=tcp), "SELECT 1") == 1
            with pytest.raises(asyncpg.InvalidPasswordError):
                await value(server.dsn("postgres", password="wrong", tcp=tcp), "SELECT 1")


async def test_the_password_stands_in_one_private_file_only(made: Path) -> None:
    async with EmbeddedPostgres(made) as server:
        file = made / "secrets" / "postgres-admin"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        shown = (made / "postgres.json").read_text(encoding="utf-8")
        assert file.read_text(encoding="ascii") not in shown + repr(server.connection)
        assert json.loads(shown)["port"] == server.port


async def test_a_failing_statement_leaves_no_identity_number_in_the_log(made: Path) -> None:
    number = "110190193001010015"
    async with EmbeddedPostgres(made) as server:
        await run(server.admin_dsn, "CREATE TABLE cards (number text PRIMARY KEY)")
        insert = f"INSERT INTO cards VALUES ('{number}')"
        await run(server.admin_dsn, insert)
        with pytest.raises(asyncpg.UniqueViolationError):
            await run(server.admin_dsn, insert)
    logs = list((made / "postgres" / "log").iterdir())
    assert logs
    assert all(number not in log.read_text(encoding="utf-8") for log in logs)


async def test_a_restart_keeps_the_data_and_the_databases(made: Path) -> None:
    async with EmbeddedPostgres(made) as server:
        async with anyio.create_task_group() as both:
            both.start_soon(server.ensure_database, "juyang")
            both.start_soon(server.ensure_database, "juyang")
        await run(server.dsn(), "CREATE TABLE kept AS SELECT 100 AS yuan")
    assert running(made) is None
    async with EmbeddedPostgres(made) as server:
        await server.ensure_database("juyang")
        assert await value(server.dsn(), "SELECT yuan FROM kept") == 100


async def test_when_the_office_is_killed_the_server_ends_and_the_data_is_there_next_time(
    made: Path,
) -> None:
    with office(made) as (process, dsn):
        await run(dsn, "CREATE TABLE survivors AS SELECT 100 AS yuan")
        family = psutil.Process(process.pid).children(recursive=True)
        assert len(family) > 2
        process.kill()
        process.wait()
        assert running(made) is None
        async with EmbeddedPostgres(made) as server:
            await all_end(family)
            assert await value(server.admin_dsn, "SELECT yuan FROM survivors") == 100


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
async def test_when_the_keeper_is_killed_too_no_process_of_the_cluster_stays(
    made: Path,
) -> None:
    with office(made) as (process, _):
        family = psutil.Process(process.pid).children(recursive=True)
        family[0].kill()
        process.kill()
        process.wait()
        assert cluster_is_free(made)
        await all_end(family)
    async with EmbeddedPostgres(made):
        pass


async def test_a_killed_server_is_brought_up_again_under_the_same_address(made: Path) -> None:
    log = made / "postgres" / "start.log"
    async with EmbeddedPostgres(made) as server:
        await run(server.admin_dsn, "CREATE TABLE kept_over_a_kill AS SELECT 100 AS yuan")
        tail = ["tail", "-n", "+1", "-f", str(log)]
        with anyio.fail_after(ENDS_WITHIN_S):
            async with await anyio.open_process(tail) as reader:
                os.kill(server.connection.pid, signal.SIGKILL)
                assert reader.stdout is not None
                said = b""
                while said.count(b"redirecting") < 2:  # the first start, and the one after the kill
                    said += await reader.stdout.receive()
                reader.kill()
            assert await value_when_ready(server.admin_dsn, "SELECT yuan FROM kept_over_a_kill")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose a process is")
async def test_a_backend_that_outlives_its_killed_server_does_not_keep_the_next_one_out(
    made: Path,
) -> None:
    async with EmbeddedPostgres(made) as server:
        at_work = await asyncpg.connect(server.admin_dsn)
        backend = psutil.Process(await at_work.fetchval("SELECT pg_backend_pid()"))
        backend.suspend()  # it cannot notice that its server is gone
        os.kill(server.connection.pid, signal.SIGKILL)
        with anyio.fail_after(ENDS_WITHIN_S):
            assert await value_when_ready(server.admin_dsn, "SELECT 1") == 1
        await all_end([backend])
        at_work.terminate()


@pytest.mark.skipif(not AS_ROOT, reason="only root has to hand the server to another account")
async def test_as_root_a_private_home_stays_closed_and_the_cluster_goes_to_the_refuge(
    ground: Path,
) -> None:
    home, refuge = ground / "home", ground / "refuge"
    home.mkdir(mode=0o700)
    data_dir = home / "data"
    async with EmbeddedPostgres(data_dir, refuge=refuge) as server:
        assert await value(server.admin_dsn, "SELECT 1") == 1
        assert running(data_dir) == server.connection
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    place = (data_dir / "postgres").readlink()
    assert place.parent == refuge
    moved = data_dir.rename(home / "moved")
    async with EmbeddedPostgres(moved, refuge=refuge):
        pass
    shutil.rmtree(place)
    assert refusal(moved).code == "postgres.missing_home"
    erase(moved, refuge=refuge)
    assert not (moved / "postgres").is_symlink()


@pytest.mark.skipif(not AS_ROOT, reason="only root has to hand the server to another account")
def test_as_root_programs_in_a_private_home_are_copied_where_the_account_can_run_them(
    ground: Path,
) -> None:
    account = postgres_place.account_for(ground)
    assert account is not None
    wheel = postgres_place.programs(postgres_place.Place(ground, ground, None)).parent.parent
    package = postgres_place.copied(wheel, "18.6.3", ground / "refuge")
    assert postgres_place.copied(wheel, "18.6.3", ground / "refuge") == package
    for program in ("postgres", "initdb", "psql"):
        told = subprocess.run(
            [package / "pginstall" / "bin" / program, "--version"],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd=ground,
            capture_output=True,
            check=True,
        )
        assert b"18." in told.stdout


def test_erasing_leaves_neither_the_cluster_nor_its_password(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir):
        pass
    erase(data_dir)
    assert sorted(path.name for path in data_dir.rglob("*")) == ["office.lock", "secrets"]
