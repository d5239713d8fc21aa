"""The door of every route: token, role, one transaction, one answer per key, one audit row."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import orjson
from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict

from shared.caller import ROLES, Caller
from shared.errors import Forbidden, Invalid
from shared.idempotency import Answer, Attempt, Replayed
from shared.problems import MEDIA_TYPE
from shared.work import Work

S = TypeVar("S")
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
READS_BY_POST = "x-juyang-reads"
JSON = "application/json"
BOUNDARY = re.compile(r'^multipart/form-data;.*boundary="?([^";,\s]+)', re.IGNORECASE)
HTTP_ERRORS = 400


class Body(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Permission:
    """The roles that may pass; a route without one does not start."""

    def __init__(self, *roles: str) -> None:
        unknown = set(roles) - set(ROLES)
        assert not unknown, f"unknown roles {unknown}"
        self.roles = frozenset(roles)

    # A dependency that is no coroutine function costs a hop to a thread for every request.
    async def __call__(self, request: Request) -> Caller:
        caller: Caller = request.state.caller
        if caller.role not in self.roles:
            raise Forbidden(
                "role_not_allowed",
                f"该操作需要以下角色之一：{'、'.join(sorted(self.roles))}",
                f"this act needs one of the roles {', '.join(sorted(self.roles))}",
            )
        return caller


def permit(*roles: str) -> Any:
    """Let these roles pass: `caller: Annotated[Caller, permit("finance")]` or in `dependencies`."""
    return Depends(Permission(*roles))


def opens(store: Callable[[Work], S]) -> Callable[[Request], Coroutine[Any, Any, S]]:
    """A dependency that gives the request's store, bound to the request's one transaction."""

    async def open_store(request: Request) -> S:
        return store(request.state.work)

    return open_store


class DoorRoute(APIRoute):
    """Runs the route, answer included, inside one unit of work, and commits before sending."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()
        reads = bool((self.openapi_extra or {}).get(READS_BY_POST))
        template = self.path

        async def through(request: Request) -> Response:
            runtime = request.app.state.runtime
            caller = runtime.tokens.caller(request.headers.get("authorization"))
            request.state.caller = caller
            writes = request.method not in SAFE and not reads
            attempt = await _attempt(request, caller) if writes else None
            work = Work(runtime.database.app, caller, runtime.clock, attempt, state=runtime.state)
            request.state.work = work
            try:
                response = await inner(request)
                if writes:
                    await _finish(work, request, template, response)
                if await work.commit():
                    runtime.committed()
                return response
            except Replayed as again:
                return _answer(again.answer)
            finally:
                await work.abandon()

        return through


class StatelessRoute(DoorRoute):
    """Token and role, and nothing kept: for answers that are computed from the request alone."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = APIRoute.get_route_handler(self)

        async def through(request: Request) -> Response:
            runtime = request.app.state.runtime
            request.state.caller = runtime.tokens.caller(request.headers.get("authorization"))
            return await inner(request)

        return through


async def _attempt(request: Request, caller: Caller) -> Attempt | None:
    """The key of a write: the header, or the client-made id in the body."""
    body = await request.body()
    key = request.headers.get("idempotency-key")
    if key is None and body.lstrip().startswith(b"{"):
        try:
            parsed = orjson.loads(body)
        except orjson.JSONDecodeError:
            return None
        made = parsed.get("id") if isinstance(parsed, dict) else None
        key = f"{request.url.path}:{made}" if isinstance(made, str) else None
    if key is None:
        return None
    return Attempt.of(caller.sub, key, await _digest(request))


async def _digest(request: Request) -> bytes:
    """A keyed digest of what was asked: equal requests match, the content cannot be guessed."""
    url = request.url
    body = await request.body()
    # Every retry of an upload has another boundary between the same parts.
    if (boundary := BOUNDARY.search(request.headers.get("content-type", ""))) is not None:
        body = body.replace(boundary[1].encode("latin-1"), b"")
    asked = f"{request.method} {url.path}?{url.query}\n".encode() + body
    return hmac.digest(request.app.state.runtime.digest_key, asked, "sha256")


async def _finish(work: Work, request: Request, template: str, response: Response) -> None:
    body = bytes(response.body)
    subject = ",".join(f"{k}={v}" for k, v in request.path_params.items())
    digest = (await _digest(request)).hex()
    count = int(response.headers.get("x-count", "1"))
    work.audit(f"{request.method} {template}", subject, count=count, digest=digest)
    work.remember(Answer(response.status_code, response.headers.get("location"), body))
    # A write that has touched nothing is an attempt all the same, and may have been made before.
    await work.begin()


def _answer(answer: Answer) -> Response:
    headers = {"Idempotency-Replayed": "true"}
    if answer.location:
        headers["Location"] = answer.location
    kind = JSON if answer.status < HTTP_ERRORS else MEDIA_TYPE
    return Response(answer.body, answer.status, headers, kind)


def doors(prefix: str, tag: str) -> APIRouter:
    """A wing's router: `/v1/…`, every route through a door."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=DoorRoute)


def stateless_doors(prefix: str, tag: str) -> APIRouter:
    """A router of answers that touch no table: nothing is read, kept or audited."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=StatelessRoute)


async def need_key(request: Request) -> None:
    """For writes without a client-made id in the body: the header must be there.

    Raises:
        Invalid: no `Idempotency-Key` header.
    """
    if "idempotency-key" not in request.headers:
        raise Invalid(
            "idempotency_key_missing",
            "请在请求头中加 Idempotency-Key（客户端自定的唯一标识）",
            "add an Idempotency-Key header (a unique value of your own)",
        )
