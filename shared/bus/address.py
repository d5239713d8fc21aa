"""Reads a bus address: brokers, and how to speak to them safely, for everything that connects."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

PLAIN = "kafka://"
SAFE = "kafka+tls://"
LAST_PORT = 65_535
HINT = "kafka://host:port[,host:port] | kafka+tls://user:password@host:port"


class BadAddress(ValueError):
    """The address of the bus cannot be used; says how to write it, without repeating secrets."""

    def __init__(self) -> None:
        super().__init__(
            f"总线地址有误：请写 direct 或 {HINT} · "
            f"the address of the bus is wrong: write direct or {HINT}"
        )


@dataclass(frozen=True, slots=True)
class Address:
    """Where the brokers are; `user` and `password` speak SCRAM-SHA-512, only ever over TLS."""

    brokers: tuple[str, ...]
    tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def shown(self) -> str:
        """The brokers as messages name them, without credentials."""
        return ",".join(self.brokers)

    def options(self) -> dict[str, Any]:
        """The connection options of every aiokafka client."""
        found: dict[str, Any] = {"bootstrap_servers": list(self.brokers)}
        if self.tls:
            found |= {"security_protocol": "SSL", "ssl_context": ssl.create_default_context()}
        if self.user:
            # OAUTHBEARER is out: aiokafka does not re-authenticate (aiokafka #1080).
            found |= {
                "security_protocol": "SASL_SSL",
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return found


def read_address(url: str) -> Address:
    """Read `kafka://…` or `kafka+tls://…`.

    Raises:
        BadAddress: anything else, a port that is none, or a password without TLS.
    """
    tls = url.startswith(SAFE)
    if not tls and not url.startswith(PLAIN):
        raise BadAddress
    credentials, at, hosts = url.removeprefix(SAFE if tls else PLAIN).rpartition("@")
    user, _, password = credentials.partition(":")
    brokers = tuple(hosts.removesuffix("/").split(","))
    if not all(_is_broker(broker) for broker in brokers) or (at and not (tls and user)):
        raise BadAddress
    return Address(brokers, tls, unquote(user), unquote(password))


def _is_broker(text: str) -> bool:
    host, _, port = text.rpartition(":")
    digits = port.isascii() and port.isdigit()
    return bool(host) and digits and 0 < int(port) <= LAST_PORT and not set(host) & set("/@? ")
