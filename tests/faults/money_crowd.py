"""A pytest plugin: every write of a story comes as a crowd of the same request, and then again.

`python -m pytest -p tests.faults.money_crowd`; the stories go on with the first answer.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deploy.office import service_of
from shared.app import create_app
from shared.bus.direct import DirectBus
from shared.caller import job
from shared.contracts.ids import new_id
from shared.doors import READS_BY_POST, DoorRoute, need_key
from shared.migrate import SERVICES
from shared.runtime import Runtime
from tests.desk import OfficeDesk

WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})
TIMES, FOUND = "CROWD_TIMES", "CROWD_FOUND"
ENOUGH, MOST_TRIES = 1, 12
"""A door is left alone after one crowd that had its effect, or so many that were refused."""
REFUSED, UNPROCESSABLE, REUSED = 400, 422, "idempotency_key_reused"
EFFECTS = "SELECT count(*) FROM audit WHERE act = :act"


@dataclass(frozen=True, slots=True)
class Door:
    """A write of a service: its method, its path as a template, and what a path must look like."""

    service: str
    act: str
    pattern: Any
    asks_for_key: bool

    @property
    def name(self) -> str:
        method, _, path = self.act.partition(" ")
        return f"{method} /{self.service}{path}"


@cache
def doors() -> tuple[Door, ...]:
    """Every route of every service that writes, as the applications declare them."""
    return tuple(_doors())


def _doors() -> Iterator[Door]:
    for name in SERVICES:
        for router in service_of(name).routers:
            for route in router.routes:
                if isinstance(route, APIRoute) and _writes(route):
                    pattern, _, _ = compile_path(f"/{name}{route.path}")
                    asks = any(one.dependency is need_key for one in route.dependencies)
                    for method in WRITES & (route.methods or set()):
                        yield Door(name, f"{method} {route.path}", pattern, asks)


def _writes(route: APIRoute) -> bool:
    return type(route) is DoorRoute and not (route.openapi_extra or {}).get(READS_BY_POST)


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer as it came; the caller is sent `messages`."""

    status: int
    body: bytes
    replayed: bool
    messages: tuple[Message, ...]

    @property
    def said(self) -> tuple[int, bytes]:
        return self.status, self.body


class Crowd:
    """An office's application, in front of which every write becomes a crowd."""

    def __init__(self, inner: Any, desk: OfficeDesk) -> None:
        self.inner = inner
        self._desk = desk

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        door = _door_of(scope)
        if door is None or not _wanted(door):
            await self.inner(scope, receive, send)
            return
        body = await _whole(receive)
        if door.asks_for_key and not _keyed(scope, body):
            heard = await _heard(self.inner, scope, body)  # refused, whoever else comes
        else:
            heard = await self._crowd(door, scope, body)
        for message in heard.messages:
            await send(message)

    async def _crowd(self, door: Door, scope: Scope, body: bytes) -> Heard:
        runtime = self._desk.office.runtimes[door.service]
        if not _keyed(scope, body):
            own = (b"idempotency-key", new_id().hex.encode())
            scope = {**scope, "headers": [*scope["headers"], own]}
        before = await _effects(runtime, door)
        times = int(os.environ[TIMES])
        answers = await asyncio.gather(*(_heard(self.inner, scope, body) for _ in range(times)))
        first = next((one for one in answers if not one.replayed), answers[0])
        if first.status >= REFUSED:
            _note(door, "refused", f"{first.status}")
            return first
        effects = await _effects(runtime, door) - before
        broken = [] if effects == 1 else [f"{effects} effects"]
        said = Counter(one.said for one in answers)
        if len(said) > 1:
            broken.append(f"{len(said)} different answers: {sorted({s for s, _ in said})}")
        broken += await self._with_other_bodies(scope, body)
        broken += await _after_a_crash(runtime, scope, body, first)
        _note(door, "broken" if broken else "held", "; ".join(broken))
        return first

    async def _with_other_bodies(self, scope: Scope, body: bytes) -> list[str]:
        blank = await _heard(self.inner, scope, body + b"\r\n")
        code = json.loads(blank.body).get("code")
        broken = [] if code == REUSED else [f"one blank more: {blank.status} {code}"]
        for other in _others(body):
            heard = await _heard(self.inner, scope, other)
            if heard.status != UNPROCESSABLE:
                broken.append(f"another body: {heard.status}")
        return broken


async def _after_a_crash(runtime: Runtime, scope: Scope, body: bytes, first: Heard) -> list[str]:
    """A successor that knows nothing but the database gives the first answer."""
    successor = Runtime(runtime.service, runtime.settings, DirectBus())
    here = {**scope, "app_root_path": "", "root_path": f"/{runtime.service.name}"}
    try:
        heard = await _heard(create_app(successor, own_lifespan=False), here, body)
    finally:
        await successor.stop()
    return [] if heard.said == first.said else [f"after a crash: {heard.status}"]


async def _heard(app: ASGIApp, scope: Scope, body: bytes) -> Heard:
    messages: list[Message] = []
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if not parts:
            await asyncio.Event().wait()
        return parts.pop()

    async def send(message: Message) -> None:
        messages.append(message)

    headers = [(k, v) for k, v in scope["headers"] if k != b"content-length"]
    headers.append((b"content-length", str(len(body)).encode()))
    await app({**scope, "headers": headers, "state": {}}, receive, send)
    start = messages[0]
    names = {key.lower() for key, _ in start["headers"]}
    content = b"".join(m.get("body", b"") for m in messages if m["type"] == "http.response.body")
    return Heard(start["status"], content, b"idempotency-replayed" in names, tuple(messages))


async def _whole(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def _effects(runtime: Runtime, door: Door) -> int:
    work = runtime.work(job("crowd"))
    try:
        return int(await work.value(EFFECTS, act=door.act))
    finally:
        await work.abandon()


def _door_of(scope: Scope) -> Door | None:
    if scope["type"] != "http":
        return None
    return next(
        (
            door
            for door in doors()
            if door.act.startswith(f"{scope['method']} ") and door.pattern.match(scope["path"])
        ),
        None,
    )


def _keyed(scope: Scope, body: bytes) -> bool:
    if any(key == b"idempotency-key" for key, _ in scope["headers"]):
        return True
    try:
        asked = json.loads(body)
    except ValueError:
        return False
    return isinstance(asked, dict) and isinstance(asked.get("id"), str)


def _others(body: bytes) -> list[bytes]:
    """The same body with another value in it, one for each of its plain fields."""
    try:
        asked = json.loads(body)
    except ValueError:
        return []
    found = []
    for name, value in asked.items() if isinstance(asked, dict) else ():
        if name != "id" and isinstance(value, int | str) and not isinstance(value, bool):
            other = value + 1 if isinstance(value, int) else f"{value}1"
            found.append(json.dumps({**asked, name: other}).encode())
    return found


_tried: Counter[str] = Counter()
_held: Counter[str] = Counter()


def _wanted(door: Door) -> bool:
    return _held[door.name] < ENOUGH and _tried[door.name] < MOST_TRIES


def _note(door: Door, kind: str, what: str) -> None:
    _tried[door.name] += 1
    _held[door.name] += kind != "refused"
    line = {"door": door.name, "kind": kind, "what": what}
    line["story"] = os.environ.get("PYTEST_CURRENT_TEST", "")
    with Path(os.environ[FOUND]).open("a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    """Whoever asks for a desk gets one behind a crowd."""
    made = yield
    if fixturedef.argname == "desk" and isinstance(made, OfficeDesk):
        made.office.app = Crowd(made.office.app, made)  # type: ignore[assignment]
    return made


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Once every door has had its crowd, the rest of the stories are not needed."""
    if all(_held[door.name] >= ENOUGH for door in doors()):
        pytest.skip("every door has had its crowd")
