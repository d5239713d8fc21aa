"""An import: a roster on its way into person files, chunk by chunk, with its count of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from services.intake.areas.domain import check_area
from services.intake.imports.roster import RosterRow
from services.intake.imports.rows import PersonDraft
from services.intake.persons.domain import Identifiers, Person
from services.intake.persons.identity import Flaw
from shared.caller import EVERYWHERE, Caller
from shared.contracts.facts import PersonFacts
from shared.errors import invalid_field

LARGEST_FILE = 64 * 1024 * 1024
State = Literal["received", "running", "done", "failed"]

OUTSIDE_AREA = Flaw(
    "outside_area",
    "community",
    "该社区不在您的辖区，请交所属街道导入",
    "the community is outside your area; let its own street import the row",
)
IMPORT_FAILED = Flaw(
    "import_failed",
    "file",
    "系统无法处理此文件，已登记的行均已保存；请用Excel另存后重新导入，仍不行请报修",
    "the office could not work this file off; rows counted so far are saved; save it anew with "
    "Excel and import again, or report it",
)
KNOWN_ELSEWHERE = Flaw(
    "person_known_elsewhere",
    "id_number",
    "此人在其他社区或街道已有档案，请先办理迁移",
    "this person has a file in another community or street; record a move first",
)


@dataclass(frozen=True, slots=True)
class Import:
    """A roster received, and how far it is."""

    import_id: UUID
    area_code: str
    state: State
    submitted_by: str
    role: str
    submitted_on: date
    rows_total: int = 0
    next_row: int = 0
    persons_new: int = 0
    persons_updated: int = 0
    persons_unchanged: int = 0
    rejected: int = 0
    trouble_code: str = ""
    trouble_zh: str = ""
    trouble_en: str = ""

    @property
    def ended(self) -> bool:
        return self.state in ("done", "failed")


@dataclass(frozen=True, slots=True)
class Sorted:
    """A chunk's rows: drafts to take over, and rows to give back with what is wrong."""

    drafts: list[tuple[int, PersonDraft]]
    rejected: list[RosterRow]
    last_row: int


def area_of(caller: Caller, within: str | None) -> str:
    """The area that a roster is brought for: the one that is named, or the caller's own.

    Raises:
        Invalid: none is named by somebody who acts everywhere.
        Forbidden: it lies outside the caller's.
    """
    area = within or caller.area
    if area == EVERYWHERE:
        raise invalid_field(
            "query.within", "area_missing", "请用 within 注明区划代码", "name the area by `within`"
        )
    check_area(caller, area, "query.within", known=True)
    return area


def check_size(content: bytes) -> None:
    """A roster's file has a size that the office can work off.

    Raises:
        Invalid: it is empty or too large.
    """
    if not 0 < len(content) <= LARGEST_FILE:
        raise invalid_field(
            "body.file",
            "file_size",
            "文件应不为空且不超过 64 MB",
            "the file must not be empty nor exceed 64 MB",
        )


def sort_rows(rows: list[RosterRow], covers: str) -> Sorted:
    """Good rows within the area `covers` (a prefix, empty for everywhere), and the others."""
    drafts: list[tuple[int, PersonDraft]] = []
    rejected: list[RosterRow] = []
    for row in rows:
        if row.person is None:
            rejected.append(row)
        elif not row.person.area_code.startswith(covers):
            rejected.append(refused(row, OUTSIDE_AREA))
        else:
            drafts.append((row.row_number, row.person))
    return Sorted(drafts, rejected, rows[-1].row_number)


def refused(row: RosterRow, flaw: Flaw) -> RosterRow:
    """The row with one more flaw, not to be taken over."""
    return RosterRow(row.row_number, None, [*row.flaws, flaw], row.raw)


def person_of_draft(person_id: UUID, draft: PersonDraft) -> tuple[Person, Identifiers]:
    """The person file that a draft asks for; residence is where the roster is kept."""
    facts: PersonFacts = draft.facts
    if facts.residence_area is None and draft.moved_out_on is None:
        facts = facts.model_copy(update={"residence_area": draft.area_code})
    who = Identifiers(draft.name, draft.id_number, draft.phone, draft.disability_certificate)
    return Person(person_id, draft.area_code, facts, moved_out_on=draft.moved_out_on), who
