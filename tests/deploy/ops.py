"""What the stories of `/ops` begin with: an office with its pages, a visitor, an application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cache

import httpx
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from deploy.front.page import add_front
from deploy.front.traces import OwnTraces
from deploy.spans import SpanStore
from deploy.tracing import provider_of
from shared.contracts.ids import new_id
from shared.contracts.programmes import VOUCHER
from shared.telemetry import TRACE_HEADER
from tests.desk import OfficeDesk
from tests.intake.rosters import COMMUNITY, STREET, enter, register

HOME = "http://office"
HERE = {"Origin": HOME}
PHONE, NAME = "13912345678", "欧阳慕白"
SOMEBODY = "01a20194-b90d-7441-a8e1-c905199df0d4"


@cache
def kept() -> SpanStore:
    """The store behind this process's tracer provider; the first call puts it there."""
    store = SpanStore()
    provider = trace.get_tracer_provider()
    if isinstance(provider, TracerProvider):
        provider.add_span_processor(store)
    else:
        trace.set_tracer_provider(provider_of("juyang", store))
    return store


def with_pages(desk: OfficeDesk) -> OfficeDesk:
    """The office with its front page and `/ops`."""
    office = desk.office
    add_front(office.app, desk.directory, office.tokens, OwnTraces(kept()))
    return desk


@asynccontextmanager
async def visiting(office: OfficeDesk, role: str = "operator") -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody who has logged in."""
    async with office.nobody() as http:
        entered = await http.post("/ops/login", data={"token": office.token(role)}, headers=HERE)
        assert (entered.status_code, entered.headers["location"]) == (303, "/ops")
        yield http


async def searched(http: httpx.AsyncClient, text: str) -> httpx.Response:
    return await http.post("/ops/search", data={"id": text}, headers=HERE, follow_redirects=True)


@dataclass(frozen=True)
class Story:
    """An application of a person whose name and phone are looked for on every page."""

    application_id: str
    person_id: str
    trace_id: str


async def applied(office: OfficeDesk) -> Story:
    await enter(office, COMMUNITY)
    async with office.as_("street_officer", sub="li", area=STREET) as li:
        who = (await register(li, 901, name=NAME, phone=PHONE))["person_id"]
        await office.settle()
        asked = {"id": str(new_id()), "person_id": who, "programme": VOUCHER}
        made = await li.post("/intake/v1/applications", json={**asked, "channel": "street_office"})
        assert made.status_code == 201, made.text
        await office.settle()
    return Story(asked["id"], who, made.headers[TRACE_HEADER])
