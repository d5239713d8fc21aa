"""Nobody's name, number, phone or certificate lies in the clear where it should not."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import asyncpg
import orjson
import pytest

from services.intake.persons.identity import plain
from shared.contracts.ids import new_id
from shared.contracts.programmes import VOUCHER
from shared.migrate import SERVICES
from tests.desk import OfficeDesk
from tests.intake.roster_files import opened
from tests.intake.rosters import EXAMPLES, STREET, bring, enter_areas, number, register
from tests.journeys.spans import kept_records, kept_spans

pytestmark = pytest.mark.anyio
COLUMNS = """
SELECT table_schema AS s, table_name AS t, column_name AS c, data_type = 'bytea' AS raw
FROM information_schema.columns WHERE table_schema = ANY($1)
    AND data_type IN ('text', 'jsonb', 'json', 'bytea', 'ARRAY', 'character varying')
"""
DIGITS = re.compile(r"\d{10,18}[Xx]?\w{0,4}")
NAME = re.compile(r"[\u3400-\u9fff·]{3,}")
PERSONAL = (1, 3, 5, 9)  # name, number, phone and certificate in the example
KNOWN = "110105015033"
PHONE, PLANTED_NAME = "13912345678", "欧阳慕白"


def secrets_of(roster: Path) -> set[str]:
    """Names of three and more characters, numbers, phones and certificates of a roster."""
    found: set[str] = set()
    for row in opened(roster).rows():
        said = [plain(str(row.raw[at])).upper() for at in PERSONAL]
        if row.person is not None:
            who = row.person
            said += [who.name, who.id_number, who.phone or "", who.disability_certificate or ""]
        found |= {one for one in said if NAME.fullmatch(one) or DIGITS.fullmatch(one)}
    return found


async def dumped(dsn: str) -> list[str]:
    """Every text and byte column of all services, as one text each."""
    texts: list[str] = []
    admin = await asyncpg.connect(dsn)
    for row in await admin.fetch(COLUMNS, list(SERVICES)):
        kind = "bytea" if row["raw"] else "text"
        values = await admin.fetch(f'SELECT "{row["c"]}"::{kind} FROM {row["s"]}."{row["t"]}"')
        kept = [value[0] for value in values if value[0] is not None]
        texts += [x.decode(errors="replace") if isinstance(x, bytes) else x for x in kept]
    await admin.close()
    return texts


def leaks(texts: Iterable[str], secrets: set[str]) -> set[str]:
    """Which secrets stand in the texts."""
    found: set[str] = set()
    for text in texts:
        words = {word.upper() for word in DIGITS.findall(text)} | set(NAME.findall(text))
        found |= words & secrets
        found |= {secret for secret in PLANTED if secret in text}
    return found


PLANTED = (number(901), number(901) + "11", PHONE, PLANTED_NAME)


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
