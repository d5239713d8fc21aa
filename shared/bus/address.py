"""Reads a bus address: brokers, and how to speak to them safely, for everything that connects."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

PLAIN = "kafka://"
SAFE = "kafka+tls://"
CA = "ca"
LAST_PORT = 65_535
MECHANISM = "SCRAM-SHA-512"
HINT = "kafka://host:port[,host:port] | kafka+tls://user:password@host:port[?ca=FILE]"


class BadAddress(ValueError):
    """The address of the bus cannot be used; says how to write it, without repeating secrets."""

    def __init__(
        self, zh: str = "总线地址有误", en: str = "the address of the bus is wrong"
    ) -> None:
        super().__init__(f"{zh}：请写 direct 或 {HINT} · {en}: write direct or {HINT}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where the brokers are; `user` and `password` speak SCRAM-SHA-512, only ever over TLS.

    `ca` is a PEM file with the authorities that may have signed the brokers' certificates; the
    system's own where there is none.
    """

    brokers: tuple[str, ...]
    tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    ca: str = ""

    @property
    def shown(self) -> str:
        """The brokers as messages name them, without credentials."""
        return ",".join(self.brokers)

    def options(self) -> dict[str, Any]:
        """The connection options of every aiokafka client."""
        return {"bootstrap_servers": list(self.brokers), **self.security()}

    def security(self) -> dict[str, Any]:
        """How to speak to a broker, as aiokafka's options."""
        found: dict[str, Any] = {}
        if self.tls:
            context = ssl.create_default_context(cafile=self.ca or None)
            found = {"security_protocol": "SSL", "ssl_context": context}
        if self.user:
            # OAUTHBEARER is out: aiokafka does not re-authenticate (aiokafka #1080).
            found |= {
                "security_protocol": "SASL_SSL",
                "sasl_mechanism": MECHANISM,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return found


def read_address(url: str) -> Address:
    """Read `kafka://…` or `kafka+tls://…`.

    Raises:
        BadAddress: anything else, a port that is none, a password without TLS, or a CA file that
            cannot be used.
    """
    tls = url.startswith(SAFE)
    if not tls and not url.startswith(PLAIN):
        raise BadAddress
    place, asked, query = url.removeprefix(SAFE if tls else PLAIN).partition("?")
    credentials, at, hosts = place.rpartition("@")
    user, _, password = credentials.partition(":")
    brokers = tuple(hosts.removesuffix("/").split(","))
    if not all(_is_broker(broker) for broker in brokers) or (at and not (tls and user)):
        raise BadAddress
    if asked and not tls:
        raise BadAddress
    return Address(brokers, tls, unquote(user), unquote(password), _authorities(query))


def _authorities(query: str) -> str:
    """The CA file that the address names, or an empty text."""
    options = dict(parse_qsl(query, keep_blank_values=True))
    file = options.pop(CA, "")
    if options or (query and not file):
        raise BadAddress
    if file:
        try:
            ssl.create_default_context(cafile=file)
        except OSError as bad:  # a broken certificate is an SSLError, and that an OSError
            raise BadAddress(
                f"CA 文件 {file} 不存在、不可读或不是 PEM 证书",
                f"the CA file {file} is missing, unreadable or holds no PEM certificate",
            ) from bad
    return file


def _is_broker(text: str) -> bool:
    host, _, port = text.rpartition(":")
    digits = port.isascii() and port.isdigit()
    return bool(host) and digits and 0 < int(port) <= LAST_PORT and not set(host) & set("/@? ")
