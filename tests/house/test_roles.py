"""What the services' database roles may do: enough for their work, and nothing more."""

from __future__ import annotations

import asyncpg
import pytest

from deploy.office import RolePasswords
from shared.ground.v1 import roles
from shared.migrate import SERVICES
from tests.house.database import TABLES, entering
from tests.house.rooms import none

pytestmark = pytest.mark.anyio

JOURNALS = {
    "outbox": {"jobs": {"sent"}},
    "audit": {"jobs": {"sealed"}},
    "inbox": {},
    "audit_seals": {},
    "eligibility.determinations": {"app": {"area_code"}, "jobs": {"area_code"}},
    "eligibility.decisions": {},
    "eligibility.evidence_requests": {},
    "eligibility.signed_lists": {},
    "eligibility.award_acts": {"app": {"area_code"}, "jobs": {"area_code"}},
    "evaluation.provider_acts": {},
    "evaluation.chain_links": {},
    "evaluation.feedback": {},
    "vouchers.postings": {},
    "vouchers.journal_seals": {},
    "vouchers.refusals": {},
    "vouchers.redemptions": {"app": {"settlement_id"}, "jobs": {"settlement_id"}},
    "vouchers.refunds": {},
    "vouchers.holds": {},
    "vouchers.payment_orders": {},
    "vouchers.payment_batches": {},
    "vouchers.bank_answers": {},
    "vouchers.paper_events": {},
    "vouchers.recollections": {},
    "vouchers.bank_answer_lines": {},
}
"""Append-only tables, and the only columns that a role may change in them."""

COLUMNS = """
SELECT a.attname, has_column_privilege($1, $2, a.attname, 'UPDATE') AS may
FROM pg_attribute a WHERE a.attrelid = CAST($2 AS regclass) AND a.attnum > 0 AND NOT attisdropped
"""
DEFINERS = """
SELECT n.nspname || '.' || p.proname AS name, n.nspname AS schema,
    pg_get_userbyid(p.proowner) AS owner, p.proconfig AS settings,
    has_function_privilege('public', p.oid, 'EXECUTE') AS open,
    p.prorettype = CAST('trigger' AS regtype) AS is_trigger
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE p.prosecdef AND n.nspname <> 'pg_catalog' AND n.nspname <> 'information_schema'
"""


def journals() -> list[tuple[str, str, dict[str, set[str]]]]:
    """Schema, table and the columns that may change, for every journal of every service."""
    return [
        (schema, f"{schema}.{name}" if "." not in name else name, columns)
        for name, columns in JOURNALS.items()
        for schema in SERVICES
        if "." not in name or name.startswith(f"{schema}.")
    ]


async def test_the_roles_of_the_services_have_no_power_of_their_own(
    admin: asyncpg.Connection,
) -> None:
    names = [roles(schema)[role] for schema in SERVICES for role in ("app", "jobs", "owner")]
    found = await admin.fetch("SELECT * FROM pg_roles WHERE rolname = ANY($1)", names)
    powers = ("rolsuper", "rolbypassrls", "rolcreaterole", "rolcreatedb", "rolreplication")
    assert len(found) == len(names)
    none([f"{role['rolname']} {power}" for role in found for power in powers if role[power]])
    members = await admin.fetch(
        "SELECT pg_get_userbyid(member) AS who, pg_get_userbyid(roleid) AS what "
        "FROM pg_auth_members WHERE pg_get_userbyid(member) = ANY($1)",
        names,
    )
    none([f"{row['who']} is a member of {row['what']}" for row in members])


async def test_application_and_jobs_roles_own_nothing(admin: asyncpg.Connection) -> None:
    tables = await admin.fetch(TABLES, list(SERVICES))
    none(
        [
            f"{table['name']} is owned by {table['owner']}"
            for table in tables
            if table["owner"] != roles(table["schema"])["owner"]
        ]
    )
    makers = [
        f"{name} may make things in {schema}"
        for schema in SERVICES
        for name in (roles(schema)["app"], roles(schema)["jobs"])
        if await admin.fetchval("SELECT has_schema_privilege($1, $2, 'CREATE')", name, schema)
        or await admin.fetchval("SELECT has_schema_privilege($1, 'public', 'CREATE')", name)
    ]
    none(makers)


@pytest.mark.parametrize("schema", SERVICES)
async def test_a_service_cannot_look_into_another_services_schema(
    admin: asyncpg.Connection, database: str, passwords: RolePasswords, schema: str
) -> None:
    others = [other for other in SERVICES if other != schema]
    doors = [
        f"{name} may enter {other}"
        for name in (roles(schema)["app"], roles(schema)["jobs"], roles(schema)["owner"])
        for other in others
        if await admin.fetchval("SELECT has_schema_privilege($1, $2, 'USAGE')", name, other)
    ]
    none(doors)
    for role in ("app", "jobs"):
        async with entering(database, passwords, schema, role) as connection:
            for other in others:
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.fetch(f"SELECT * FROM {other}.outbox")


async def test_what_was_written_in_a_journal_stays(admin: asyncpg.Connection) -> None:
    found: list[str] = []
    for schema, table, columns in journals():
        for role in ("app", "jobs"):
            name = roles(schema)[role]
            found += [
                f"{name} may {act} {table}"
                for act in ("DELETE", "TRUNCATE")
                if await admin.fetchval("SELECT has_table_privilege($1, $2, $3)", name, table, act)
            ]
            rows = await admin.fetch(COLUMNS, name, table)
            changeable = {row["attname"] for row in rows if row["may"]}
            found += [
                f"{name} may change {table}.{column}"
                for column in sorted(changeable - columns.get(role, set()))
            ]
    none(found)


@pytest.mark.parametrize("schema", SERVICES)
async def test_an_audit_row_cannot_be_changed_or_taken_away(
    database: str, passwords: RolePasswords, schema: str
) -> None:
    for role in ("app", "jobs"):
        async with entering(database, passwords, schema, role) as connection:
            for statement in ("UPDATE audit SET act = ''", "DELETE FROM audit", "TRUNCATE audit"):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)


async def test_functions_that_see_more_than_their_caller_are_narrow(
    admin: asyncpg.Connection,
) -> None:
    found = [row for row in await admin.fetch(DEFINERS) if row["schema"] in SERVICES]
    assert found
    none(
        [
            f"{row['name']}: owner {row['owner']}, {row['settings']}, open {row['open']}"
            for row in found
            if row["owner"] != roles(row["schema"])["owner"]
            or not any(s.startswith("search_path=") for s in row["settings"] or ())
            or (row["open"] and not row["is_trigger"])
        ]
    )
