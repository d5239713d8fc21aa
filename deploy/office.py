"""An office: the five services in one process behind one address, on one bus; or one alone."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI
from pydantic import SecretStr

from deploy.spans import SpanStore
from deploy.spans_door import traces_router
from deploy.streets import Streets
from shared.app import create_app
from shared.bus.direct import DirectBus
from shared.bus.port import Bus
from shared.ground.v1 import roles
from shared.migrate import SERVICES
from shared.runtime import Runtime, Service
from shared.settings import Settings


@dataclass(frozen=True, slots=True)
class RolePasswords:
    """The database passwords of a service's two roles."""

    app: str
    jobs: str


def service_of(name: str) -> Service:
    """The parts of a service, from its `main.py`."""
    service: Service = importlib.import_module(f"services.{name}.main").SERVICE
    return service


def login(dsn: str, user: str, password: str) -> SecretStr:
    """A DSN with another user: `postgresql://…@host/db?…` keeps everything else."""
    rest = dsn.split("@", 1)[1]
    return SecretStr(f"postgresql://{user}:{password}@{rest}")


def settings_for(
    name: str, dsn: str, passwords: RolePasswords, data: Path, **more: object
) -> Settings:
    """The settings of one service of an embedded office."""
    names = roles(name)
    return Settings.model_validate(
        {
            "database_url": login(dsn, names["app"], passwords.app),
            "jobs_database_url": login(dsn, names["jobs"], passwords.jobs),
            "data": data,
            **more,
        }
    )


def doors_of(runtime: Runtime) -> FastAPI:
    """One service's application, for an office that starts and stops the runtime itself."""
    return create_app(runtime, own_lifespan=False)


class Office:
    """Five runtimes and one application; `settle` carries letters until nobody has any left."""

    def __init__(
        self,
        settings: Mapping[str, Settings],
        bus: Bus | None = None,
        doors: Callable[[Runtime], FastAPI] = doors_of,
    ) -> None:
        self.bus: Bus = bus or DirectBus()
        self.runtimes = {
            name: Runtime(service_of(name), settings[name], self.bus) for name in SERVICES
        }
        self.tokens = next(iter(self.runtimes.values())).tokens
        self.app = self._application(doors)

    def _application(self, doors: Callable[[Runtime], FastAPI]) -> FastAPI:
        @asynccontextmanager
        async def living(app: FastAPI) -> AsyncIterator[None]:
            await self.start()
            yield
            await self.stop()

        services = {name: doors(runtime) for name, runtime in self.runtimes.items()}
        app = Streets(services, living)
        app.state.office = self
        return app

    async def start(self) -> None:
        """Start the bus, then every service."""
        await self.bus.start()
        for runtime in self.runtimes.values():
            await runtime.start()

    async def stop(self) -> None:
        """Stop the bus, so that no letter meets a closed pool, then every service."""
        await self.bus.stop()
        for runtime in self.runtimes.values():
            await runtime.stop()

    async def settle(self) -> int:
        """Carry letters, round after round, until every outbox is empty; returns how many."""
        total = 0
        while sent := sum([await runtime.carry() for runtime in self.runtimes.values()]):
            total += sent
        return total


def alone(runtime: Runtime, spans: SpanStore | None = None) -> FastAPI:
    """One service in this process, under its own prefix as behind a gateway."""
    app = create_app(runtime)
    if spans is not None:
        app.include_router(traces_router(spans), include_in_schema=False)
    return Streets({runtime.service.name: app}, app.router.lifespan_context)
