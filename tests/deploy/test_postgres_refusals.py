"""Stories of a start on ground that is taken, broken, full or closed: it ends in a sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deploy import postgres_cluster
from deploy.postgres import EmbeddedPostgres, StartRefused, erase, running
from tests.deploy.offices import refusal, value

pytestmark = pytest.mark.anyio


async def test_a_second_office_on_the_same_directory_is_refused_and_told_what_to_do(
    made: Path,
) -> None:
    async with EmbeddedPostgres(made) as first:
        refused = refusal(made)
        assert refused.code == "postgres.already_running"
        assert str(os.getpid()) in refused.zh
        assert "--data" in refused.en
        assert running(made) == first.connection
        with pytest.raises(StartRefused):
            erase(made)
        assert await value(first.admin_dsn, "SELECT 1") == 1


async def test_a_broken_off_initialisation_is_cleared_and_made_anew(data_dir: Path) -> None:
    left = data_dir / "postgres" / "cluster.new" / "cluster" / "base"
    left.mkdir(parents=True)
    for folder in (data_dir, data_dir / "postgres"):
        folder.chmod(0o711)
    async with EmbeddedPostgres(data_dir) as server:
        assert await value(server.admin_dsn, "SELECT 1") == 1
    assert not (data_dir / "postgres" / "cluster.new").exists()


def test_a_folder_that_is_no_whole_cluster_is_refused_and_left_alone(data_dir: Path) -> None:
    cluster = data_dir / "postgres" / "cluster"
    (cluster / "base").mkdir(parents=True)
    assert refusal(data_dir).code == "postgres.not_a_cluster"
    (cluster / "global").mkdir()
    (cluster / "global" / "pg_control").touch()
    (cluster / "PG_VERSION").write_text("17\n", encoding="ascii")
    refused = refusal(data_dir)
    assert refused.code == "postgres.other_version"
    assert "pg_upgrade" in refused.en
    assert (cluster / "base").exists()


async def test_a_process_number_left_by_a_crash_and_taken_by_a_stranger_hinders_nobody(
    made: Path,
) -> None:
    async with EmbeddedPostgres(made):
        left = (made / "postgres" / "cluster" / "postmaster.pid").read_text(encoding="utf-8")
    _, rest = left.split("\n", maxsplit=1)
    stale = made / "postgres" / "cluster" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{rest}", encoding="utf-8")
    async with EmbeddedPostgres(made) as server:
        assert await value(server.admin_dsn, "SELECT 1") == 1


def test_a_lost_password_file_is_named_instead_of_making_a_new_one(made: Path) -> None:
    file = made / "secrets" / "postgres-admin"
    kept = file.read_text(encoding="ascii")
    file.unlink()
    refused = refusal(made)
    assert refused.code == "postgres.missing_password"
    assert str(file) in refused.zh
    assert not file.exists()
    file.write_text(kept, encoding="ascii")


def test_a_full_disk_is_said_before_anything_is_written(ground: Path) -> None:
    with pytest.raises(StartRefused) as caught:
        postgres_cluster.require_room(ground, needed_mb=1 << 40)
    assert caught.value.code == "postgres.disk_full"
    assert "磁盘空间不足" in str(caught.value)
    assert "--data" in caught.value.en


def test_a_directory_that_cannot_be_written_is_named(ground: Path) -> None:
    (ground / "file").touch()
    refused = refusal(ground / "file" / "data")
    assert refused.code == "postgres.unwritable"
    assert str(ground / "file") in refused.en


async def test_a_long_chinese_path_works_and_an_endless_one_is_refused(ground: Path) -> None:
    refuge = ground / "refuge"
    long = ground / ("朝阳区居家养老" * 8)
    async with EmbeddedPostgres(long, refuge=refuge) as server:
        assert not Path(server.socket_dir).is_relative_to(long)
        assert await value(server.admin_dsn, "SELECT 1") == 1
    erase(long, refuge=refuge)
    endless = ground.joinpath(*["street"] * 150)
    assert refusal(endless).code == "postgres.path_too_long"
