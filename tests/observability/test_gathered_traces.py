"""`/ops` before many processes: what each of them keeps of a trace is told as one."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind, format_trace_id, set_span_in_context

from deploy.front.page import add_front
from deploy.front.traces import GatheredTraces
from deploy.office import alone
from deploy.spans import SpanStore
from tests.deploy.ops import HERE, searched
from tests.desk import OfficeDesk

pytestmark = pytest.mark.anyio
NOBODY = "http://127.0.0.1:1/gone"
SUBMITTED = "intake.application.submitted.v1"
LETTER = "01a20194-b90d-7441-a8e1-c905199df0d4"


@asynccontextmanager
async def listening(app: FastAPI) -> AsyncIterator[str]:
    """An application behind a real port, which takes connections from the first moment."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
        serving = asyncio.create_task(server.serve(sockets=[door]))
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


@asynccontextmanager
async def apart(desk: OfficeDesk, stores: dict[str, SpanStore]) -> AsyncIterator[Sequence[str]]:
    """Services that listen each for itself; gives their addresses, and one where nobody is."""
    async with AsyncExitStack() as doors:
        places = [NOBODY]
        for name, store in stores.items():
            app = alone(desk.office.runtimes[name], store)
            places.append(f"{await doors.enter_async_context(listening(app))}/{name}")
        yield places


def travelled(sender: SpanStore, receiver: SpanStore) -> str:
    """A request in one process whose letter is handled in the other; gives its trace."""
    here, there = TracerProvider(shutdown_on_exit=False), TracerProvider(shutdown_on_exit=False)
    here.add_span_processor(sender)
    there.add_span_processor(receiver)
    asked = {
        "http.request.method": "POST",
        "http.route": "/intake/v1/applications",
        "http.response.status_code": 201,
    }
    letter = {"messaging.message.id": LETTER, "juyang.letter.type": SUBMITTED}
    heard = letter | {"messaging.consumer.group.name": "vouchers", "error.type": "ValueError"}
    request = here.get_tracer("a").start_span("POST", kind=SpanKind.SERVER, attributes=asked)
    under = set_span_in_context(request)
    sent = here.get_tracer("a").start_span("sent", under, SpanKind.PRODUCER, attributes=letter)
    request.end()
    sent.end()
    under = set_span_in_context(sent)
    there.get_tracer("b").start_span("heard", under, SpanKind.CONSUMER, attributes=heard).end()
    return format_trace_id(request.get_span_context().trace_id)


@asynccontextmanager
async def visiting(desk: OfficeDesk, places: Sequence[str]) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of an operator before the processes."""
    office = desk.office
    add_front(office.app, desk.directory, office.tokens, GatheredTraces(places))
    async with desk.nobody() as http:
        token = {"token": desk.token("operator")}
        assert (await http.post("/ops/login", data=token, headers=HERE)).status_code == 303
        yield http


async def test_the_parts_of_a_trace_in_two_processes_are_one_waterfall(desk: OfficeDesk) -> None:
    stores = {"intake": SpanStore(), "vouchers": SpanStore()}
    trace_id = travelled(*stores.values())
    async with apart(desk, stores) as places, visiting(desk, places) as http:
        page = (await http.get("/ops")).text
        found = await searched(http, trace_id)
        gone = await http.get(f"/ops/traces/{'f' * 32}")
    requests = page.partition('id="requests"')[2].partition("</table>")[0]
    assert requests.count("POST /intake/v1/applications") == 1
    assert 'title="vouchers"' in requests
    assert "ValueError" in page.partition('id="errors"')[2].partition("</table>")[0]
    assert found.url.path == f"/ops/traces/{trace_id}"
    assert found.text.count("<g><title>") == 3
    assert found.text.count('class="way"') == 2, "every letter hangs under what sent it"
    assert re.search(r"intake → 总线 bus", found.text)
    assert gone.status_code == 404


async def test_a_process_shows_its_traces_to_operators_and_auditors_alone(
    desk: OfficeDesk,
) -> None:
    door = httpx.ASGITransport(alone(desk.office.runtimes["intake"], SpanStore()))
    async with httpx.AsyncClient(transport=door, base_url="http://one") as client:
        told = {
            role: (await client.get("/intake/traces", headers=bearer(desk, role))).status_code
            for role in ("operator", "auditor", "street_officer")
        }
        nobody = await client.get("/intake/traces")
    assert told == {"operator": 200, "auditor": 200, "street_officer": 403}
    assert nobody.status_code == 401


async def test_a_process_tells_the_latest_traces_first_and_only_whole_ones(
    desk: OfficeDesk,
) -> None:
    store = SpanStore()
    kept = [travelled(store, store) for _ in range(3)]
    door = httpx.ASGITransport(alone(desk.office.runtimes["intake"], store))
    async with httpx.AsyncClient(transport=door, base_url="http://one") as client:
        answer = await client.get("/intake/traces?most=7", headers=bearer(desk, "auditor"))
    assert [trace["trace_id"] for trace in answer.json()["traces"]] == kept[:0:-1]


def bearer(desk: OfficeDesk, role: str) -> dict[str, str]:
    area = "110105015" if role == "street_officer" else "*"
    return {"Authorization": f"Bearer {desk.token(role, area=area)}"}
