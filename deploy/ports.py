"""Ports of this machine that are free now, and stay so while their server is away for a moment."""

from __future__ import annotations

import secrets
import socket
from contextlib import suppress
from pathlib import Path

HOST = "127.0.0.1"
LOWEST = 10_000
OUTGOING = Path("/proc/sys/net/ipv4/ip_local_port_range")
OUTGOING_FROM = 32_768
"""Where the ports of outgoing connections begin, when the system does not tell."""
ATTEMPTS = 200
_given: set[int] = set()


def free_port(host: str = HOST) -> int:
    """A port that nobody listens on now, and that no outgoing connection is given by chance.

    A process gets each of them once, since its servers take them later.

    Raises:
        OSError: none could be had.
    """
    for _ in range(ATTEMPTS):
        with suppress(OSError, ValueError):
            port = _bound(host, LOWEST + secrets.randbelow(outgoing_from() - LOWEST))
            if port not in _given:
                _given.add(port)
                return port
    return _bound(host, 0)


def outgoing_from() -> int:
    """The first port that the system gives to outgoing connections."""
    with suppress(OSError, ValueError, IndexError):
        return int(OUTGOING.read_text(encoding="ascii").split()[0])
    return OUTGOING_FROM


def _bound(host: str, port: int) -> int:
    with socket.socket() as probe:
        probe.bind((host, port))
        found: int = probe.getsockname()[1]
        return found
