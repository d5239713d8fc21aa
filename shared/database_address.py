"""Reads a PostgreSQL address and says in one sentence why the database there cannot be used."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from shared.tls import Fault, fault_of

PLAIN, DRIVER = "postgresql", "postgresql+asyncpg"
# libpq's words (and asyncpg's); the last two look at the certificate.
UNCHECKED = ("disable", "allow", "prefer")
REQUIRE, AUTHORITY, FULL = "require", "verify-ca", "verify-full"
MODES = (*UNCHECKED, REQUIRE, AUTHORITY, FULL)
Sentence = tuple[str, str]
# SQLSTATE: what the server says when it does not let somebody in, or has nothing for him.
STATES: dict[str, Sentence] = {
    "28P01": ("用户名或口令不被接受", "the user or its password is not accepted"),
    "28000": (
        "服务器不允许这个用户这样连接；请核对 pg_hba.conf 与 sslmode",
        "the server does not let this user in this way; check pg_hba.conf and sslmode",
    ),
    "3D000": ("没有这个数据库", "there is no such database"),
    "42P01": ("缺少数据表；请运行 juyang migrate", "tables are missing; run juyang migrate"),
    "42501": ("此用户无权使用这些表", "this user has no right to these tables"),
    "53300": ("连接数已满", "all of its connections are taken"),
    "57P03": ("它正在启动或恢复", "it is starting or recovering"),
}
FAULTS: dict[Fault, Sentence] = {
    Fault.EXPIRED: ("它的证书已过期", "its certificate has expired"),
    Fault.OTHER_HOST: (
        "它的证书不是发给这个主机的",
        "its certificate is not made out for this host",
    ),
    Fault.UNSIGNED: (
        "它的证书不由 sslrootcert 中的 CA 签发",
        "its certificate is not signed by an authority in sslrootcert",
    ),
}


class BadDatabaseAddress(ValueError):
    """The address of a database cannot be used; says why, without repeating it."""

    def __init__(self, zh: str, en: str) -> None:
        hint = "postgresql://user:password@host:5432/juyang?sslmode=verify-full&sslrootcert=FILE"
        super().__init__(f"数据库地址有误：{zh}（{hint}）· the database's address is wrong: {en}")


@dataclass(frozen=True, slots=True)
class DatabaseAddress:
    """Where a database is, and asyncpg's `ssl` where the address says how to hide the line."""

    url: URL
    hidden: dict[str, Any]

    @property
    def shown(self) -> str:
        """Host, port and name, as messages say them: without user and password."""
        host = self.url.host or self.url.query.get("host", "localhost")
        port = f":{self.url.port}" if self.url.port else ""
        return f"{host}{port}/{self.url.database or ''}"


def read_database_address(dsn: str) -> DatabaseAddress:
    """Read `postgresql://…`, with libpq's `sslmode` and `sslrootcert`.

    Raises:
        BadDatabaseAddress: it is none, or the certificate file cannot be used.
    """
    try:
        url = make_url(dsn)
    except ArgumentError as bad:
        raise BadDatabaseAddress("无法读懂", "it cannot be read") from bad
    if url.drivername in (PLAIN, "postgres"):
        url = url.set(drivername=DRIVER)
    mode, file = (_one(url, name) for name in ("sslmode", "sslrootcert"))
    url = url.difference_update_query(["sslmode", "sslrootcert"])
    return DatabaseAddress(url, {} if not mode else {"ssl": _line(mode, file)})


def why_away(address: DatabaseAddress, failure: BaseException) -> str:
    """Why the database cannot be used now."""
    zh, en = _cause(failure)
    where = address.shown
    return f"数据库（{where}）不可用：{zh} · the database at {where} cannot be used: {en}"


def _one(url: URL, name: str) -> str:
    value = url.query.get(name, "")
    return value if isinstance(value, str) else value[-1]


def _line(mode: str, file: str) -> str | ssl.SSLContext:
    """A mode that asyncpg knows, or a context that checks the certificate."""
    if mode not in MODES:
        raise BadDatabaseAddress(f"sslmode 应为 {MODES}", f"sslmode must be one of {MODES}")
    if mode in UNCHECKED:
        return mode
    if not file:
        if mode != REQUIRE:
            raise BadDatabaseAddress(f"{mode} 需要 sslrootcert", f"{mode} needs sslrootcert")
        return mode
    try:
        context = ssl.create_default_context(cafile=file)
    except OSError as bad:
        raise BadDatabaseAddress(
            f"sslrootcert 文件 {file} 不存在、不可读或不是 PEM 证书",
            f"the sslrootcert file {file} is missing, unreadable or holds no PEM certificate",
        ) from bad
    context.check_hostname = mode == FULL
    return context


def _cause(failure: BaseException) -> Sentence:
    inner = getattr(failure, "orig", None) or failure
    state = getattr(inner, "sqlstate", None) or ""
    if state:
        return STATES.get(state, (f"服务器报告 {state}", f"the server says {state}"))
    if isinstance(inner, ssl.SSLCertVerificationError):
        return FAULTS[fault_of(inner)]
    if isinstance(inner, socket.gaierror):
        return "没有这个主机", "there is no such host"
    if isinstance(inner, TimeoutError):
        return "没有及时应答", "it did not answer in time"
    if "SSL upgrade" in str(inner):
        return "它没有启用 TLS", "it offers no TLS"
    if isinstance(inner, OSError):
        return (
            "那里没有程序监听，或网络不通",
            "nobody listens there, or the network does not lead there",
        )
    what = type(inner).__name__
    return f"出错（{what}）", f"failed ({what})"
