"""The door of every route: token, role, one transaction, one answer per key, one audit row."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.params import Depends
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict

from shared.caller import Caller
from shared.entering import Opener, Permission, entered, opens, permit
from shared.errors import Invalid, Refusal
from shared.idempotency import Answer, Attempt, Replayed
from shared.problems import MEDIA_TYPE, RESPONSES
from shared.together import Afresh
from shared.work import Work

__all__ = [
    "JSON", "READS_BY_POST", "Body", "DoorRoute", "Opener", "Permission", "StatelessRoute",
    "doors", "need_key", "opens", "permit", "stateless_doors",
]  # fmt: skip
Inner = Callable[[Request], Coroutine[Any, Any, Response]]
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
READS_BY_POST = "x-juyang-reads"
JSON = "application/json"
BOUNDARY = re.compile(r'^multipart/form-data;.*boundary="?([^";,\s]+)', re.IGNORECASE)
HTTP_ERRORS = 400


class Body(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DoorRoute(APIRoute):
    """Runs the route, answer included, inside one unit of work, and commits before sending."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        dependencies: Sequence[Depends] | None = None,
        **options: Any,
    ) -> None:
        own, guards = entered(endpoint)
        asked = dependencies or ()
        self.guards = (
            *guards,
            *(one.dependency for one in asked if isinstance(one.dependency, Permission)),
        )
        rest = [one for one in asked if not isinstance(one.dependency, Permission)]
        options["responses"] = {**RESPONSES, **(options.get("responses") or {})}
        super().__init__(path, own, dependencies=rest, **options)

    def get_route_handler(self) -> Inner:
        inner = super().get_route_handler()
        reads = bool((self.openapi_extra or {}).get(READS_BY_POST))
        template = self.path

        async def through(request: Request) -> Response:
            runtime = request.app.state.runtime
            caller = self._caller(request)
            writes = request.method not in SAFE and not reads
            attempt = await _attempt(request, caller) if writes else None

            def work(swift: bool) -> Work:
                database, clock, state = runtime.database.app, runtime.clock, runtime.state
                return Work(database, caller, clock, attempt, state=state, swift=swift)

            async def once(work: Work) -> Response:
                request.state.work = work
                try:
                    response = await _inside(inner, request, work)
                    if writes:
                        await _finish(work, request, template, response)
                    if await work.commit():
                        runtime.committed()
                    return response
                except Replayed as again:
                    return _answer(again.answer)
                finally:
                    await work.abandon()

            try:
                return await once(work(swift=attempt is not None))
            except Afresh:
                return await once(work(swift=False))

        return through

    def _caller(self, request: Request) -> Caller:
        """Who asks, if he may.

        Raises:
            Unauthorised: no good token.
            Forbidden: another role.
        """
        tokens = request.app.state.runtime.tokens
        caller: Caller = tokens.caller(request.headers.get("authorization"))
        for guard in self.guards:
            guard.check(caller)
        request.state.caller = caller
        return caller


class StatelessRoute(DoorRoute):
    """Token and role, and nothing kept: for answers that are computed from the request alone."""

    def get_route_handler(self) -> Inner:
        inner = APIRoute.get_route_handler(self)

        async def through(request: Request) -> Response:
            self._caller(request)
            return await inner(request)

        return through


async def _inside(inner: Inner, request: Request, work: Work) -> Response:
    """What the endpoint answers; what it refuses may have been in order when it was first sent.

    Raises:
        Replayed: this very write was answered before.
        Refusal: the endpoint's own.
    """
    try:
        return await inner(request)
    except Refusal:
        if work.attempt is not None:
            await work.begin()
        raise


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
        key = f"{request.scope['path']}:{made}" if isinstance(made, str) else None
    if key is None:
        return None
    return Attempt.of(caller.sub, key, await _digest(request))


async def _digest(request: Request) -> bytes:
    """A keyed digest of what was asked: equal requests match, the content cannot be guessed."""
    body = await request.body()
    # Every retry of an upload has another boundary between the same parts.
    if (boundary := BOUNDARY.search(request.headers.get("content-type", ""))) is not None:
        body = body.replace(boundary[1].encode("latin-1"), b"")
    query = request.scope["query_string"].decode("latin-1")
    asked = f"{request.method} {request.scope['path']}?{query}\n".encode() + body
    return hmac.digest(request.app.state.runtime.digest_key, asked, "sha256")


async def _finish(work: Work, request: Request, template: str, response: Response) -> None:
    body = bytes(response.body)
    subject = ",".join(f"{k}={v}" for k, v in request.path_params.items())
    digest = work.attempt.digest if work.attempt else await _digest(request)
    count = int(response.headers.get("x-count", "1"))
    work.audit(f"{request.method} {template}", subject, count=count, digest=digest.hex())
    work.remember(Answer(response.status_code, response.headers.get("location"), body))
    # A write that has touched nothing is an attempt all the same, and may have been made before.
    if work.at_once is None:
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
