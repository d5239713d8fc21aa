"""Bringing rosters: rows become person files, rejects come back, nobody is doubled."""

from __future__ import annotations

import io

import pytest
from python_calamine import CalamineWorkbook

from tests.desk import OfficeDesk
from tests.intake.rosters import EXAMPLES, STREET, bring, enter_areas

pytestmark = pytest.mark.anyio


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
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(rejects.content)).get_sheet_by_index(0)
    assert len(list(sheet.iter_rows())) == 1 + 34
