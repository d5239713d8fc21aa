"""One trace from the request through outbox, bus and handlers to the last service."""

from __future__ import annotations

import pytest
from opentelemetry.trace import SpanKind, format_trace_id

from shared.contracts.ids import new_id
from shared.contracts.programmes import VOUCHER
from tests.desk import OfficeDesk
from tests.intake.rosters import COMMUNITY, STREET, enter, register
from tests.journeys.spans import kept_spans

pytestmark = pytest.mark.anyio
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = {"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"}


async def letters(desk: OfficeDesk, service: str, application_id: str) -> dict[str, str]:
    """The trace of each letter of an application, by the letter's type."""
    work = desk.work(service)
    rows = await work.rows(
        "SELECT type, traceparent FROM outbox WHERE application_id = :id", id=application_id
    )
    await work.abandon()
    return {row["type"]: row["traceparent"].split("-")[1] for row in rows}


async def test_one_trace_id_runs_from_the_request_to_the_last_handler(desk: OfficeDesk) -> None:
    exporter = kept_spans()
    await enter(desk, COMMUNITY)
    async with (
        desk.as_("street_officer", sub="li", area=STREET) as li,
        desk.as_("auditor") as auditor,
    ):
        who = (await register(li))["person_id"]
        await desk.settle()
        exporter.clear()
        body = {"id": str(new_id()), "person_id": who, "programme": VOUCHER}
        made = await li.post(
            "/intake/v1/applications", json={**body, "channel": "street_office"}, headers=PARENT
        )
        refused = await li.post("/intake/v1/applications", json={}, headers=PARENT)
        await desk.settle()
        chain = (await auditor.get(f"/evaluation/v1/chains/{body['id']}")).json()
    assert made.status_code == 201, made.text
    assert refused.json()["trace_id"] == TRACE
    assert await letters(desk, "intake", body["id"]) == {"intake.application.submitted.v1": TRACE}
    answers = await letters(desk, "eligibility", body["id"])
    assert answers["eligibility.determination.made.v1"] == TRACE
    traces = {link["type"]: link["trace_id"] for link in chain["links"]}
    assert traces["eligibility.determination.made.v1"] == TRACE
    assert traces["intake.person.registered.v1"] != TRACE
    spans = exporter.get_finished_spans()
    mine = [s for s in spans if s.context and format_trace_id(s.context.trace_id) == TRACE]
    handled = {
        (span.attributes or {})["messaging.consumer.group.name"]
        for span in mine
        if span.kind is SpanKind.CONSUMER
    }
    assert {"eligibility", "evaluation"} <= handled
    assert any(span.kind is SpanKind.SERVER for span in mine)
    work = desk.work("intake")
    audited = await work.value("SELECT trace_id FROM audit WHERE act = 'POST /v1/applications'")
    await work.abandon()
    assert audited == TRACE
