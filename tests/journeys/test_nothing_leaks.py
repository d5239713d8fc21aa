"""Nobody's name, number, phone or certificate lies in the clear where it should not."""

from __future__ import annotations

import logging
from collections.abc import Callable

import orjson
import pytest

from shared.contracts.ids import new_id
from shared.contracts.programmes import VOUCHER
from tests.desk import OfficeDesk
from tests.intake.rosters import EXAMPLES, STREET, bring, enter_areas, number, register
from tests.journeys.leaks import PHONE, PLANTED, PLANTED_NAME, dumped, leaks, secrets_of
from tests.journeys.spans import kept_records, kept_spans

pytestmark = pytest.mark.anyio
KNOWN = "110105015033"


async def told_by_the_doors(desk: OfficeDesk) -> list[str]:
    """What the doors answer to requests full of personal data, wrong and right."""
    async with desk.as_("street_officer", sub="li", area=STREET) as li:
        who = await register(
            li,
            901,
            area_code=KNOWN,
            name=PLANTED_NAME,
            phone=PHONE,
            disability_certificate=number(901) + "11",
        )
        place = f"/intake/v1/persons/{who['person_id']}"
        wrong = {"id": str(new_id()), "name": PLANTED_NAME, "id_number": number(901)}
        asked = {"id": str(new_id()), "person_id": who["person_id"], "programme": VOUCHER}
        answers = [
            await li.get(place),
            await li.get("/intake/v1/persons?limit=1000"),
            await li.post("/intake/v1/persons", json=wrong),
            await li.post("/intake/v1/persons", json={**wrong, "area_code": PHONE}),
            await li.post("/intake/v1/persons", json={**wrong, "area_code": KNOWN}),
            await li.post("/intake/v1/persons", json={**wrong, "facts": {PHONE: PLANTED_NAME}}),
            await li.post("/intake/v1/persons", content=PLANTED_NAME.encode()),
            await li.post("/intake/v1/persons/searches", json={"kind": "phone", "value": PHONE}),
            await li.post(
                f"{place}/facts", json={"id": str(new_id()), "facts": {"sanwu": PLANTED_NAME}}
            ),
            await li.post("/intake/v1/applications", json={**asked, "channel": "street_office"}),
            await li.post("/intake/v1/applications", json={**asked, "call_id": PLANTED_NAME}),
        ]
        shown = await li.post(
            f"{place}/disclosures", json={"reason": "上门核对", "fields": ["name", "phone"]}
        )
    assert shown.json()["name"] == PLANTED_NAME
    return [answer.text + str(answer.headers) for answer in answers]


@pytest.fixture(scope="module")
def telemetry() -> Callable[[], list[str]]:
    """What goes out to the collectors, as JSON; set up before the office looks for it."""
    spans, records = kept_spans(), kept_records()
    spans.clear()

    def told() -> list[str]:
        kept = [*spans.get_finished_spans(), *records.get_finished_logs()]
        return [str(orjson.loads(one.to_json())) for one in kept]

    return told


async def test_identity_stands_nowhere_in_the_clear(
    telemetry: Callable[[], list[str]],
    desk: OfficeDesk,
    database: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    roster = EXAMPLES / "chaoyang-roster.xlsx"
    secrets = secrets_of(roster) | set(PLANTED)
    assert len(secrets) > 4000
    await enter_areas(desk)
    with caplog.at_level(logging.DEBUG):
        async with desk.as_("street_officer", sub="li", area=STREET) as li:
            view = await bring(li, roster.read_bytes(), "roster")
            rejects = await li.get(f"/intake/v1/imports/{view['import_id']}/rejects.xlsx")
        answers = await told_by_the_doors(desk)
        await desk.settle()
    assert (view["state"], rejects.status_code) == ("done", 200)
    assert leaks(sorted(secrets), secrets) == secrets, "the scan sees what it looks for"
    kept = await dumped(database)
    assert len(kept) > 10_000
    assert leaks(kept, secrets) == set()
    assert leaks(answers, secrets) == set()
    assert leaks([caplog.text], secrets) == set()
    told = telemetry()
    assert len(told) > 100
    assert leaks(told, secrets) == set()
