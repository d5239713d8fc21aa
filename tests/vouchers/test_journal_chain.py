"""The journal's chain: sealed behind the writers, and no edit, swap, insertion or cut unseen."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from alembic import command

from services.vouchers.ledger.chain import COLUMNS
from services.vouchers.ledger.head import flaw_of, head_key, read_signed
from services.vouchers.ledger.jobs import months_ahead, seal_all
from services.vouchers.ledger.seals_store import Seals
from tests.deploy.test_upgrade import config_of
from tests.faults.journal import FILL, tamper
from tests.vouchers.town import MONTHLY_FEN, Elder, Shop, Town

pytestmark = pytest.mark.anyio
TAMPERINGS, SEED = 60, 20100101
PAIR = re.sub(r"CAST\(:pairs AS bigint\)", "$1", FILL)


async def spent(town: Town) -> None:
    elder, shop = Elder(), Shop()
    await town.grant(elder)
    await town.admit(shop)
    await town.publish()
    await town.allocate(MONTHLY_FEN)
    await town.issue()
    assert (await town.redeem(shop, await town.card(elder), 1000)).status_code == 201


async def sealed(town: Town) -> int:
    return await seal_all(town.desk.office.runtimes["vouchers"])


async def under_seal(town: Town) -> int:
    """Seal what waits; how many postings lie under seals then."""
    await sealed(town)
    work = town.desk.work("vouchers")
    newest = await Seals(work).newest()
    await work.abandon()
    assert newest is not None
    return int(newest["postings"])


async def flaws(town: Town) -> list[str]:
    work = town.desk.work("vouchers")
    try:
        return (await Seals(work).verify())[1]
    finally:
        await work.abandon()


async def test_what_is_booked_is_sealed_and_verified(town: Town) -> None:
    await spent(town)
    await sealed(town)
    work = town.desk.work("vouchers")
    kept = await work.value("SELECT count(*) FROM postings")
    assert await Seals(work).verify() == (kept, [])
    assert kept > 0
    assert not await Seals(work).waiting()
    await work.abandon()
    assert "journal_chain" not in await town.failures()


async def test_every_column_of_a_posting_is_under_its_digest(database: str) -> None:
    admin = await asyncpg.connect(database)
    there = await admin.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'vouchers.postings'::regclass "
        "AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
    )
    await admin.close()
    assert [row["attname"] for row in there] == list(COLUMNS)


async def test_random_tamperings_are_all_found_and_located(town: Town, database: str) -> None:
    outcomes = await tamper(database, town.desk.clock, TAMPERINGS, SEED)
    lost = [f"{one.what} at {one.where} → {one.flaws}" for one in outcomes if not one.located]
    assert (len(outcomes), lost) == (TAMPERINGS, [])


async def test_a_late_commit_below_sealed_positions_is_sealed_all_the_same(
    town: Town, database: str
) -> None:
    slow, quick = [
        await asyncpg.connect(database, server_settings={"search_path": "vouchers"})
        for _ in range(2)
    ]
    late = slow.transaction()
    await late.start()
    await slow.execute(PAIR, 2)
    gone = quick.transaction()
    await gone.start()
    await quick.execute(PAIR, 1)
    await gone.rollback()
    await quick.execute(PAIR, 3)
    assert await under_seal(town) == 6
    await late.commit()
    assert await under_seal(town) == 10
    assert await flaws(town) == []
    work = town.desk.work("vouchers")
    positions = [
        list(row["positions"])
        for row in await work.rows("SELECT positions FROM journal_seals ORDER BY nth")
    ]
    await work.abandon()
    assert max(positions[-1]) < min(positions[0])
    await slow.close()
    await quick.close()


async def test_two_sealers_at_once_seal_each_posting_once(town: Town, database: str) -> None:
    admin = await asyncpg.connect(database, server_settings={"search_path": "vouchers"})
    for _ in range(20):
        await admin.execute(PAIR, 5)
        await asyncio.gather(*(sealed(town) for _ in range(3)))
    await admin.close()
    await sealed(town)
    assert await flaws(town) == []


async def test_a_kept_head_tells_that_the_newest_rows_were_cut(town: Town, database: str) -> None:
    await spent(town)
    await sealed(town)
    auditor = town.desk.as_("auditor")
    kept = (await auditor.get("/vouchers/v1/journal/head")).json()
    key = head_key(town.desk.directory)
    assert read_signed(kept["signature"], key) == kept["head"]
    forged = kept["signature"][:-6] + ("AAAAAA" if kept["signature"][-6:] != "AAAAAA" else "BBBBBB")
    assert read_signed(forged, key) is None
    path = f"/vouchers/v1/journal/seals/{kept['head']['nth']}"
    assert flaw_of(kept["head"], (await auditor.get(path)).json()) == ""
    admin = await asyncpg.connect(database, server_settings={"search_path": "vouchers"})
    await admin.execute(
        "WITH cut AS (DELETE FROM journal_seals WHERE nth = (SELECT max(nth) FROM journal_seals) "
        "RETURNING positions) DELETE FROM postings USING cut WHERE position = ANY (cut.positions)"
    )
    await admin.close()
    assert await flaws(town) == []
    assert (await auditor.get(path)).json()["code"] == "no_such_seal"
    assert "cut" in flaw_of(kept["head"], None)
    nobody = await town.desk.as_("street_officer", area="110105001").get(path)
    assert nobody.status_code == 403


async def test_a_set_may_be_completed_within_its_transaction_and_no_later(
    town: Town, database: str
) -> None:
    admin = await asyncpg.connect(database, server_settings={"search_path": "vouchers"})
    half = PAIR.replace("(VALUES ('fund', -1), ('settled', 1))", "(VALUES ('fund', -1))")
    other = (
        "INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, "
        "street_code, occurred_on, cause) SELECT set_id, act, account_id, account_kind, "
        "-amount_fen, fund, street_code, occurred_on, cause FROM postings"
    )
    async with admin.transaction():
        await admin.execute(half, 1)
        await admin.execute(other)
    with pytest.raises(asyncpg.CheckViolationError, match="sum to zero"):
        async with admin.transaction():
            await admin.execute(half, 1)
    assert await admin.fetchval("SELECT count(*) FROM open_sets") == 0
    await admin.close()


async def test_the_journal_lies_in_parts_by_month_which_are_made_ahead(
    town: Town, database: str
) -> None:
    await spent(town)
    assert await months_ahead(town.desk.office.runtimes["vouchers"]) == 0
    admin = await asyncpg.connect(database, server_settings={"search_path": "vouchers"})
    now = datetime.now(UTC)
    (latest,) = await admin.fetch(
        "SELECT max(relname) AS part FROM pg_class "
        "WHERE relname LIKE 'postings_20__\\___' AND relkind = 'r'"
    )
    assert latest["part"] > f"postings_{now.year}_{now.month:02}"
    await admin.execute(f"DROP TABLE {latest['part']}")
    assert await months_ahead(town.desk.office.runtimes["vouchers"]) == 1
    await town.desk.settle()
    assert await town.failures() == []
    await admin.execute(
        PAIR.replace("occurred_on, cause)", "occurred_on, cause, recorded_at)").replace(
            "s.month_on, s.set_id\n", "s.month_on, s.set_id, now() + interval '9 years'\n"
        ),
        1,
    )
    assert "journal_lies_in_its_months" in await town.failures()
    await admin.close()


async def test_books_from_before_the_parts_are_kept_sealed_and_can_go_back(
    town: Town, database: str, tmp_path: Path
) -> None:
    config = config_of("vouchers", database)
    await asyncio.to_thread(command.downgrade, config, "0010")
    admin = await asyncpg.connect(database, server_settings={"search_path": "vouchers"})
    await admin.execute(PAIR, 30)
    before = await admin.fetch("SELECT * FROM postings ORDER BY position")
    await asyncio.to_thread(command.upgrade, config, "head")
    assert await under_seal(town) == len(before)
    assert await flaws(town) == []
    await admin.execute(PAIR, 1)
    for revision in ("0011", "0012", "0010", "head"):
        move = command.upgrade if revision in ("0012", "head") else command.downgrade
        await asyncio.to_thread(move, config, revision)
    after = await admin.fetch("SELECT * FROM postings ORDER BY position")
    assert [dict(row) for row in after[: len(before)]] == [dict(row) for row in before]
    assert len(after) == len(before) + 2
    await sealed(town)
    assert await flaws(town) == []
    await admin.close()
