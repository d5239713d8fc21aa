"""Five processes on Kafka: a request is one trace through all of them, and `/ops` shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from deploy.desk import Desk
from deploy.front.traces import GatheredTraces
from deploy.front.visitors import Visitor
from deploy.kafka.broker import KafkaBroker
from deploy.spans import KeptTrace
from shared.auth import local_key, mint
from shared.caller import Caller
from shared.contracts.ids import new_id
from shared.contracts.programmes import VOUCHER
from shared.migrate import SERVICES
from shared.settings import Settings
from shared.telemetry import TRACE_HEADER
from tests.deploy.browser import CHROMIUM, browser
from tests.intake.rosters import COMMUNITY, STREET, person
from tests.kafka.apart import Apart
from tests.observability.threads import hangs_together, heard

pytestmark = pytest.mark.anyio
PEOPLE = 100
AT_LEAST = 0.999
NOBODY = "http://127.0.0.1:1/gone"
TOKEN_LIFE_S = 3600
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
Links = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was taken: what it is about, and the trace that its answer named."""

    about: UUID
    trace_id: str


class Town:
    """An office apart with its traces on, and somebody of the street who works there."""

    def __init__(self, office: Apart, client: httpx.AsyncClient) -> None:
        self.office = office
        self._client = client
        operator = Caller("wei", "operator")
        self.visitor = Visitor(operator, self._token(operator))
        self._worker = self._token(Caller("li", "street_officer", STREET))
        self.traces = GatheredTraces([office.own_url(name) for name in SERVICES])

    def _token(self, who: Caller) -> str:
        data = self.office.data
        settings = Settings.model_validate({"data": data})
        return mint(local_key(data), settings, who, lives_s=TOKEN_LIFE_S)

    async def enter(self, desk: Desk) -> None:
        area = {"code": COMMUNITY, "name": "红庙社区", "level": "community"}
        operator = desk.person("operator", "root")
        await operator.post("/intake/v1/areas", {"id": str(new_id()), "areas": [area]})

    async def register(self, order: int) -> Asked:
        return await self._sent("/intake/v1/persons", person(order))

    async def apply(self, who: Asked) -> Asked:
        wish = {"programme": VOUCHER, "channel": "street_office", "person_id": str(who.about)}
        return await self._sent("/intake/v1/applications", wish | {"id": str(new_id())})

    async def links(self, application: Asked) -> Links:
        """The chain of an application, as evaluation tells it."""
        answer = await self._client.get(
            f"/evaluation/v1/chains/{application.about}",
            headers={"Authorization": f"Bearer {self.visitor.token}"},
        )
        found: Links = answer.json()["links"]
        return found

    async def _sent(self, path: str, body: dict[str, str]) -> Asked:
        headers = {"Authorization": f"Bearer {self._worker}"}
        answer = await self._client.post(path, json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        return Asked(UUID(body["id"]), answer.headers[TRACE_HEADER])


def is_whole(trace: KeptTrace | None, links: Links) -> bool:
    """Whether a chain's letters of one request were heard in its trace, with nothing loose."""
    if trace is None or not hangs_together(trace):
        return False
    mine = {link["letter_id"] for link in links if link["trace_id"] == trace.trace_id}
    return bool(mine) and mine <= {letter for letter, who in heard(trace) if who == "evaluation"}


async def test_requests_are_one_trace_through_five_processes_and_kafka(
    tmp_path: Path, kafka: KafkaBroker
) -> None:
    async with (
        Apart(tmp_path / "data", kafka.url, traced=True) as office,
        httpx.AsyncClient(base_url=office.url, timeout=60, trust_env=False) as client,
    ):
        await office.ready()
        town, desk = Town(office, client), office.desk()
        await town.enter(desk)
        people = [await town.register(nth) for nth in range(PEOPLE)]
        await desk.settle()
        applications = [await town.apply(who) for who in people]
        await desk.settle()
        whole = 0
        for who, application in zip(people, applications, strict=True):
            links = await town.links(application)
            assert {x["trace_id"] for x in links} == {who.trace_id, application.trace_id}
            for one in (who, application):
                whole += is_whole(await town.traces.trace(one.trace_id, town.visitor), links)
        assert whole >= AT_LEAST * 2 * PEOPLE
        await shown_in_ops(town, client, applications[-1], people[-1])
        await desk.close()
        await pictured(town, applications[-1], tmp_path)


async def shown_in_ops(
    town: Town, client: httpx.AsyncClient, application: Asked, who: Asked
) -> None:
    """In by the form, to the chain, and from each of its links to the waterfall."""
    here = {"Origin": town.office.url}
    refused = await client.get(f"/ops/chains/{application.about}")
    assert refused.status_code == 401
    token = {"token": town.visitor.token}
    assert (await client.post("/ops/login", data=token, headers=here)).status_code == 303
    chain = (await client.get(f"/ops/chains/{application.about}")).text
    for one in (who, application):
        assert f'href="/ops/traces/{one.trace_id}"' in chain
    fall = (await client.get(f"/ops/traces/{application.trace_id}")).text
    rows = re.findall(r'<tr><td class="w">.*?</tr>', fall)
    steps = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]
    assert steps[0].startswith("intake POST /intake/v1/applications")
    reached = {step.split()[0] for step in steps}
    assert {"intake", "eligibility", "evaluation"} <= reached
    overview = (await client.get("/ops")).text
    assert "POST /intake/v1/applications" in overview
    assert "/traces" not in overview.partition('id="routes"')[2].partition("</table>")[0]


async def pictured(town: Town, application: Asked, tmp_path: Path) -> None:
    """The same in a browser, where there is one."""
    if CHROMIUM is None:
        return
    url = town.office.url
    async with browser(tmp_path / "profile") as tab:
        await tab.open(f"{url}/ops/traces/{application.trace_id}")
        await tab.value(f"document.getElementById('token').value = '{town.visitor.token}'")
        await tab.leave_by("document.querySelector('#enter').click()")
        assert await tab.value("document.querySelectorAll('#waterfall g').length") >= 4
        assert await tab.value(TOO_WIDE) == 0
        (tmp_path / "trace.png").write_bytes(await tab.picture())
        await tab.open(f"{url}/ops")
        assert await tab.value(TOO_WIDE) == 0
        (tmp_path / "overview.png").write_bytes(await tab.picture())


async def test_with_relays_apart_the_trace_goes_through_them_and_does_without_who_is_away(
    tmp_path: Path, kafka: KafkaBroker
) -> None:
    async with (
        Apart(tmp_path / "data", kafka.url, "--relays", traced=True) as office,
        httpx.AsyncClient(base_url=office.url, timeout=60, trust_env=False) as client,
    ):
        await office.ready()
        town, desk = Town(office, client), office.desk()
        await town.enter(desk)
        who = await town.register(1)
        await desk.settle()
        application = await town.apply(who)
        await desk.settle()
        links = await town.links(application)
        await desk.close()
        relays = [office.own_url(f"{name}-relay") for name in SERVICES]
        services = [office.own_url(name) for name in SERVICES]
        everybody = GatheredTraces([NOBODY, *relays, *services])
        assert is_whole(await everybody.trace(application.trace_id, town.visitor), links)
        without = await GatheredTraces(services).trace(application.trace_id, town.visitor)
        assert not is_whole(without, links), "the relays' part is theirs alone"
