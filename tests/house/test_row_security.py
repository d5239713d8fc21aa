"""The database's own walls: rows by scope, nothing for the roles but what they need."""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg
import pytest

from deploy.office import RolePasswords
from shared.contracts.ids import new_id
from shared.ground.v1 import roles
from shared.migrate import SERVICES
from tests.desk import OfficeDesk
from tests.house.database import TABLES, entering
from tests.house.rooms import none

pytestmark = pytest.mark.anyio

GROUND = {
    "migrations": "versions of the schema",
    "outbox": "read by the relay, for every area",
    "outbox_heads": "numbers of aggregates",
    "inbox": "numbers of letters",
    "inbox_heads": "numbers of aggregates, by consumer",
    "parked": "letters to be mended by an operator",
    "idempotency": "answers by the writer's own key",
    "audit": "journal of all areas; auditors read it",
    "audit_seals": "the chain over the journal",
}
SHARED = {
    "intake.areas": "the area tree is public",
    "intake.staged_persons": "an import's rows between COPY and insert; emptied by its chunk",
    "eligibility.ties": "who must stand aside for whom holds in every area (N-49)",
    "eligibility.care_providers": "which provider may take plans is public (C-33)",
    "scheduling.items": "the catalogue is public",
    "scheduling.street_activations": "which street runs is public (N-22)",
    "vouchers.provider_standings": "who is admitted is public (C-33)",
    "vouchers.outlets": "where vouchers are taken is public",
    "vouchers.items": "the catalogue is public",
    "vouchers.journal_seals": "digests of postings of all areas; say nothing of what they hold",
    "vouchers.postings_unsealed": "positions alone; the application role is granted nothing",
    "vouchers.open_sets": "empty outside a transaction; no role is granted anything",
}
"""Tables without row-level security, each with the reason."""

PUBLISHED = {"evaluation.scores": "everybody may read a provider's score (N-55)"}
"""Protected tables that may be read beyond the caller's scope, but not written."""

SEEN_FROM = {"110105015001%": 1, "110105015%": 1, "110105016%": 0, "230103%": 0, "%": 1}
POLICIES = """
SELECT schemaname || '.' || tablename AS name, roles, permissive, cmd, qual, with_check
FROM pg_policies WHERE schemaname = ANY($1)
"""


async def test_every_table_is_under_row_security_or_has_a_reason_not_to_be(
    admin: asyncpg.Connection,
) -> None:
    tables = await admin.fetch(TABLES, list(SERVICES))
    open_ones = [t["name"] for t in tables if not t["forced"] and t["bare"] not in GROUND]
    none([name for name in open_ones if name not in SHARED])
    forced = {t["name"] for t in tables if t["forced"]}
    there = {t["name"] for t in tables}
    none([f"{name} is protected: no reason needed" for name in SHARED if name in forced])
    none([f"{name} is not there" for name in SHARED if name not in there])
    assert len(forced) > len(SERVICES)


async def test_every_protected_table_is_bound_to_the_callers_scope(
    admin: asyncpg.Connection,
) -> None:
    tables = await admin.fetch(TABLES, list(SERVICES))
    policies = await admin.fetch(POLICIES, list(SERVICES))
    bound: Mapping[str, set[str]] = {t["name"]: set() for t in tables if t["forced"]}
    for policy in policies:
        schema = policy["name"].split(".")[0]
        if roles(schema)["app"] in policy["roles"] or "public" in policy["roles"]:
            rule, check = policy["qual"] or "", policy["with_check"] or ""
            if all("scope_areas()" in side or "scope_agency()" in side for side in (rule, check)):
                bound[policy["name"]].add(policy["cmd"])
            elif policy["name"] not in PUBLISHED or policy["cmd"] != "SELECT":
                bound[policy["name"]].add(f"unbound: {rule}")
    none([f"{name}: {sorted(kinds)}" for name, kinds in bound.items() if kinds != {"ALL"}])


@pytest.mark.parametrize("schema", SERVICES)
async def test_without_a_scope_nothing_is_read_or_written(
    database: str, passwords: RolePasswords, schema: str
) -> None:
    async with entering(database, passwords, schema) as connection:
        for scope in ("scope_areas()", "scope_agency()"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no scope is set"):
                await connection.fetch(f"SELECT {scope}")
        await connection.execute("SELECT set_config('juyang.areas', '', false)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no scope is set"):
            await connection.fetch("SELECT scope_areas()")


async def test_a_person_is_seen_in_his_own_area_alone(
    desk: OfficeDesk, database: str, passwords: RolePasswords
) -> None:
    await _register_in(desk, "110105015001")
    async with entering(database, passwords, "intake") as connection:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="no scope is set"):
            await connection.fetch("SELECT * FROM persons")
        await connection.execute("SELECT set_config('juyang.agency', '', false)")
        for scope, rows in SEEN_FROM.items():
            await connection.execute("SELECT set_config('juyang.areas', $1, false)", scope)
            assert len(await connection.fetch("SELECT * FROM persons")) == rows, scope


async def test_a_row_can_neither_be_changed_nor_sent_into_another_area(
    desk: OfficeDesk, database: str, passwords: RolePasswords
) -> None:
    await _register_in(desk, "110105015001")
    carry_off = "UPDATE persons SET area_code = '110105016001'"
    async with entering(database, passwords, "intake") as connection:
        await connection.execute("SELECT set_config('juyang.agency', '', false)")
        await connection.execute("SELECT set_config('juyang.areas', '110105016%', false)")
        assert await connection.execute(carry_off) == "UPDATE 0"
        await connection.execute("SELECT set_config('juyang.areas', '110105015%', false)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(carry_off)


async def _register_in(desk: OfficeDesk, area: str) -> None:
    async with desk.as_("operator") as client:
        place = {"code": area, "name": "光华里社区", "level": "community"}
        answer = await client.post("/intake/v1/areas", json={"id": str(new_id()), "areas": [place]})
        assert answer.status_code == 201, answer.text
    async with desk.as_("community_worker", area=area) as client:
        person = {
            "id": str(new_id()),
            "name": "李秀英",
            "id_number": "11019019280101001X",
            "area_code": area,
        }
        answer = await client.post("/intake/v1/persons", json=person)
        assert answer.status_code == 201, answer.text
