"""Bringing rosters: rows become person files, rejects come back, nobody is doubled."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import httpx
import pytest

from tests.desk import OfficeDesk

pytestmark = pytest.mark.anyio
EXAMPLES = Path(__file__).parents[2] / "examples"
STREET = "110105015"


async def enter_areas(desk: OfficeDesk, district: str = "110105") -> None:
    """Load the district's communities as the operator does."""
    with (EXAMPLES / "areas.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["code"].startswith(district)]
    streets = Path(__file__).parents[2] / "services/intake/areas/data/streets.csv"
    with streets.open(encoding="utf-8") as file:
        rows += [row for row in csv.DictReader(file) if row["code"].startswith(district)]
    async with desk.as_("operator") as operator:
        for start in range(0, len(rows), 1000):
            from shared.contracts.ids import new_id

            answer = await operator.post(
                "/intake/v1/areas", json={"id": str(new_id()), "areas": rows[start : start + 1000]}
            )
            assert answer.status_code == 201, answer.text


async def bring(client: httpx.AsyncClient, content: bytes, key: str) -> dict[str, object]:
    answer = await client.post(
        "/intake/v1/imports",
        files={"file": ("roster.xlsx", content)},
        headers={"Idempotency-Key": key},
    )
    assert answer.status_code == 202, answer.text
    import_id = answer.json()["import_id"]
    while True:
        view = (await client.get(f"/intake/v1/imports/{import_id}?wait_s=10")).json()
        if view["state"] in ("done", "failed"):
            return view


async def test_a_street_brings_its_roster_and_a_second_time_changes_nothing(
    desk: OfficeDesk,
) -> None:
    await enter_areas(desk)
    content = (EXAMPLES / "chaoyang-roster.xlsx").read_bytes()
    async with desk.as_("street_officer", sub="li", area=STREET) as officer:
        first = await bring(officer, content, "roster-1")
        again = await bring(officer, content, "roster-2")
        rejects = await officer.get(f"/intake/v1/imports/{first['import_id']}/rejects.xlsx")
    assert first["state"] == "done", first
    assert first["rows_total"] == 2000
    assert first["persons_new"] == 1966
    assert first["rejected"] == 34
    assert again["persons_new"] == 0
    assert again["persons_unchanged"] == 1966
    from python_calamine import CalamineWorkbook

    sheet = CalamineWorkbook.from_filelike(io.BytesIO(rejects.content)).get_sheet_by_index(0)
    assert len(list(sheet.iter_rows())) == 1 + 34
