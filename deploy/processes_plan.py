"""What each process of `juyang up --processes` is started with, for whoever keeps it alive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.settings import Settings

HOST = "127.0.0.1"
MOST_COPIES = 3
# PostgreSQL takes 97 connections of roles like these: three copies and the relays hold 85.
RELAY_POOLS = {"JUYANG_APP_POOL": "1", "JUYANG_JOBS_POOL": "3"}
LEAST_POOL = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """One process: a subcommand's words, and variables, for passwords go on no command line."""

    name: str
    service: str
    port: int
    words: tuple[str, ...]
    environment: Mapping[str, str]

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"


@dataclass(frozen=True, slots=True)
class Plans:
    """Plans for one office: a service's copies share the connections that one would have."""

    bus: str
    data: Path
    copies: int
    relays: bool

    def serve(self, service: str, copy: int, settings: Settings, port: int) -> Plan:
        """The nth process of a service; all of them share its letters."""
        there = ("--port", str(port), "--member", f"{service}-{copy}")
        words = ("serve", service, *self._common, *there)
        known = {
            **_logins(settings),
            "JUYANG_RUN_RELAY": "false" if self.relays else "true",
            "JUYANG_APP_POOL": str(max(LEAST_POOL, settings.app_pool // self.copies)),
            "JUYANG_JOBS_POOL": str(max(LEAST_POOL, settings.jobs_pool // self.copies)),
        }
        return Plan(service if copy == 1 else f"{service}-{copy}", service, port, words, known)

    def relay(self, service: str, settings: Settings, port: int) -> Plan:
        """The relay of a service, as a process of its own."""
        words = ("relay", service, *self._common, "--metrics-port", str(port))
        return Plan(f"{service}-relay", service, port, words, _logins(settings) | RELAY_POOLS)

    @property
    def _common(self) -> tuple[str, ...]:
        return ("--bus", self.bus, "--data", str(self.data), "--host", HOST)


def _logins(settings: Settings) -> dict[str, str]:
    return {
        "JUYANG_DATABASE_URL": settings.database_url.get_secret_value(),
        "JUYANG_JOBS_DATABASE_URL": settings.jobs_database_url.get_secret_value(),
    }
