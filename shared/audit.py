"""The audit journal: an append-only row for every write, and a hash chain sealed behind writers."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared import telemetry
from shared.caller import Caller

AUDITED = """
audited AS (
    INSERT INTO audit (sub, role, body, area, agency, act, subject, count, detail, digest, trace_id)
    SELECT * FROM unnest(CAST(:audit_sub AS text[]), CAST(:audit_role AS text[]),
        CAST(:audit_body AS text[]), CAST(:audit_area AS text[]), CAST(:audit_agency AS text[]),
        CAST(:audit_act AS text[]), CAST(:audit_subject AS text[]),
        CAST(:audit_count AS integer[]), CAST(:audit_detail AS text[]),
        CAST(:audit_digest AS text[]), CAST(:audit_trace_id AS text[]))
)"""
# A request writes one row: without lists, and without unfolding them.
AUDITED_ONE = """
audited AS (
    INSERT INTO audit (sub, role, body, area, agency, act, subject, count, detail, digest, trace_id)
    VALUES (:audit_sub, :audit_role, :audit_body, :audit_area, :audit_agency, :audit_act,
        :audit_subject, :audit_count, :audit_detail, :audit_digest, :audit_trace_id)
)"""
INSERT = text(f"WITH {AUDITED} SELECT 1")
COLUMNS = "id, at, sub, role, body, area, agency, act, subject, count, detail, digest, trace_id"
UNSEALED = text(f"""
UPDATE audit SET sealed = true
WHERE id IN (SELECT id FROM audit WHERE NOT sealed ORDER BY id LIMIT :most)
RETURNING {COLUMNS}
""")
HEAD = text("SELECT nth, chain FROM audit_seals ORDER BY nth DESC LIMIT 1")
SEAL = text("""
INSERT INTO audit_seals (nth, audit_id, chain)
SELECT * FROM unnest(CAST(:nth AS bigint[]), CAST(:ids AS bigint[]), CAST(:chains AS bytea[]))
""")
CHAIN = text(f"""
SELECT s.nth, s.chain, s.audit_id, {", ".join("a." + c.strip() for c in COLUMNS.split(","))}
FROM audit_seals s LEFT JOIN audit a ON a.id = s.audit_id
WHERE s.nth > :after ORDER BY s.nth LIMIT :most
""")
ORPHANS = text("""
SELECT a.id FROM audit a
WHERE a.sealed AND NOT EXISTS (SELECT 1 FROM audit_seals s WHERE s.audit_id = a.id)
ORDER BY a.id LIMIT :most
""")
SEAL_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtext(current_schema() || '.audit_seals'))")
GENESIS = bytes(32)
SEAL_BATCH = 2000


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Who did what to what, how many, and in which trace; nothing personal."""

    sub: str
    role: str
    body: str
    area: str
    agency: str
    act: str
    subject: str
    count: int
    detail: str
    digest: str
    trace_id: str

    @classmethod
    def of(
        cls, caller: Caller, act: str, subject: str, *, count: int, detail: str, digest: str
    ) -> AuditRow:
        return cls(
            caller.sub,
            caller.role,
            caller.body,
            caller.area,
            caller.agency,
            act,
            subject,
            count,
            detail,
            digest,
            telemetry.trace_id(),
        )


NAMES = AuditRow.__slots__


def auditing(rows: Sequence[AuditRow]) -> tuple[str, dict[str, Any]]:
    """The part of a statement, and its values, that appends audit rows."""
    if len(rows) == 1:
        return AUDITED_ONE, {f"audit_{name}": getattr(rows[0], name) for name in NAMES}
    return AUDITED, _listed(rows)


def _listed(rows: Sequence[AuditRow]) -> dict[str, Any]:
    return {f"audit_{name}": [getattr(row, name) for row in rows] for name in NAMES}


async def audit_insert(connection: AsyncConnection, rows: Sequence[AuditRow]) -> None:
    """Append audit rows on their own, outside a unit of work."""
    await connection.execute(INSERT, _listed(rows))


def link(before: bytes, row: dict[str, Any]) -> bytes:
    """The chain value after a row: SHA-256 over the value before and the row's canonical JSON."""
    plain = {**row, "at": row["at"].isoformat()}
    return hashlib.sha256(before + rfc8785.dumps(plain)).digest()


def _content(row: RowMapping) -> dict[str, Any]:
    return {name.strip(): row[name.strip()] for name in COLUMNS.split(",")}


async def seal(connection: AsyncConnection) -> int:
    """Seal waiting rows into the chain; one sealer at a time, writers never wait."""
    if not (await connection.execute(SEAL_LOCK)).scalar():
        return 0
    found = (await connection.execute(UNSEALED, {"most": SEAL_BATCH})).mappings().all()
    waiting = sorted(found, key=lambda row: row["id"])
    if not waiting:
        return 0
    head = (await connection.execute(HEAD)).first()
    nth, chain = (head[0], bytes(head[1])) if head else (0, GENESIS)
    chains: list[bytes] = []
    for row in waiting:
        chain = link(chain, _content(row))
        chains.append(chain)
    await connection.execute(
        SEAL,
        {
            "nth": [nth + step for step in range(1, len(waiting) + 1)],
            "ids": [row["id"] for row in waiting],
            "chains": chains,
        },
    )
    return len(waiting)


async def verify(connection: AsyncConnection) -> tuple[int, list[str]]:
    """Recompute the whole chain; returns how many rows were checked and what is wrong where."""
    after, chain, flaws = 0, GENESIS, []
    while (
        rows := (await connection.execute(CHAIN, {"after": after, "most": SEAL_BATCH}))
        .mappings()
        .all()
    ):
        for row in rows:
            if row["nth"] != after + 1:
                flaws.append(f"seal {after + 1} is missing")
            after = row["nth"]
            if row["id"] is None:
                flaws.append(f"seal {after}: audit row {row['audit_id']} is missing")
            elif link(chain, _content(row)) != bytes(row["chain"]):
                flaws.append(f"seal {after}: audit row {row['audit_id']} was changed")
            chain = bytes(row["chain"])
    orphans = (await connection.execute(ORPHANS, {"most": SEAL_BATCH})).scalars()
    flaws += [f"audit row {orphan} says sealed but has no seal" for orphan in orphans]
    return after, flaws
