"""Stories of the metrics: true figures, few labels, nobody's name, and nothing when off."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import httpx
import pytest
from fastapi import APIRouter
from opentelemetry.metrics import NoOpMeterProvider
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from deploy.office import alone as service_alone
from shared.bus.direct import DirectBus
from shared.contracts.ids import new_id
from shared.contracts.letter import Envelope
from shared.metrics import Figure, Metering
from shared.metrics_names import COUNTERS, GAUGES, LIVE, SENT
from shared.migrate import SERVICES
from tests.desk import OfficeDesk
from tests.evaluation.letters import Elder
from tests.journeys.spans import kept_spans
from tests.observability.town import a_month
from tests.shared.annex import annex
from tests.vouchers.town import Elder as Holder
from tests.vouchers.town import granted

pytestmark = pytest.mark.anyio
NUMBER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}|\d{9,}|[\u3400-\u9fff]")
MOST_VALUES = 64
SEEN = "http_server_request_duration_seconds_count"
OWN = "/vouchers/v1/conservation"


async def read(desk: OfficeDesk, *services: str) -> list[Sample]:
    """Every sample of the services' pages, after a round."""
    found: list[Sample] = []
    async with desk.as_("auditor") as client:
        for service in services:
            await desk.office.runtimes[service].rounds.once()
            found += samples(await client.get(f"/{service}/metrics"))
    return found


def samples(answer: httpx.Response) -> Iterator[Sample]:
    assert answer.status_code == 200, answer.text
    for family in text_string_to_metric_families(answer.text):
        yield from family.samples


def value(found: Sequence[Sample], name: str, **labels: str) -> float:
    """The sum of the samples of a name with these labels."""
    mine = [one for one in found if one.name == name and labels.items() <= one.labels.items()]
    assert mine, f"no {name} {labels}"
    return sum(one.value for one in mine)


async def test_what_the_town_did_is_what_the_figures_say(desk: OfficeDesk) -> None:
    await a_month(desk)
    found = await read(desk, *SERVICES)
    assert value(found, "juyang_applications", programme="chaoyang-2010/voucher") == 3
    decided = {"programme": "chaoyang-2010/voucher", "outcome": "approved"}
    assert value(found, "juyang_decision_days_count", **decided) == 1
    assert value(found, "juyang_decision_days_sum", **decided) == 5
    assert value(found, "juyang_decision_days_bucket", le="3", **decided) == 0
    assert value(found, "juyang_decision_days_bucket", le="5", **decided) == 1
    assert value(found, "juyang_decision_days_bucket", le="+Inf", **decided) == 1
    assert value(found, "juyang_cases_open", stage="street_review") == 1
    assert value(found, "juyang_cases_oldest_days") == 33
    seen = {one: value(found, "juyang_visits", outcome=one) for one in ("completed", "missed")}
    assert seen == {"completed": 1, "missed": 1}
    assert value(found, "juyang_visits", outcome="substituted") == 1
    assert value(found, "juyang_redemptions_refused") == 1
    assert value(found, "juyang_feedback", rating="4") == 1
    assert value(found, "juyang_outbox_unsent") == 0


async def test_no_label_names_a_person_or_a_thing_or_has_many_values(desk: OfficeDesk) -> None:
    await a_month(desk)
    values: dict[tuple[str, str], set[str]] = {}
    for one in await read(desk, *SERVICES):
        for label, said in one.labels.items():
            values.setdefault((one.name, label), set()).add(said)
    for (name, label), said in values.items():
        assert label == "http_route" or len(said) <= MOST_VALUES, (name, label)
        assert not [text for text in said if NUMBER.search(text)], (name, label)


async def test_an_address_that_nobody_knows_makes_no_series(desk: OfficeDesk) -> None:
    async with desk.as_("auditor") as client:
        for guess in range(20):
            await client.get(f"/vouchers/v1/guess/{guess}")
            await client.get(f"/vouchers/v1/accounts/{guess}")
    routes = {s.labels.get("http_route", "") for s in await read(desk, "vouchers")}
    assert not [route for route in routes if re.search(r"/\d", route)]


async def test_a_letter_that_waits_is_seen_with_its_age_and_one_that_left_is_counted(
    desk: OfficeDesk,
) -> None:
    work = desk.work("eligibility")
    work.send(granted(Holder()))
    await work.commit()
    waiting = await read(desk, "eligibility")
    assert value(waiting, "juyang_outbox_unsent") == 1
    assert value(waiting, "juyang_outbox_oldest_age_seconds") > 0
    assert value(waiting, "juyang_consumer_lag", topic="outbox") == 1
    await desk.settle()
    gone = await read(desk, "eligibility", "vouchers")
    assert value(gone, "juyang_outbox_oldest_age_seconds") == 0
    kind = "eligibility.award.granted.v1"
    assert value(gone, "juyang_letters_sent_total", type=kind) == 1
    assert value(gone, "juyang_letters_handled_total", type=kind) == 1


async def test_parked_letters_are_told_by_type_and_nonsense_under_one_name(
    desk: OfficeDesk,
) -> None:
    moved = Envelope.around(Elder().moved("110105"), causation_id=None, traceparent=None)
    poison = replace(moved, facts=b"[]")
    nonsense = [
        replace(moved, id=new_id(), type=f"nobody.{nth}.v1", person_id=new_id()) for nth in range(3)
    ]
    await desk.office.runtimes["vouchers"].inbox.receive([poison, *nonsense])
    found = await read(desk, "vouchers")
    assert value(found, "juyang_letters_parked", type="intake.person.moved.v1") == 1
    assert value(found, "juyang_letters_parked", type="unknown") == 3


async def test_the_five_services_of_one_process_do_not_mix_their_figures(
    desk: OfficeDesk,
) -> None:
    async with desk.as_("auditor") as client:
        await client.get(OWN)
    asked = {
        service: {s.labels["http_route"] for s in await read(desk, service) if s.name == SEEN}
        for service in ("vouchers", "intake")
    }
    assert OWN in asked["vouchers"]
    assert OWN not in asked["intake"]


async def test_a_service_on_its_own_counts_its_requests_though_another_application_is_outermost(
    desk: OfficeDesk,
) -> None:
    kept_spans()
    alone = service_alone(desk.office.runtimes["vouchers"])
    headers = {"Authorization": f"Bearer {desk.token('auditor')}"}
    door = httpx.ASGITransport(alone)
    async with httpx.AsyncClient(transport=door, base_url="http://v", headers=headers) as client:
        await client.get(OWN)
        found = list(samples(await client.get("/vouchers/metrics")))
    assert value(found, SEEN, http_route=OWN, http_response_status_code="200") == 1


async def test_switched_off_there_is_no_provider_no_round_and_no_wrapping(
    desk: OfficeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_METRICS_EXPORTER", "none")
    off, bus = Metering("intake"), DirectBus()
    assert isinstance(off.provider, NoOpMeterProvider)
    assert off.sending(bus) is bus
    assert off.hearing(bus.publish) == bus.publish
    async with annex(desk, APIRouter()) as client:
        answer = await client.get("/metrics")
    assert (answer.status_code, answer.json()["code"]) == (404, "metrics_off")


def test_a_figure_with_a_label_that_is_not_in_the_catalogue_is_refused() -> None:
    with pytest.raises(ValueError, match="other labels"):
        Figure("juyang.visits", 1, {"outcome": "completed", "person": "x"})


def test_every_metric_has_a_sentence_and_a_name_of_the_office() -> None:
    everything = {**GAUGES, **LIVE, **COUNTERS}
    assert SENT in everything
    assert all(name.startswith("juyang.") for name in everything)
    assert all(one.description.endswith(".") for one in everything.values())
