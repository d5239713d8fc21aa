"""PostgreSQL over TLS with SCRAM: rows flow, and what is wrong is said in one sentence."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text

from deploy.ports import free_port
from deploy.postgres import EmbeddedPostgres
from shared.database_address import BadDatabaseAddress, read_database_address
from shared.db import Database
from shared.migrate import provision, upgrade
from shared.settings import Settings
from tests.authority import Authority
from tests.deploy.conftest import open_folder
from tests.deploy.offices import value
from tests.deploy.tls_front import TlsFront
from tests.kafka.apart import COMMAND

pytestmark = pytest.mark.anyio
NAME = "juyang"
USER = "juyang_intake_app"
SECRET = "correct horse@battery/staple?"
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Server:
    """A PostgreSQL 18 behind TLS, and who signed for it."""

    front: TlsFront
    authority: Path
    admin: str

    def url(self, ask: str = "", *, host: str = HOST, port: int = 0, password: str = SECRET) -> str:
        hidden = ask or f"?sslmode=verify-full&sslrootcert={self.authority}"
        login = f"{USER}:{quote(password, safe='')}"
        return f"postgresql://{login}@{host}:{port or self.front.port}/{NAME}{hidden}"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with open_folder() as folder, EmbeddedPostgres(folder / "data") as postgres:
        authority = Authority(folder / "authority")
        with TlsFront(postgres.port, authority.identity("postgres")) as front:
            asyncio.run(postgres.ensure_database(NAME))
            admin = postgres.dsn(NAME, tcp=True).replace(f":{postgres.port}/", f":{front.port}/")
            admin += f"?sslmode=verify-full&sslrootcert={authority.file}"
            asyncio.run(provision(admin, "intake", SECRET, SECRET))
            upgrade(admin, "intake")
            yield Server(front, authority.file, admin)


@asynccontextmanager
async def database(url: str) -> AsyncIterator[Database]:
    """What a service makes of its settings."""
    settings = Settings.model_validate({"database_url": url, "jobs_database_url": url})
    opened = Database(settings, "intake")
    try:
        yield opened
    finally:
        await opened.close()


async def test_a_service_speaks_tls_with_a_scram_password(server: Server) -> None:
    kept = await value(server.admin, f"SELECT rolpassword FROM pg_authid WHERE rolname = '{USER}'")
    assert str(kept).startswith("SCRAM-SHA-256$")
    async with database(server.url()) as opened, opened.app.connect() as line:
        assert await opened.trouble() is None
        assert (await line.execute(text("SELECT current_user"))).scalar_one() == USER
    assert server.front.versions[-1] == "TLSv1.3"


def wrong(server: Server, other: Path) -> dict[str, tuple[str, str]]:
    """Addresses with one thing wrong each, and what is said of it."""
    stranger = f"?sslmode=verify-full&sslrootcert={other}"
    unknown = server.url().replace(f"/{NAME}?", "/nowhere?")
    return {
        "password": (
            server.url(password="wrong horse"),
            "the user or its password is not accepted",
        ),
        "authority": (server.url(stranger), "not signed by an authority in sslrootcert"),
        "host name": (server.url(host="127.1"), "not made out for this host"),
        "host": (server.url(host="no.such.host.invalid"), "there is no such host"),
        "port": (server.url(port=free_port()), "nobody listens there"),
        "database": (unknown, "there is no such database"),
    }


@pytest.mark.parametrize("what", ["password", "authority", "host name", "host", "port", "database"])
async def test_what_is_wrong_is_said_in_one_sentence_without_the_password(
    what: str, server: Server, tmp_path: Path
) -> None:
    url, words = wrong(server, Authority(tmp_path / "other").file)[what]
    async with database(url) as opened:
        said = await opened.trouble() or ""
    assert said.startswith("数据库（")
    assert words in said
    assert "\n" not in said
    assert "horse" not in said
    assert USER not in said


async def test_an_authority_is_checked_without_the_host_name_where_that_is_asked(
    server: Server,
) -> None:
    mode = f"?sslmode=verify-ca&sslrootcert={server.authority}"
    async with database(server.url(mode, host="127.1")) as opened:
        assert await opened.trouble() is None


async def test_a_server_without_tls_is_said(ground: Path) -> None:
    with EmbeddedPostgres(ground / "data") as plain:
        ca = Authority(ground / "authority").file
        url = plain.dsn("postgres", tcp=True) + f"?sslmode=verify-full&sslrootcert={ca}"
        async with database(url) as opened:
            assert "it offers no TLS" in (await opened.trouble() or "")
        async with database(plain.dsn("postgres", tcp=True)) as opened:
            assert "run juyang migrate" in (await opened.trouble() or "")


@pytest.mark.parametrize(
    "ask",
    [
        "?sslmode=safe",
        "?sslmode=verify-full",
        "?sslmode=verify-full&sslrootcert=/nowhere.pem",
        "?sslmode=require&sslrootcert=/nowhere.pem",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_at_once(ask: str) -> None:
    with pytest.raises(BadDatabaseAddress) as refusal:
        read_database_address(f"postgresql://li:horse@h:5432/juyang{ask}")
    assert "horse" not in str(refusal.value)
    assert "sslrootcert=FILE" in str(refusal.value)


def test_the_password_shows_nowhere_in_an_address() -> None:
    address = read_database_address("postgresql://li:horse@h:5432/juyang?sslmode=disable")
    assert "horse" not in f"{address!r} {address.shown}"


def test_a_migration_with_a_wrong_password_is_refused_in_a_sentence(server: Server) -> None:
    url = server.url(password="wrong horse").replace(USER, "juyang")
    pair = '{"app": "a", "jobs": "b"}'
    words = ["migrate", "--admin-url", url, "--passwords", f'{{"intake": {pair}}}']
    run = subprocess.run(
        [*COMMAND, *words, "--service", "intake"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    said = run.stderr.replace("\n", "")
    assert said.startswith("数据库（")
    assert said.endswith("password is not accepted")
    assert "horse" not in run.stdout + run.stderr


def test_letters_are_sent_again_over_tls_and_a_wrong_password_is_a_sentence(
    server: Server, tmp_path: Path
) -> None:
    words = ["republish", "--sub", "li", "--why", "broker lost", "--service", "intake"]
    words += ["--data", str(tmp_path), "--admin-url"]
    right = subprocess.run(
        [*COMMAND, *words, server.admin], capture_output=True, text=True, check=False
    )
    assert (right.returncode, right.stderr) == (0, "")
    assert right.stdout.startswith("intake: 0 ")
    bad = server.url(password="wrong horse")
    wrong = subprocess.run([*COMMAND, *words, bad], capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert "password is not accepted" in wrong.stderr.replace("\n", "")
    assert "horse" not in wrong.stderr
