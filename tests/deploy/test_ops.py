"""`/ops`: what is found there, and that it says nothing about anybody."""

from __future__ import annotations

import re

import asyncpg
import pytest

from deploy.front.page import add_front
from shared.contracts import topics
from shared.contracts.eligibility import AwardGranted
from shared.contracts.ids import new_id
from shared.contracts.letter import Envelope
from shared.telemetry import TRACE_HEADER
from tests.deploy.ops import (
    HERE,
    HOME,
    NAME,
    PHONE,
    SOMEBODY,
    applied,
    kept,
    searched,
    visiting,
    with_pages,
)
from tests.desk import OfficeDesk
from tests.intake.rosters import COMMUNITY, STREET, enter, number, register

pytestmark = pytest.mark.anyio


@pytest.fixture
def office(desk: OfficeDesk) -> OfficeDesk:
    return with_pages(desk)


async def test_an_application_leads_to_its_chain_and_its_trace_shows_the_letters(
    office: OfficeDesk,
) -> None:
    story = await applied(office)
    async with visiting(office) as http:
        chain = await searched(http, story.application_id)
        assert str(chain.url) == f"{HOME}/ops/chains/{story.application_id}"
        assert "按规定核算资格" in chain.text
        assert f'href="/ops/traces/{story.trace_id}"' in chain.text
        shown = (await http.get(f"/ops/traces/{story.trace_id}")).text
    rows = re.findall(r'<tr><td class="w">.*?</tr>', shown)
    steps = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in rows]
    assert re.match(r"intake POST /intake/v1/applications .* 201$", steps[0])
    heard = {(step.split()[0], said[0]) for step in steps[1:] if (said := letters_in(step))}
    assert ("eligibility", "intake.application.submitted.v1") in heard
    assert ("evaluation", "eligibility.determination.made.v1") in heard
    assert shown.count('class="bar intake"') == 2, "a dot and a bar"
    assert 'class="way"' in shown
    assert f'href="/ops/chains/{story.application_id}"' in shown


def letters_in(step: str) -> list[str]:
    return re.findall(r"\b[a-z]+\.[a-z]+\.[a-z]+\.v1\b", step)


async def test_person_references_and_trace_ids_are_found_too(office: OfficeDesk) -> None:
    story = await applied(office)
    async with visiting(office, "auditor") as http:
        person = await searched(http, f" {story.person_id.upper()} ")
        assert person.url.path == f"/ops/persons/{story.person_id}"
        assert f'href="/ops/chains/{story.application_id}"' in person.text
        for text in (story.trace_id, f"00-{story.trace_id}-b7ad6b7169203331-01"):
            assert (await searched(http, text)).url.path == f"/ops/traces/{story.trace_id}"
        joined = await searched(http, story.application_id.replace("-", ""))
        assert joined.url.path == f"/ops/chains/{story.application_id}"
        gone = await searched(http, "f" * 32)
    assert gone.status_code == 404
    assert "没有保留这个追踪" in gone.text


@pytest.mark.parametrize("pasted", [number(901), NAME, PHONE, "", "<script>alert(1)</script>"])
async def test_what_is_no_id_is_refused_without_repeating_it(
    office: OfficeDesk, pasted: str
) -> None:
    async with visiting(office) as http:
        answers = [await searched(http, pasted)]
        if pasted and "/" not in pasted:
            answers += [await http.get(f"/ops/{what}/{pasted}") for what in ("chains", "persons")]
    for answer in answers:
        assert answer.status_code == 422
        assert not pasted or pasted not in answer.text
        assert "不要输入姓名" in answer.text
    assert answers[0].url.path == "/ops/search"


async def test_an_unknown_id_is_not_found(office: OfficeDesk) -> None:
    async with visiting(office) as http:
        assert (await searched(http, SOMEBODY)).status_code == 404
        assert (await http.get(f"/ops/chains/{SOMEBODY}")).status_code == 404


async def test_an_operator_of_another_district_does_not_find_the_chain(office: OfficeDesk) -> None:
    story = await applied(office)
    token = office.token("operator", sub="zhao", area="230103")
    async with office.nobody() as http:
        await http.post("/ops/login", data={"token": token}, headers=HERE)
        assert (await searched(http, story.application_id)).status_code == 404


async def test_the_overview_counts_letters_and_names_the_slowest_routes(
    office: OfficeDesk,
) -> None:
    await enter(office, COMMUNITY)
    async with office.as_("street_officer", sub="li", area=STREET) as li:
        await register(li, 901)
    async with visiting(office) as http:
        page = (await http.get("/ops")).text
        assert waiting(page)["intake"] == (1, 0)
        await office.settle()
        page = (await http.get("/ops")).text
    assert waiting(page) == dict.fromkeys(office.office.runtimes, (0, 0))
    routes = page.partition('id="routes"')[2].partition("</table>")[0]
    assert "POST /intake/v1/persons" in routes
    assert "/ops" not in routes


def waiting(page: str) -> dict[str, tuple[int, int]]:
    """Letters waiting and parked by service, as the page shows them."""
    cells = (
        r'</span>(\w+)</td>\s*<td class="n">(\d+)</td><td class="n">\d+</td>'
        r'<td class="n[ a-z]*">(\d+)<'
    )
    found = re.findall(cells, page)
    return {service: (int(unsent), int(parked)) for service, unsent, parked in found}


async def test_a_letter_that_cannot_be_handled_is_parked_and_stands_among_the_errors(
    office: OfficeDesk,
) -> None:
    moment = office.office.runtimes["intake"].clock.now()
    poison = Envelope(
        id=new_id(),
        type=AwardGranted.TYPE,
        topic=topics.ELIGIBILITY_AWARDS,
        aggregate_id=new_id(),
        occurred_at=moment,
        recorded_at=moment,
        facts=b'{"programme": 1}',
        seq=1,
    )
    await office.office.runtimes["vouchers"].inbox.receive([poison])
    async with visiting(office) as http:
        page = (await http.get("/ops")).text
        assert waiting(page)["vouchers"] == (0, 1)
        errors = page.partition('id="errors"')[2].partition("</table>")[0]
        assert AwardGranted.TYPE in errors
        assert "parked" in errors
        traces = re.findall(r"/ops/traces/([0-9a-f]{32})", errors)
        fallen = (await http.get(f"/ops/traces/{traces[0]}")).text
    assert "parked" in fallen


async def test_a_service_that_does_not_answer_is_shown_as_such(
    office: OfficeDesk, database: str
) -> None:
    admin = await asyncpg.connect(database)
    await admin.execute("DROP TABLE vouchers.parked CASCADE")
    await admin.close()
    async with visiting(office) as http:
        page = await http.get("/ops")
    assert page.status_code == 200
    assert set(waiting(page.text)) == set(office.office.runtimes) - {"vouchers"}
    assert 'href="/vouchers/ready"' in page.text


async def test_no_page_says_anything_about_anybody(office: OfficeDesk) -> None:
    story = await applied(office)
    places = (
        "/ops",
        f"/ops/chains/{story.application_id}",
        f"/ops/persons/{story.person_id}",
        f"/ops/traces/{story.trace_id}",
    )
    async with visiting(office) as http:
        pages = [(await http.get(place)) for place in places]
    secret = (NAME, PHONE, number(901), "1930-01-31", "19300131")
    for page in pages:
        assert page.status_code == 200
        assert not [word for word in secret if word in page.text], page.url
        assert page.headers["cache-control"] == "no-store"
    assert not [word for word in secret if word in repr(kept().traces())]


async def test_every_answer_carries_its_trace(office: OfficeDesk) -> None:
    async with office.nobody() as http:
        for place in ("/", "/ops", "/intake/health", "/intake/v1/persons", "/nowhere"):
            assert re.fullmatch(r"[0-9a-f]{32}", (await http.get(place)).headers[TRACE_HEADER])


async def test_where_no_traces_are_kept_the_page_says_where_they_go(desk: OfficeDesk) -> None:
    add_front(desk.office.app, desk.directory, desk.office.tokens)
    async with visiting(desk) as http:
        page = (await http.get("/ops")).text
        home = await http.get("/")
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" in page
    assert waiting(page) == dict.fromkeys(desk.office.runtimes, (0, 0))
    assert 'href="/ops"' in home.text
