"""Every door is in the published interface, is guarded, and keeps persons out of addresses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from shared.doors import DoorRoute, Permission
from shared.migrate import SERVICES
from shared.problems import MEDIA_TYPE, RESPONSES
from tests.house.rooms import none

OPEN = {"public", "health"}
UNVERSIONED = {"health", "metrics"}
"""Pages for the machines that keep the office running: their addresses are a convention."""
PERSONAL = (
    "name", "phone", "mobile", "address", "id_no", "id_number", "identity", "card_no",
    "card_number", "certificate", "number", "birth", "q", "search", "text", "token",
)  # fmt: skip
Routes = list[tuple[str, APIRoute]]


def test_all_five_services_have_doors(apps: Mapping[str, FastAPI], routes: Routes) -> None:
    assert tuple(apps) == SERVICES
    assert {name for name, route in routes if "/v1/" in route.path} == set(SERVICES)


def test_the_published_interface_is_the_routes(
    apps: Mapping[str, FastAPI], endpoints: frozenset[str]
) -> None:
    said: set[str] = set()
    for name, app in apps.items():
        paths = app.openapi()["paths"].items()
        said |= {f"{method.upper()} /{name}{path}" for path, acts in paths for method in acts}
    none(sorted(said ^ endpoints))


def test_every_operation_says_how_it_refuses(apps: Mapping[str, FastAPI]) -> None:
    wanted = {str(status) for status in RESPONSES}
    none(
        [
            f"{name} {method.upper()} {path}: {sorted(wanted - set(act['responses']))}"
            for name, app in apps.items()
            for path, method, act in _operations(app)
            if not wanted <= set(act["responses"])
            or MEDIA_TYPE not in act["responses"]["403"]["content"]
        ]
    )


def test_every_operation_has_a_sentence(apps: Mapping[str, FastAPI]) -> None:
    none(
        [
            f"{name} {method.upper()} {path}"
            for name, app in apps.items()
            for path, method, act in _operations(app)
            if not act.get("description")
        ]
    )


def test_every_door_that_is_not_public_asks_for_a_role(routes: Routes) -> None:
    none(
        [
            f"/{name}{route.path}"
            for name, route in routes
            if not OPEN & set(route.tags) and not _permissions(route)
        ]
    )


def test_every_guarded_route_is_a_door_with_one_transaction(routes: Routes) -> None:
    none(
        [
            f"/{name}{route.path}"
            for name, route in routes
            if not OPEN & set(route.tags) and not isinstance(route, DoorRoute)
        ]
    )


def test_public_pages_only_read(routes: Routes) -> None:
    none(
        [
            f"/{name}{route.path} {sorted(route.methods or ())}"
            for name, route in routes
            if OPEN & set(route.tags) and set(route.methods or ()) - {"GET", "HEAD"}
        ]
    )


def test_every_route_but_health_stands_under_its_version(routes: Routes) -> None:
    none(
        [
            f"/{name}{route.path}"
            for name, route in routes
            if not UNVERSIONED & set(route.tags) and not route.path.startswith("/v1/")
        ]
    )


def test_nothing_personal_stands_in_an_address(apps: Mapping[str, FastAPI]) -> None:
    none(
        [
            f"/{name}{path}: {parameter}"
            for name, app in apps.items()
            for path, _, act in _operations(app)
            for parameter in _in_the_address(act)
            if parameter in PERSONAL or parameter.endswith(tuple(f"_{word}" for word in PERSONAL))
        ]
    )


def test_no_path_has_a_word_that_says_nothing(routes: Routes) -> None:
    banned = {"data", "process", "manage", "list", "get", "update", "create", "delete"}
    none(
        [
            f"/{name}{route.path}"
            for name, route in routes
            if banned & set(route.path.strip("/").split("/"))
        ]
    )


def _operations(app: FastAPI) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, acts in app.openapi()["paths"].items():
        for method, act in acts.items():
            if "health" not in act.get("tags", ()):
                yield path, method, act


def _permissions(route: APIRoute) -> list[Permission]:
    return list(route.guards) if isinstance(route, DoorRoute) else []


def _in_the_address(act: dict[str, Any]) -> list[str]:
    said = act.get("parameters", ())
    return [parameter["name"] for parameter in said if parameter["in"] in {"path", "query"}]
