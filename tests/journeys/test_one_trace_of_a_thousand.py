"""A thousand requests that cause letters: each is one trace, to the last service that hears."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from deploy.spans import SpanStore
from shared.contracts.ids import new_id
from shared.contracts.intake import PersonDied
from shared.contracts.programmes import VOUCHER
from shared.telemetry import TRACE_HEADER
from tests.deploy.ops import searched, visiting, with_pages
from tests.desk import OfficeDesk
from tests.intake.rosters import COMMUNITY, STREET, enter, person
from tests.journeys.spans import kept_spans
from tests.observability.threads import Letters, Written, heard, hearers, is_one

pytestmark = pytest.mark.anyio
PEOPLE = 500
AT_LEAST = 0.999
WRITTEN = """
SELECT id AS letter_id, type, topic, aggregate_id, causation_id,
    split_part(traceparent, '-', 2) AS trace_id
FROM outbox
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was taken: what it is about, and the trace that its answer named."""

    about: UUID
    trace_id: str


def own_store() -> SpanStore:
    """A store of this story's own, large enough for all of it."""
    kept_spans()
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    store = SpanStore(most_spans=100_000)
    provider.add_span_processor(store)
    return store


async def sent(client: httpx.AsyncClient, path: str, body: dict[str, str]) -> Asked:
    answer = await client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return Asked(UUID(body["id"]), answer.headers[TRACE_HEADER])


async def asked(desk: OfficeDesk) -> list[Asked]:
    """People and their applications, and every letter that this causes."""
    await enter(desk, COMMUNITY)
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        people = [await sent(li, "/intake/v1/persons", person(nth)) for nth in range(PEOPLE)]
        await desk.settle()
        wish = {"programme": VOUCHER, "channel": "street_office"}
        bodies = [wish | {"id": str(new_id()), "person_id": str(x.about)} for x in people]
        applications = [await sent(li, "/intake/v1/applications", body) for body in bodies]
        await desk.settle()
    return people + applications


async def written(desk: OfficeDesk) -> Letters:
    """Every letter of the five services."""
    found: list[Written] = []
    for name in desk.office.runtimes:
        work = desk.work(name)
        found += [Written(**row) for row in await work.rows(WRITTEN)]
        await work.abandon()
    return Letters.of(found)


async def test_of_a_thousand_requests_each_is_one_trace_with_all_its_letters(
    desk: OfficeDesk,
) -> None:
    store, services = own_store(), [one.service for one in desk.office.runtimes.values()]
    requests = await asked(desk)
    letters = await written(desk)
    whole = 0
    for one in requests:
        mine = letters.caused_by_asking_for(one.about)
        wanted = {(str(x.letter_id), who) for x in mine for who in hearers(services, x)}
        assert mine, "every request causes a letter"
        assert wanted, "every letter is heard"
        whole += is_one(store.trace(one.trace_id), mine, wanted)
    assert len(requests) == 2 * PEOPLE
    assert whole >= AT_LEAST * len(requests)


async def test_the_letters_of_a_jobs_work_are_one_trace_though_nobody_asked(
    desk: OfficeDesk,
) -> None:
    store, services = own_store(), [one.service for one in desk.office.runtimes.values()]
    work = desk.work("intake")
    gone = [new_id() for _ in range(2)]
    for one in gone:
        work.send(
            PersonDied(
                aggregate_id=one,
                person_id=one,
                occurred_at=work.now,
                area_code=COMMUNITY,
                died_on=work.today,
            )
        )
    await work.commit()
    await desk.settle()
    letters = await written(desk)
    mine = [letter for one in gone for letter in letters.caused_by_asking_for(one)]
    (trace_id,) = {letter.trace_id for letter in mine}
    found = store.trace(trace_id)
    assert found is not None
    assert {(str(x.letter_id), who) for x in mine for who in hearers(services, x)} <= heard(found)


async def test_every_link_of_a_chain_leads_to_its_trace(desk: OfficeDesk) -> None:
    office = with_pages(desk)
    await enter(office, COMMUNITY)
    async with office.as_("street_officer", sub="li", area=STREET) as li:
        who = await sent(li, "/intake/v1/persons", person())
        await office.settle()
        wish = {"programme": VOUCHER, "channel": "street_office", "person_id": str(who.about)}
        application = await sent(li, "/intake/v1/applications", wish | {"id": str(new_id())})
        await office.settle()
    async with visiting(office, "auditor") as http:
        chain = (await searched(http, str(application.about))).text
        told = await http.get(f"/evaluation/v1/chains/{application.about}", headers=bearer(office))
        links = told.json()["links"]
        assert {link["trace_id"] for link in links} == {who.trace_id, application.trace_id}
        for link in links:
            place = f"/ops/traces/{link['trace_id']}"
            assert f'href="{place}"' in chain
            shown = await http.get(place)
            assert shown.status_code == 200
            assert link["type"] in shown.text


def bearer(office: OfficeDesk) -> dict[str, str]:
    return {"Authorization": f"Bearer {office.token('auditor')}"}
