"""`/ops`: what operators and auditors see of letters, requests and traces of this office."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape

from deploy.front.asking import Asker
from deploy.front.figures import requests_of, routes_of
from deploy.front.traces import OwnTraces, Traces
from deploy.front.visitors import (
    PLACE,
    Visitor,
    admitted,
    forget,
    form_of,
    own_place,
    remember,
    visitor_of,
)
from deploy.front.waterfall import LABELS, RIGHT, ROW, WIDTH, waterfall
from deploy.spans import SpanStore
from services.evaluation.chains.titles import title_of
from shared.auth import Tokens
from shared.clock import SHANGHAI
from shared.errors import Forbidden, Invalid, NotFound, Refusal, Unauthorised
from shared.telemetry import TraceHeader

HERE = Path(__file__).parent
TRACE_ID = re.compile(r"(?:[0-9a-f]{2}-)?([0-9a-f]{32})(?:-[0-9a-f]{16}-[0-9a-f]{2})?")
SEE_OTHER = 303
ROUTES_SHOWN, REQUESTS_SHOWN = 12, 25
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class OpsPages:
    """The pages; they ask the office and whoever keeps traces with the visitor's token."""

    def __init__(self, app: FastAPI, tokens: Tokens, traces: Traces | None) -> None:
        self._app = app
        self._keeping = traces is not None
        self._traces = traces if traces is not None else OwnTraces(SpanStore())
        self._tokens = tokens
        self._templates = Environment(
            loader=FileSystemLoader(HERE), autoescape=select_autoescape(["html"])
        )
        self._templates.filters |= {
            "ms": milliseconds,
            "clock": clock_text,
            "day": day_text,
            "titles": title_of,
        }

    def open(self) -> None:
        """Add the pages to the office's application."""
        app = self._app
        for path, page in {
            "": self.overview,
            "/chains/{application_id}": self.chain,
            "/persons/{person_id}": self.person,
            "/traces/{trace_id}": self.trace,
            "/style.css": style,
        }.items():
            app.add_api_route(PLACE + path, page, response_model=None, include_in_schema=False)
        for path, act in {
            "/login": self.login,
            "/logout": self.logout,
            "/search": self.search,
        }.items():
            app.add_api_route(
                PLACE + path, act, methods=["POST"], response_model=None, include_in_schema=False
            )
        app.add_exception_handler(Refusal, self.refused)
        app.add_middleware(TraceHeader)

    async def overview(self, request: Request) -> Response:
        """Letters, slowest routes, recent errors and requests."""
        visitor = self._visitor(request)
        seen, letters = await asyncio.gather(
            self._traces.seen(visitor), Asker(self._app, visitor).letters()
        )
        return self._page(
            "ops_overview.html",
            visitor,
            letters=letters,
            routes=routes_of(seen.traces, ROUTES_SHOWN),
            requests=requests_of(seen.traces, REQUESTS_SHOWN),
            errors=seen.errors,
            keeping=self._keeping,
            kept_spans=seen.kept_spans,
        )

    async def search(self, request: Request) -> Response:
        """Find out what an id is; by POST, so that a wrong paste stands in no address."""
        fields = await form_of(request)
        visitor = self._visitor(request)
        return RedirectResponse(await self._place_of(fields.get("id", ""), visitor), SEE_OTHER)

    async def _place_of(self, text: str, visitor: Visitor) -> str:
        asker, asked = Asker(self._app, visitor), text.lower()
        trace = TRACE_ID.fullmatch(asked)
        if trace and ("-" in asked or await self._traces.trace(trace[1], visitor)):
            return f"{PLACE}/traces/{trace[1]}"
        wanted = id_of(asked)
        if await asker.chain(wanted) is not None:
            return f"{PLACE}/chains/{wanted}"
        if await asker.applications(wanted):
            return f"{PLACE}/persons/{wanted}"
        if trace:
            return f"{PLACE}/traces/{trace[1]}"
        raise NotFound(
            "nothing_found",
            "没有这个申请或人员编号的记录，或不在您的范围内；刚提交的请稍后再试",
            "no application or person of this id is known within your area; "
            "if it is new, try again soon",
        )

    async def chain(self, request: Request, application_id: str) -> Response:
        """One application's chain; each link leads to its trace."""
        visitor = self._visitor(request)
        wanted = id_of(application_id)
        found = await Asker(self._app, visitor).chain(wanted)
        if found is None:
            raise NotFound(
                "chain_not_found",
                "没有该申请的记录，或不在您的范围内",
                "nothing is known of this application within your area",
            )
        traced = {link["trace_id"] for link in found["links"] if link["trace_id"]}
        kept = traced & await self._traces.ids(visitor)
        return self._page("ops_chain.html", visitor, chain=found, kept=kept)

    async def person(self, request: Request, person_id: str) -> Response:
        """A person's applications, by the person's reference."""
        visitor = self._visitor(request)
        wanted = id_of(person_id)
        found = await Asker(self._app, visitor).applications(wanted)
        return self._page("ops_person.html", visitor, person_id=wanted, applications=found)

    async def trace(self, request: Request, trace_id: str) -> Response:
        """A recent request's waterfall through the services, with the letters between them."""
        visitor = self._visitor(request)
        wanted = TRACE_ID.fullmatch(trace_id.lower())
        found = await self._traces.trace(wanted[1], visitor) if wanted else None
        if found is None:
            raise NotFound(
                "trace_not_kept",
                "没有保留这个追踪：只保留最近的请求，且未被采样的不保留。"
                "申请的全链仍可按申请编号查询",
                "this trace is not kept: only recent requests are, and only sampled ones; "
                "the application's chain is still found by its id",
            )
        sizes = {"width": WIDTH, "labels": LABELS, "right": RIGHT, "row": ROW}
        return self._page("ops_trace.html", visitor, fall=waterfall(found), **sizes)

    async def login(self, request: Request) -> Response:
        """Take a pasted token; a good one becomes the session's cookie."""
        fields = await form_of(request)
        token = "".join(fields.get("token", "").split())
        admitted(token, self._tokens)
        answer = RedirectResponse(own_place(fields.get("next", "")), SEE_OTHER, HEADERS)
        remember(answer, token, secure=request.url.scheme == "https")
        return answer

    async def logout(self, request: Request) -> Response:
        """Make the browser forget the token."""
        await form_of(request)
        answer = RedirectResponse(PLACE, SEE_OTHER, HEADERS)
        forget(answer)
        return answer

    async def refused(self, request: Request, no: Exception) -> Response:
        """A refusal as a page: what is wrong, how to mend it, and the login where that helps."""
        assert isinstance(no, Refusal)
        wants_login = isinstance(no, Unauthorised | Forbidden)
        shown = self._page(
            "ops_refusal.html",
            self._known(request),
            no=no,
            login=wants_login,
            next=request.url.path if request.method == "GET" else "",
            status=no.http_status,
        )
        if isinstance(no, Unauthorised):
            shown.headers["WWW-Authenticate"] = 'Bearer realm="ops"'
        return shown

    def _visitor(self, request: Request) -> Visitor:
        return visitor_of(request, self._tokens)

    def _known(self, request: Request) -> Visitor | None:
        """Whoever is logged in already keeps the search at hand on a page that refuses."""
        try:
            return self._visitor(request)
        except Refusal:
            return None

    def _page(
        self, template: str, visitor: Visitor | None, *, status: int = 200, **shown: Any
    ) -> HTMLResponse:
        caller = visitor and visitor.caller
        text = self._templates.get_template(template).render(caller=caller, **shown)
        return HTMLResponse(text, status, HEADERS)


async def style() -> Response:
    """The pages' one style sheet; it says nothing about anybody."""
    return FileResponse(HERE / "ops.css", media_type="text/css")


def id_of(text: str) -> str:
    """An id as the doors take it; what else was typed is not repeated.

    Raises:
        Invalid: not an id.
    """
    try:
        return str(UUID(text))
    except ValueError:
        raise Invalid(
            "not_an_id",
            "请输入申请编号、人员编号（UUID）或追踪号（32 位十六进制）；不要输入姓名、证件号或电话",
            "enter an application id, a person reference (UUID) or a trace id (32 hex digits); "
            "never a name, an identity number or a phone",
        ) from None


def milliseconds(value: float) -> str:
    """A duration in words short enough for a table."""
    if value >= 10_000:
        return f"{value / 1000:,.1f} s"
    return f"{value:.1f} ms" if value < 100 else f"{value:,.0f} ms"


def clock_text(at_ns: int) -> str:
    """A machine instant in Shanghai, to the millisecond."""
    at = datetime.fromtimestamp(at_ns / 1e9, SHANGHAI)
    return f"{at:%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"


def day_text(instant: str) -> str:
    """An ISO instant as day and time in Shanghai."""
    return f"{datetime.fromisoformat(instant).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
