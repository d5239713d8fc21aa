"""Person files in the database: facts in the open, identity sealed, numbers as blind indexes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.intake.persons.domain import Identifiers, Person
from shared.contracts.facts import PersonFacts
from shared.contracts.letter import Letter
from shared.errors import Conflict, NotFound
from shared.vault import SealedFields, UnreadableError, Vault
from shared.work import Row, Work

NUMBER, PHONE, CERTIFICATE = "id_number", "phone", "disability_certificate"
COLUMNS = "person_id, area_code, agency, facts, moved_out_on"
CLAIM = """
SELECT digest, person_id, area_code, fresh FROM claim_numbers(
    CAST(:digests AS bytea[]), CAST(:people AS uuid[]), CAST(:areas AS text[]))
"""
INSERT = """
WITH person AS (
    INSERT INTO persons (person_id, area_code, agency, facts, birth_on, wrapped_key, sealed)
    VALUES (:person_id, :area_code, :agency, CAST(:facts AS jsonb), :birth_on, :wrapped_key,
        :sealed)
)
INSERT INTO person_marks (kind, digest, person_id, area_code)
SELECT t.kind, t.digest, :person_id, :area_code
FROM unnest(CAST(:kinds AS text[]), CAST(:marks AS bytea[])) AS t(kind, digest)
"""
UPDATE = """
WITH marks AS (
    UPDATE person_marks SET area_code = :area_code
    WHERE person_id = :person_id AND area_code <> :area_code
)
UPDATE persons SET area_code = :area_code, facts = CAST(:facts AS jsonb),
    moved_out_on = :moved_out_on, version = version + 1
WHERE person_id = :person_id
"""
PAGE = f"""
SELECT {COLUMNS}, wrapped_key, sealed FROM persons
WHERE starts_with(area_code, :within)
    AND (CAST(:after AS uuid) IS NULL OR person_id > CAST(:after AS uuid))
ORDER BY person_id LIMIT :most
"""


MANY = f"""
SELECT {COLUMNS}, wrapped_key, sealed FROM persons
WHERE person_id = ANY(CAST(:people AS uuid[])) ORDER BY person_id
"""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search by number, phone or certificate tells: the file, or only its street."""

    person_id: UUID
    area_code: str
    visible: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """Whose a number is: fresh for the file that asked, or another file's."""

    person_id: UUID
    area_code: str
    fresh: bool


def person_of(row: Row) -> Person:
    """A person file from its row."""
    return Person(
        person_id=row["person_id"],
        area_code=row["area_code"],
        facts=PersonFacts.model_validate(row["facts"]),
        agency=row["agency"],
        moved_out_on=row["moved_out_on"],
    )


def facts_text(facts: PersonFacts) -> str:
    """Facts as the database keeps them: known ones only."""
    return facts.model_dump_json(exclude_none=True)


class Persons:
    """Loads and saves person files within the caller's scope."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.vault: Vault = work.state["vault"]
        self.caller = work.caller
        self.now = work.now
        self.today = work.today

    async def open_file(self, person: Person, who: Identifiers, events: list[Letter]) -> None:
        """Open a file.

        Raises:
            Conflict: the number is known already, here or in another street.
        """
        digest = self.vault.blind(NUMBER, who.id_number)
        claimed = (await self.claim([(digest, person.person_id, person.area_code)]))[digest]
        if not claimed.fresh:
            raise self._known(claimed.person_id, claimed.area_code)
        kept = self.vault.seal(person.person_id, who.fields())
        marks = self._marks(who)
        await self._work.run(
            INSERT,
            person_id=person.person_id,
            area_code=person.area_code,
            agency=person.agency,
            facts=facts_text(person.facts),
            birth_on=person.facts.birth_on,
            wrapped_key=kept.wrapped_key,
            sealed=kept.sealed,
            kinds=[kind for kind, _ in marks],
            marks=[mark for _, mark in marks],
        )
        self._work.send(*events)

    async def claim(self, wanted: Sequence[tuple[bytes, UUID, str]]) -> dict[bytes, Claimed]:
        """Claim numbers for new files: each is fresh, or known and where.

        A number that somebody else was just claiming is seen only by the next statement.
        """
        found: dict[bytes, Claimed] = {}
        while waiting := [one for one in wanted if one[0] not in found]:
            digests, people, areas = zip(*waiting, strict=True)
            rows = await self._work.rows(
                CLAIM, digests=list(digests), people=list(people), areas=list(areas)
            )
            for row in rows:
                found[bytes(row["digest"])] = Claimed(
                    row["person_id"], row["area_code"], row["fresh"]
                )
        return found

    async def person(self, person_id: UUID, *, lock: bool = False) -> Person:
        """One file.

        Raises:
            NotFound: there is none in the caller's scope.
        """
        return person_of(await self._row(person_id, lock=lock))

    async def opened(self, person_id: UUID) -> tuple[Person, Identifiers | None]:
        """One file with its identity unsealed, or without it when it has been erased."""
        row = await self._row(person_id)
        return person_of(row), self._identifiers(row)

    async def page(
        self, within: str, after: UUID | None, most: int
    ) -> list[tuple[Person, Identifiers | None]]:
        """Files by area, in order of their ids."""
        rows = await self._work.rows(PAGE, within=within, after=after, most=most)
        return [(person_of(row), self._identifiers(row)) for row in rows]

    async def opened_many(self, people: Sequence[UUID]) -> list[tuple[UUID, Identifiers | None]]:
        """Who people are, of those whose files the caller may see."""
        rows = await self._work.rows(MANY, people=list(people))
        return [(row["person_id"], self._identifiers(row)) for row in rows]

    async def find(self, kind: str, value: str) -> list[Found]:
        """Who has this number, phone or certificate, in this office or elsewhere."""
        rows = await self._work.rows(
            "SELECT person_id, area_code FROM find_marks(:kind, CAST(:digest AS bytea))",
            kind=kind,
            digest=self.vault.blind(kind, value),
        )
        seen = await self._work.rows(
            "SELECT person_id FROM persons WHERE person_id = ANY(CAST(:ids AS uuid[]))",
            ids=[row["person_id"] for row in rows],
        )
        visible = {row["person_id"] for row in seen}
        return [
            Found(row["person_id"], row["area_code"], row["person_id"] in visible) for row in rows
        ]

    async def save(self, person: Person, events: Sequence[Letter]) -> None:
        """Save a changed file and send what happened."""
        if events:
            await self._work.run(
                UPDATE,
                person_id=person.person_id,
                area_code=person.area_code,
                facts=facts_text(person.facts),
                moved_out_on=person.moved_out_on,
            )
            self._work.send(*events)

    async def disclosed(self, person_id: UUID, fields: Sequence[str], reason: str) -> None:
        """Write down that fields of a file were shown in the clear, and why."""
        self._work.audit(
            "person.disclosed", str(person_id), count=len(fields), detail=f"{reason}: {fields}"
        )
        await self._work.flush()

    async def searched(self, kind: str, found: int) -> None:
        """Write down that somebody searched by a number."""
        self._work.audit("person.searched", kind, count=found)
        await self._work.flush()

    async def named_for_notice(self, count: int) -> None:
        """Write down that names were masked for a public notice."""
        self._work.audit("person.named_for_notice", count=count)
        await self._work.flush()

    async def _row(self, person_id: UUID, *, lock: bool = False) -> Row:
        row = await self._work.row(
            f"SELECT {COLUMNS}, wrapped_key, sealed FROM persons WHERE person_id = :id"
            + (" FOR UPDATE" if lock else ""),
            id=person_id,
        )
        if row is None:
            raise NotFound(
                "no_such_person", "辖区内没有这份档案", "there is no such file in your area"
            )
        return row

    def _identifiers(self, row: Row) -> Identifiers | None:
        """Who it is; none once the person's key is destroyed."""
        if row["wrapped_key"] is None:
            return None
        kept = SealedFields(bytes(row["wrapped_key"]), bytes(row["sealed"]))
        try:
            fields: dict[str, Any] = dict(self.vault.open(row["person_id"], kept))
        except UnreadableError:
            return None
        return Identifiers(**fields)

    def _marks(self, who: Identifiers) -> list[tuple[str, bytes]]:
        pairs = ((PHONE, who.phone), (CERTIFICATE, who.disability_certificate))
        return [(kind, self.vault.blind(kind, value)) for kind, value in pairs if value]

    def _known(self, person_id: UUID, area_code: str) -> Conflict:
        if self.caller.covers(area_code) and not self.caller.bound_agency:
            return Conflict(
                "person_known",
                f"此人已有档案：{person_id}",
                f"this person has a file already: {person_id}",
            )
        return Conflict(
            "person_known_elsewhere",
            "此人在其他街道或机构已有档案，请联系该处办理迁移",
            "this person has a file in another street or agency; ask there for a move",
        )
