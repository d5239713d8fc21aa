"""Stories of caregivers: registering them, and 90 % certified on duty (Chaoyang 四(四), C-31)."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from services.evaluation.policy.model import Share
from services.evaluation.providers.caregivers import passes
from tests.desk import OfficeDesk
from tests.evaluation.letters import DISTRICT, STREET
from tests.evaluation.test_providers import admitted

NINETY_PERCENT = Share(certified=9, on_duty=10)
CAREGIVERS = "/evaluation/v1/caregivers"


@pytest.mark.parametrize(
    ("certified", "on_duty", "expected"),
    [
        (9, 10, True),
        (8, 9, False),
        (10, 10, True),
        (0, 1, False),
        (0, 0, None),
        (18, 20, True),
        (899, 1000, False),
    ],
)
def test_ninety_percent_is_counted_in_whole_people(
    certified: int, on_duty: int, expected: bool | None
) -> None:
    assert passes(certified, on_duty, NINETY_PERCENT) is expected


def test_without_a_share_in_the_text_nothing_is_judged() -> None:
    assert passes(0, 10, None) is None


def caregiver(provider: str, until: str | None = "2010-12-31", **other: Any) -> dict[str, Any]:
    made = str(uuid4())
    number = f"zs-{made[:12]}" if until else None
    return {
        "id": made,
        "provider_id": provider,
        "certified_until_on": until,
        "certificate_no": number,
        **other,
    }


async def register(desk: OfficeDesk, lines: list[dict[str, Any]]) -> dict[str, Any]:
    async with desk.as_("street_officer", sub="li", area=STREET) as client:
        body = {"id": str(uuid4()), "caregivers": lines}
        response = await client.post(f"{CAREGIVERS}/batch", json=body)
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return answer


async def certification(desk: OfficeDesk, **where: str) -> tuple[int, int, bool | None]:
    async with desk.as_("district_officer", area=DISTRICT) as client:
        shown = (await client.get("/evaluation/v1/certification", params=where)).json()
    return shown["certified"], shown["on_duty"], shown["passes"]


@pytest.mark.anyio
async def test_a_provider_passes_with_nine_of_ten_until_a_certificate_lapses(
    desk: OfficeDesk,
) -> None:
    provider = await admitted(desk)
    assert await certification(desk, provider_id=provider) == (0, 0, None)
    lines = [caregiver(provider) for _ in range(8)]
    lines += [caregiver(provider, "2010-02-28"), caregiver(provider, None)]
    lines.append(caregiver(provider, None, on_duty=False))
    assert (await register(desk, lines))["accepted"] == 11
    assert await certification(desk, provider_id=provider) == (9, 10, True)
    desk.clock.set(date(2010, 2, 28))
    assert await certification(desk, within=STREET) == (9, 10, True)
    desk.clock.set(date(2010, 3, 1))
    assert await certification(desk) == (8, 10, False)


@pytest.mark.anyio
async def test_a_bad_line_stops_no_other_and_says_why(desk: OfficeDesk) -> None:
    provider = await admitted(desk)
    twice = caregiver(provider)
    lines = [
        caregiver(provider),
        caregiver(provider) | {"certified_until_on": None},
        caregiver(str(uuid4())),
        {"id": "x"},
        twice,
        twice,
    ]
    answer = await register(desk, lines)
    assert (answer["accepted"], answer["refused"]) == (2, 4)
    assert [line["code"] for line in answer["results"]] == [
        "",
        "certificate_incomplete",
        "no_such_provider",
        "invalid_fields",
        "",
        "id_taken",
    ]
    work = desk.work("evaluation")
    sent = await work.value(
        "SELECT count(*) FROM outbox WHERE type = 'evaluation.caregiver.registered.v1'"
    )
    await work.abandon()
    assert sent == 2


@pytest.mark.anyio
async def test_a_certificates_number_goes_into_no_letter_and_no_column(desk: OfficeDesk) -> None:
    provider = await admitted(desk)
    one = caregiver(provider) | {"certificate_no": "SECRET-2010-77"}
    async with desk.as_("provider", agency=provider) as client:
        assert (await client.post(CAREGIVERS, json=one)).status_code == 201
    work = desk.work("evaluation")
    for table in ("caregivers", "outbox", "audit", "idempotency"):
        kept = await work.rows(f"SELECT CAST(t.* AS text) AS all_of_it FROM {table} t")
        assert not any("SECRET-2010-77" in row["all_of_it"] for row in kept)
    await work.abandon()


@pytest.mark.anyio
async def test_a_provider_registers_nobody_for_another(desk: OfficeDesk) -> None:
    provider = await admitted(desk)
    async with desk.as_("provider", agency=str(uuid4())) as client:
        refused = await client.post(CAREGIVERS, json=caregiver(provider))
    assert refused.status_code == 404
