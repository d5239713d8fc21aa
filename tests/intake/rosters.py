"""Areas, people and rosters that the stories of intake begin with."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path
from typing import Any

import httpx

from services.intake.persons.identity import check_character
from shared.contracts.ids import new_id
from tests.desk import OfficeDesk

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
STREET, NEXT_STREET = "110105015", "110105016"
COMMUNITY = "110105015001"
MOST = 1000
ENDS_WITHIN_S = 90


def number(order: int, born: str = "19300131") -> str:
    """A synthetic identity number with a valid check digit under a county that does not exist."""
    body = f"110190{born}{order:03d}"
    return body + check_character(body)


def areas_of(district: str) -> list[dict[str, str]]:
    """The district's streets and communities."""
    rows: list[dict[str, str]] = []
    for file in (EXAMPLES / "areas.csv", ROOT / "services/intake/areas/data/streets.csv"):
        with file.open(encoding="utf-8") as lines:
            rows += [row for row in csv.DictReader(lines) if row["code"].startswith(district)]
    return rows


async def enter_areas(desk: OfficeDesk, district: str = "110105") -> None:
    """Load the district's communities as the operator does."""
    rows = areas_of(district)
    async with desk.as_("operator") as operator:
        for start in range(0, len(rows), MOST):
            answer = await operator.post(
                "/intake/v1/areas", json={"id": str(new_id()), "areas": rows[start : start + MOST]}
            )
            assert answer.status_code == 201, answer.text


async def enter(desk: OfficeDesk, *codes: str) -> None:
    """Enter a few communities, quicker than the whole district."""
    level = {6: "district", 9: "street", 12: "community"}
    areas = [{"code": code, "name": f"区划{code}", "level": level[len(code)]} for code in codes]
    async with desk.as_("operator") as operator:
        answer = await operator.post("/intake/v1/areas", json={"id": str(new_id()), "areas": areas})
    assert answer.status_code == 201, answer.text


def person(order: int = 1, **more: Any) -> dict[str, Any]:
    """What opens a person file."""
    made = {
        "id": str(new_id()),
        "name": "王芳",
        "id_number": number(order),
        "area_code": COMMUNITY,
    }
    return {**made, **more}


async def register(client: httpx.AsyncClient, order: int = 1, **more: Any) -> dict[str, Any]:
    """Open a person file and return its view."""
    answer = await client.post("/intake/v1/persons", json=person(order, **more))
    assert answer.status_code == 201, answer.text
    view: dict[str, Any] = answer.json()
    return view


async def send(client: httpx.AsyncClient, content: bytes, key: str) -> httpx.Response:
    return await client.post(
        "/intake/v1/imports",
        files={"file": ("roster.xlsx", content)},
        headers={"Idempotency-Key": key},
    )


async def ended(client: httpx.AsyncClient, import_id: str) -> dict[str, Any]:
    """The import's view once it is over."""
    async with asyncio.timeout(ENDS_WITHIN_S):
        while True:
            answer = await client.get(f"/intake/v1/imports/{import_id}?wait_s=10")
            view: dict[str, Any] = answer.json()
            if view["state"] in ("done", "failed"):
                return view


async def bring(client: httpx.AsyncClient, content: bytes, key: str) -> dict[str, Any]:
    """Bring a roster and wait until it is worked off."""
    answer = await send(client, content, key)
    assert answer.status_code == 202, answer.text
    return await ended(client, answer.json()["import_id"])
