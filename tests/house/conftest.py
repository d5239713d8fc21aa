"""The five applications without a database behind them, to look at their routes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping

import asyncpg
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount

from deploy.office import Office, RolePasswords, settings_for
from shared.app import routes_of
from shared.migrate import SERVICES

INTERFACE_PAGES = frozenset({"/docs", "/docs/oauth2-redirect", "/redoc"})
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture(scope="session")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, FastAPI]:
    """Each service's application, by name."""
    data = tmp_path_factory.mktemp("walls")
    passwords = RolePasswords("-", "-")
    settings = {name: settings_for(name, NOWHERE, passwords, data) for name in SERVICES}
    office = Office(settings)
    mounts = [route for route in office.app.routes if isinstance(route, Mount)]
    found = {mount.path.lstrip("/"): mount.app for mount in mounts}
    return {name: app for name, app in found.items() if isinstance(app, FastAPI)}


@pytest.fixture(scope="session")
def routes(apps: Mapping[str, FastAPI]) -> list[tuple[str, APIRoute]]:
    """Every route of every service with the service's name; the interface's own pages apart."""
    return [
        (name, route)
        for name, app in apps.items()
        for route in routes_of(app)
        if route.path not in INTERFACE_PAGES
    ]


@pytest.fixture(scope="session")
def endpoints(routes: list[tuple[str, APIRoute]]) -> frozenset[str]:
    """Every endpoint as the documents write it: `POST /intake/v1/imports`."""
    return frozenset(
        f"{method} /{name}{route.path}" for name, route in routes for method in route.methods or ()
    )


@pytest.fixture
async def admin(database: str) -> AsyncIterator[asyncpg.Connection]:
    """The administrator's connection to a migrated database."""
    connection = await asyncpg.connect(database)
    try:
        yield connection
    finally:
        await connection.close()
