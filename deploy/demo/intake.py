"""Rosters become person files, rejects are corrected and brought again, people apply."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import xlsxwriter
from python_calamine import CalamineWorkbook

from deploy.demo.cast import CHAOYANG_STREET, Cast, demo_id
from deploy.demo.lists import hand_in
from deploy.desk import Person
from services.intake.imports.columns import FIELDS, REASON_HEADING, heading_key
from services.intake.persons.identity import BODY, NUMBER_LENGTH, check_character, plain
from shared.contracts.programmes import VOUCHER

EXAMPLES = Path(__file__).parents[2] / "examples"
LOOK_S = 5


async def bring(cast: Cast, place: Path) -> dict[str, int]:
    """Import both rosters; returns rows, persons and rejected rows in the end."""
    counts = {"rows": 0, "persons": 0, "rejected": 0, "corrected": 0}
    for officer, name in (
        (cast.street(), "chaoyang-roster.xlsx"),
        (cast.nangang(), "nangang-roster.xlsx"),
    ):
        view = await _import(officer, name, (EXAMPLES / name).read_bytes())
        rejects = await officer.content(f"/intake/v1/imports/{view['import_id']}/rejects.xlsx")
        place.mkdir(parents=True, exist_ok=True)
        (place / f"rejects-{name}").write_bytes(rejects)
        again = await _import(officer, f"corrected-{name}", corrected(rejects))
        counts["rows"] += view["rows_total"]
        counts["persons"] += view["persons_new"] + again["persons_new"]
        counts["rejected"] += view["rejected"]
        counts["corrected"] += again["persons_new"]
        await _apply(officer, (view["import_id"], again["import_id"]))
    await _call(cast)
    await cast.desk.settle()
    return counts


async def _import(officer: Person, name: str, content: bytes) -> dict[str, Any]:
    key = hashlib.sha256(name.encode() + content).hexdigest()
    view = await officer.upload("/intake/v1/imports", name, content, key)
    while view["state"] not in ("done", "failed"):
        view = await officer.get(f"/intake/v1/imports/{view['import_id']}", wait_s=LOOK_S)
    return view


def corrected(rejects: bytes) -> bytes:
    """What an officer mends first: the check character of mistyped numbers, nothing else."""
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(rejects)).get_sheet_by_index(0)
    rows = [[str(cell) for cell in row] for row in sheet.iter_rows()]
    number_at = [FIELDS.get(heading_key(title)) for title in rows[0]].index("id_number")
    reason_at = rows[0].index(REASON_HEADING)
    kept = [rows[0], *(row for row in rows[1:] if "校验码" in row[reason_at])]
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"strings_to_formulas": False}) as book:
        page = book.add_worksheet()
        for line, row in enumerate(kept):
            cells = list(row)
            if line:
                cells[number_at] = _mended(cells[number_at])
            for column, cell in enumerate(cells):
                page.write_string(line, column, cell)
    return out.getvalue()


def _mended(number: str) -> str:
    digits = plain(number).upper()
    if len(digits) != NUMBER_LENGTH:
        return number
    return digits[BODY] + check_character(digits[BODY])


async def _apply(officer: Person, imports: tuple[str, ...]) -> None:
    """Everybody whom the roster marks as wishing to apply, a list of 1,000 at a time."""
    for import_id in imports:
        wishes = [w async for w in officer.pages(f"/intake/v1/imports/{import_id}/wishes")]
        lines = [
            {
                "id": demo_id("application", wish["person_id"], wish["programme"]),
                "person_id": wish["person_id"],
                "programme": wish["programme"],
                "channel": "roster",
            }
            for wish in wishes
        ]
        path = "/intake/v1/applications/batch"
        await hand_in(officer, path, "applications", lines, "applications", import_id)


async def _call(cast: Cast) -> None:
    """Somebody of 85 calls 96156: the hotline opens a file and takes the application."""
    hotline = cast.hotline()
    number = "11019019240615002"
    person = demo_id("caller")
    await hotline.post(
        "/intake/v1/persons",
        {
            "id": person,
            "name": "欧阳静安",
            "id_number": number + check_character(number),
            "phone": "15400000001",
            "area_code": f"{CHAOYANG_STREET}033",
            "facts": {"hukou_area": "110105", "disability": "none", "employed": False},
        },
    )
    await hotline.post(
        "/intake/v1/applications",
        {
            "id": demo_id("application", person, VOUCHER),
            "person_id": person,
            "programme": VOUCHER,
            "channel": "hotline",
            "call_id": "96156-20100104-0001",
        },
    )
