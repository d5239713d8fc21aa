"""What officers do besides reviewing and approving, for the stories about lists and appeals."""

from __future__ import annotations

from datetime import date
from typing import Any

import httpx

from shared.contracts.ids import new_id
from tests.desk import OfficeDesk
from tests.eligibility.stories import DISTRICT, STREET, Elder, approve, case_of, review, tell

DAY = date(2010, 1, 4)


async def refused(
    desk: OfficeDesk, elder: Elder, sub: str = "wang", note: str | None = "材料存疑"
) -> str:
    """The elder's case, recommended by li and refused by wang."""
    await tell(desk, elder.registers(), elder.applies())
    case_id: str = (await case_of(desk, elder))["case_id"]
    assert [line["ok"] for line in await review(desk, case_id)] == [True]
    (line,) = await approve(desk, case_id, decision="refuse", sub=sub, note=note)
    assert line["ok"], line
    return case_id


async def district(
    desk: OfficeDesk,
    method: str,
    path: str,
    by: str = "zhao",
    role: str = "district_officer",
    area: str = DISTRICT,
    **said: Any,
) -> httpx.Response:
    """One request of an officer; a write gets an id of its own."""
    async with desk.as_(role, sub=by, area=area) as client:
        body = {"id": str(new_id()), **said} if method == "POST" else None
        return await client.request(method, f"/eligibility/v1/{path}", json=body)


async def street(desk: OfficeDesk, method: str, path: str, **said: Any) -> httpx.Response:
    """The same by an officer of the street."""
    return await district(desk, method, path, by="qian", role="street_officer", area=STREET, **said)


async def appealed(desk: OfficeDesk, case_id: str, ground: str = "户口已核实") -> str:
    """An appeal that the street took down."""
    answer = await street(desk, "POST", "appeals", case_id=case_id, ground=ground)
    assert answer.status_code == 201, answer.text
    appeal_id: str = answer.json()["appeal_id"]
    return appeal_id


async def heard(
    desk: OfficeDesk, appeal_id: str, outcome: str, sub: str = "zhao", note: str = "已核对原件"
) -> httpx.Response:
    """Somebody decides an appeal."""
    path = f"appeals/{appeal_id}/outcomes"
    return await district(desk, "POST", path, by=sub, outcome=outcome, note=note)
