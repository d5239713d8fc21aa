"""Imports in the database: the sealed file, its progress, its rejects and the wishes in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from services.intake.imports.cells import written
from services.intake.imports.domain import Import
from services.intake.imports.roster import RosterRow
from services.intake.persons.domain import Identifiers, Person
from services.intake.persons.identity import Flaw
from services.intake.persons.store import CERTIFICATE, NUMBER, PHONE, Persons, facts_text
from shared.contracts.facts import PersonFacts
from shared.contracts.intake import PersonUpdated
from shared.errors import NotFound
from shared.vault import SealedFields, Vault
from shared.work import Work

FIELDS = (
    "import_id, area_code, state, submitted_by, role, submitted_on, rows_total, next_row, "
    "persons_new, persons_updated, persons_unchanged, rejected, trouble_code, trouble_zh, "
    "trouble_en"
)
INSERT = """
INSERT INTO imports (import_id, area_code, state, submitted_by, role, submitted_on, wrapped_key,
    sealed_file)
VALUES (:import_id, :area_code, 'received', :submitted_by, :role, :submitted_on, :wrapped_key,
    :sealed_file)
"""
STAGED = (
    "import_id", "person_id", "area_code", "facts", "birth_on", "moved_out_on", "wrapped_key",
    "sealed", "kinds", "marks", "wants",
)  # fmt: skip
TAKE_OVER = """
WITH mine AS (
    DELETE FROM staged_persons WHERE import_id = :import_id RETURNING *
), files AS (
    INSERT INTO persons (person_id, area_code, facts, birth_on, moved_out_on, wrapped_key, sealed)
    SELECT person_id, area_code, CAST(facts AS jsonb), birth_on, moved_out_on, wrapped_key, sealed
    FROM mine
), marks AS (
    INSERT INTO person_marks (kind, digest, person_id, area_code)
    SELECT m.kind, m.digest, mine.person_id, mine.area_code
    FROM mine, unnest(mine.kinds, mine.marks) AS m(kind, digest)
)
INSERT INTO import_wishes (import_id, person_id, programme, area_code)
SELECT :import_id, person_id, unnest(wants), area_code FROM mine
"""
LEARN = """
UPDATE persons p SET facts = p.facts || CAST(t.facts AS jsonb), version = version + 1
FROM unnest(CAST(:people AS uuid[]), CAST(:facts AS text[])) AS t(person_id, facts)
WHERE p.person_id = t.person_id AND p.facts || CAST(t.facts AS jsonb) <> p.facts
RETURNING p.person_id, p.area_code, p.agency, p.facts
"""
WISH = """
INSERT INTO import_wishes (import_id, person_id, programme, area_code)
SELECT :import_id, * FROM unnest(CAST(:people AS uuid[]), CAST(:programmes AS text[]),
    CAST(:areas AS text[])) ON CONFLICT DO NOTHING
"""
ADVANCE = """
UPDATE imports SET state = 'running', rows_total = :rows_total, next_row = :next_row,
    persons_new = persons_new + :new, persons_updated = persons_updated + :updated,
    persons_unchanged = persons_unchanged + :unchanged, rejected = rejected + :rejected
WHERE import_id = :import_id
"""
WISHES = """
SELECT person_id, programme, area_code FROM import_wishes
WHERE import_id = :import_id AND (CAST(:person AS uuid) IS NULL
    OR (person_id, programme) > (CAST(:person AS uuid), CAST(:programme AS text)))
ORDER BY person_id, programme LIMIT :most
"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One draft with its identity sealed and its numbers blinded, ready to be stored."""

    row_number: int
    person: Person
    kept: SealedFields
    number: bytes
    marks: list[tuple[str, bytes]]
    wants: frozenset[str]


def prepare(
    vault: Vault, row_number: int, person: Person, who: Identifiers, wants: frozenset[str]
) -> Prepared:
    """Seal one person's identity; pure work that may run in a thread."""
    pairs = ((PHONE, who.phone), (CERTIFICATE, who.disability_certificate))
    marks = [(kind, vault.blind(kind, value)) for kind, value in pairs if value]
    kept = vault.seal(person.person_id, who.fields())
    number = vault.blind(NUMBER, who.id_number)
    return Prepared(row_number, person, kept, number, marks, wants)


class Imports:
    """Receives rosters and saves them chunk by chunk within the uploader's scope."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.vault: Vault = work.state["vault"]
        self.caller = work.caller
        self.today = work.today
        self.persons = Persons(work)

    async def receive(self, import_id: UUID, area_code: str, content: bytes) -> Import:
        """Keep a file, sealed under the import's own key, until it is worked off."""
        key = self.vault.seal(import_id, {})
        made = Import(
            import_id, area_code, "received", self.caller.sub, self.caller.role, self.today
        )
        await self._work.run(
            INSERT,
            import_id=import_id,
            area_code=area_code,
            submitted_by=made.submitted_by,
            role=made.role,
            submitted_on=made.submitted_on,
            wrapped_key=key.wrapped_key,
            sealed_file=self.vault.seal_bytes(import_id, key.wrapped_key, content),
        )
        return made

    async def one(self, import_id: UUID) -> Import:
        """One import.

        Raises:
            NotFound: there is none in the caller's scope.
        """
        row = await self._work.row(
            f"SELECT {FIELDS} FROM imports WHERE import_id = :id", id=import_id
        )
        if row is None:
            raise NotFound("no_such_import", "没有这次导入", "there is no such import")
        return Import(**row)

    async def let_go(self) -> None:
        """Give the connection back while waiting."""
        await self._work.abandon()

    async def file(self, import_id: UUID) -> tuple[bytes, bytes]:
        """The import's wrapped key and the file in the clear."""
        row = await self._work.row(
            "SELECT wrapped_key, sealed_file FROM imports WHERE import_id = :id", id=import_id
        )
        assert row is not None
        key = bytes(row["wrapped_key"])
        return key, self.vault.open_bytes(import_id, key, bytes(row["sealed_file"]))

    async def save_fresh(self, import_id: UUID, fresh: Sequence[Prepared]) -> None:
        """New files: COPY to the staging table, then one insert under the caller's scope."""
        await self._work.copy("staged_persons", [_staged(import_id, p) for p in fresh], STAGED)
        await self._work.run(TAKE_OVER, import_id=import_id)
        at = self._work.now
        self._work.send(*(letter for one in fresh for letter in one.person.registered(at)))

    async def learn(self, known: Sequence[Prepared]) -> int:
        """What a roster newly says of people on file; returns how many files changed."""
        if not known:
            return 0
        rows = await self._work.rows(
            LEARN,
            people=[one.person.person_id for one in known],
            facts=[facts_text(one.person.facts) for one in known],
        )
        for row in rows:
            self._work.send(
                PersonUpdated(
                    aggregate_id=row["person_id"],
                    person_id=row["person_id"],
                    occurred_at=self._work.now,
                    area_code=row["area_code"],
                    agency=row["agency"],
                    person=PersonFacts.model_validate(row["facts"]),
                )
            )
        return len(rows)

    async def wish(self, import_id: UUID, known: Sequence[Prepared]) -> None:
        """What people on file ask for in this roster."""
        wishes = [(p.person, programme) for p in known for programme in sorted(p.wants)]
        if wishes:
            await self._work.run(
                WISH,
                import_id=import_id,
                people=[person.person_id for person, _ in wishes],
                programmes=[programme for _, programme in wishes],
                areas=[person.area_code for person, _ in wishes],
            )

    async def reject(self, taken: Import, key: bytes, rows: Sequence[RosterRow]) -> None:
        """Keep rejected rows, sealed under the import's key, until they are fetched."""
        records = [
            {
                "import_id": taken.import_id,
                "row_number": row.row_number,
                "area_code": taken.area_code,
                "sealed": self.vault.seal_bytes(taken.import_id, key, _packed(row)),
            }
            for row in rows
        ]
        await self._work.run_many(
            "INSERT INTO import_rejects (import_id, row_number, area_code, sealed) "
            "VALUES (:import_id, :row_number, :area_code, :sealed)",
            records,
        )

    async def hold(self, import_id: UUID, next_row: int) -> bool:
        """Keep other workers of this import out until the commit; False: one is further already."""
        at = await self._work.value(
            "SELECT next_row FROM imports WHERE import_id = :id FOR UPDATE", id=import_id
        )
        return bool(at == next_row)

    async def advance(self, import_id: UUID, **counts: int) -> None:
        await self._work.run(ADVANCE, import_id=import_id, **counts)

    async def end(self, import_id: UUID, state: str, flaw: Flaw | None, titles: list[str]) -> None:
        """The import is over; the file itself is no longer needed and goes."""
        await self._work.run(
            "UPDATE imports SET state = :state, trouble_code = :code, trouble_zh = :zh, "
            "trouble_en = :en, rows_total = persons_new + persons_updated + persons_unchanged "
            "+ rejected, titles = CAST(:titles AS jsonb), sealed_file = NULL "
            "WHERE import_id = :id AND state IN ('received', 'running')",
            id=import_id,
            state=state,
            code=flaw.code if flaw else "",
            zh=flaw.zh if flaw else "",
            en=flaw.en if flaw else "",
            titles=orjson.dumps(titles).decode(),
        )
        self._work.audit("import.ended", str(import_id), detail=state)

    async def rejects(self, import_id: UUID) -> tuple[list[str], list[RosterRow]]:
        """The headings and the rejected rows, in the clear, for the office that brought them."""
        head = await self._work.row(
            "SELECT wrapped_key, titles FROM imports WHERE import_id = :id", id=import_id
        )
        if head is None:
            raise NotFound("no_such_import", "没有这次导入", "there is no such import")
        rows = await self._work.rows(
            "SELECT sealed FROM import_rejects WHERE import_id = :id ORDER BY row_number",
            id=import_id,
        )
        key = bytes(head["wrapped_key"])
        opened = (self.vault.open_bytes(import_id, key, bytes(row["sealed"])) for row in rows)
        return head["titles"] or [], [_unpacked(content) for content in opened]

    async def wishes(
        self, import_id: UUID, after: tuple[UUID | None, str | None], most: int
    ) -> list[dict[str, Any]]:
        rows = await self._work.rows(
            WISHES, import_id=import_id, person=after[0], programme=after[1], most=most
        )
        return [dict(row) for row in rows]


def _staged(import_id: UUID, one: Prepared) -> tuple[Any, ...]:
    return (
        import_id,
        one.person.person_id,
        one.person.area_code,
        facts_text(one.person.facts),
        one.person.facts.birth_on,
        one.person.moved_out_on,
        one.kept.wrapped_key,
        one.kept.sealed,
        [kind for kind, _ in one.marks],
        [mark for _, mark in one.marks],
        sorted(one.wants),
    )


def _packed(row: RosterRow) -> bytes:
    flaws = [[flaw.code, flaw.field, flaw.zh, flaw.en] for flaw in row.flaws]
    return orjson.dumps([row.row_number, flaws, [written(cell) for cell in row.raw]])


def _unpacked(content: bytes) -> RosterRow:
    row_number, flaws, cells = orjson.loads(content)
    return RosterRow(row_number, None, [Flaw(*flaw) for flaw in flaws], cells)
