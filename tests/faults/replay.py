"""Offices made of letters alone: fresh databases that only hear what another office has sent."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from deploy.demo.cast import FIRST_DAY
from deploy.office import RolePasswords, service_of, settings_for
from deploy.postgres import running
from shared.bus.direct import DirectBus
from shared.bus.port import Bus
from shared.clock import DirectoryClock
from shared.contracts.ids import new_id
from shared.contracts.letter import Envelope
from shared.migrate import SERVICES, provision, upgrade
from shared.runtime import Runtime
from tests.faults.site import Site

TEMPLATE = "letters_template"
LETTERS = " UNION ALL ".join(
    f"""SELECT position, id, type, topic, aggregate_id, seq, occurred_at, recorded_at, person_id,
    application_id, causation_id, area_code, agency, traceparent, CAST(facts AS text) AS facts, key
    FROM {name}.outbox"""
    for name in SERVICES
)
TABLES = """
SELECT table_schema || '.' || table_name AS place, column_name AS name
FROM information_schema.columns JOIN pg_tables
    ON schemaname = table_schema AND tablename = table_name
WHERE table_schema = ANY($1) AND table_name NOT IN ('inbox', 'inbox_heads', 'outbox',
    'outbox_heads', 'audit', 'audit_seals', 'idempotency', 'alembic_version')
ORDER BY 1, 2
"""
Columns = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Press:
    """Makes fresh databases beside the site's own, and reads what the site's offices sent."""

    site: Site
    place: Path
    passwords: RolePasswords

    @classmethod
    async def of(cls, site: Site, place: Path) -> Press:
        """A press with its template at the newest migrations."""
        known = json.loads((site.office.data / "secrets" / "database.json").read_text())
        made = cls(site, place, RolePasswords(**known))
        place.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240
        DirectoryClock(place).set(FIRST_DAY)
        await made._run(f"DROP DATABASE IF EXISTS {TEMPLATE}", f"CREATE DATABASE {TEMPLATE}")
        for schema in SERVICES:
            await provision(made.dsn(TEMPLATE), schema, known["app"], known["jobs"])
            await asyncio.to_thread(upgrade, made.dsn(TEMPLATE), schema)
        return made

    def dsn(self, name: str) -> str:
        there = running(self.site.office.data)
        assert there is not None
        return there.dsn(name)

    async def letters(self, persons: int) -> list[Envelope]:
        """What the site's services sent about so many people, and about no person at all."""
        database = await self.site.admin()
        try:
            rows = await database.fetch(
                f"WITH all_letters AS ({LETTERS}), chosen AS (SELECT person_id FROM all_letters "
                "WHERE person_id IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT $1) "
                "SELECT * FROM all_letters WHERE person_id IS NULL "
                "OR person_id IN (SELECT person_id FROM chosen) ORDER BY recorded_at, position",
                persons,
            )
        finally:
            await database.close()
        return [_envelope(row) for row in rows]

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[str]:
        """The name of an empty migrated database, dropped afterwards."""
        name = f"letters_{new_id().hex}"
        await self._run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY WAL_LOG")
        try:
            yield name
        finally:
            await self._run(f"DROP DATABASE {name} WITH (FORCE)")

    @asynccontextmanager
    async def ears(
        self, database: str, names: Sequence[str] = SERVICES, bus: Bus | None = None
    ) -> AsyncIterator[dict[str, Runtime]]:
        """Services that only listen."""
        dsn = self.dsn(database)
        found = {
            name: Runtime(
                service_of(name),
                settings_for(name, dsn, self.passwords, self.place, app_pool=2, jobs_pool=2),
                bus or DirectBus(),
            )
            for name in names
        }
        try:
            yield found
        finally:
            for runtime in found.values():
                await runtime.stop()

    async def _run(self, *statements: str) -> None:
        admin = await asyncpg.connect(self.dsn("postgres"))
        try:
            for statement in statements:
                await admin.execute(statement)
        finally:
            await admin.close()


def _envelope(row: Mapping[str, Any]) -> Envelope:
    values = {name: value for name, value in row.items() if name != "key"}
    return Envelope(**{**values, "facts": values["facts"].encode()})


async def columns_of(connection: Any) -> Columns:
    """Every table that holds effects, and its columns."""
    found: dict[str, list[str]] = {}
    for row in await connection.fetch(TABLES, list(SERVICES)):
        found.setdefault(row["place"], []).append(row["name"])
    return found


async def digests(connection: Any, columns: Columns) -> dict[str, str]:
    """A digest of each table's rows, by the given columns, in no order."""
    found: dict[str, str] = {}
    for place, names in columns.items():
        parts = ", ".join(f'"{name}"::text' for name in names)
        row = f"md5(concat_ws('|', '', {parts}))"
        found[place] = await connection.fetchval(
            f"SELECT count(*) || ' ' || md5(coalesce(string_agg({row}, '' ORDER BY {row}), '')) "
            f"FROM {place}"
        )
    return found


async def steady(connections: Sequence[Any]) -> Columns:
    """The columns that come out alike in every clean run: no instants, no fresh identifiers."""
    found: dict[str, list[str]] = {}
    for place, names in (await columns_of(connections[0])).items():
        for name in names:
            seen = [(await digests(one, {place: [name]}))[place] for one in connections]
            if len(set(seen)) == 1:
                found.setdefault(place, []).append(name)
    return found


def state_of(found: Mapping[str, str]) -> str:
    """One digest of all tables."""
    return hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest()


def lanes(letters: Sequence[Envelope]) -> dict[tuple[str, UUID], list[Envelope]]:
    """Letters by topic and key: what a bus keeps in order."""
    found: dict[tuple[str, UUID], list[Envelope]] = {}
    for letter in letters:
        found.setdefault((letter.topic, letter.key), []).append(letter)
    return found
