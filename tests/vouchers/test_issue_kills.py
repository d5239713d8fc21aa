"""An issue run that is cut off anywhere leaves nothing behind, and run again issues all, once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date

import asyncpg
import pytest

from shared.contracts.programmes import VOUCHER
from tests.vouchers.town import FEBRUARY, JANUARY, MONTHLY_FEN, OTHER_COMMUNITY, Elder, Town

pytestmark = pytest.mark.anyio
PEOPLE = 3
SERVER_ERROR = 500

CUTS = {
    "before the allocations are locked": (
        "SELECT 1 FROM vouchers.ledger_accounts WHERE kind = 'allocation' FOR UPDATE"
    ),
    "while the month is being issued": "SELECT 1 FROM vouchers.holders FOR UPDATE",
    "when the postings are noted": "LOCK TABLE vouchers.postings_unsealed IN EXCLUSIVE MODE",
    "after the postings, before the letters": "LOCK TABLE vouchers.outbox IN EXCLUSIVE MODE",
    "after the letters, before the commit": "LOCK TABLE vouchers.audit IN EXCLUSIVE MODE",
}
"""Where the run waits for a lock of somebody else when its connection is cut."""

WAITING = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
"""
LEFT = """
SELECT (SELECT count(*) FROM vouchers.postings WHERE act = 'issue')
    + (SELECT count(*) FROM vouchers.ledger_accounts WHERE kind = 'holder')
    + (SELECT count(*) FROM vouchers.outbox WHERE type LIKE '%issued%')
"""


@asynccontextmanager
async def blocked(database: str, lock: str) -> AsyncIterator[None]:
    """Somebody else holds what the run needs next."""
    other = await asyncpg.connect(database)
    try:
        async with other.transaction():
            await other.execute(lock)
            yield
    finally:
        await other.close()


async def cut(admin: asyncpg.Connection) -> None:
    """Cut the connection that waits, once it does."""
    while not (found := await admin.fetch(WAITING)):
        continue
    await admin.fetchval("SELECT pg_terminate_backend($1)", found[0]["pid"])


@pytest.mark.parametrize("where", CUTS)
async def test_a_run_whose_connection_is_cut_leaves_no_double_and_no_hole(
    town: Town, database: str, where: str
) -> None:
    elders = [Elder(), Elder(area_code=OTHER_COMMUNITY), Elder(benefit_class="B")]
    await town.grant(*elders)
    await town.allocate(PEOPLE * MONTHLY_FEN)
    made = await town.post(town.civil(), "issue-runs", programme=VOUCHER, month_on=str(JANUARY))
    path = f"issue-runs/{made.json()['run_id']}/approval"
    body = {"id": "0199a0a0-0000-7000-8000-000000000001"}
    admin = await asyncpg.connect(database)
    async with blocked(database, CUTS[where]):
        run = asyncio.ensure_future(town.post(town.civil("wang"), path, **body))
        await cut(admin)
        assert (await run).status_code >= SERVER_ERROR
    assert await admin.fetchval(LEFT) == 0, where
    again = await town.post(town.civil("wang"), path, **body)
    assert (again.status_code, again.json()["people"]) == (201, PEOPLE)
    repeated = await town.post(town.civil("wang"), path, **body)
    assert repeated.json() == again.json(), "the same act again has the same answer"
    assert (await town.issue())["people"] == 0
    lines = await admin.fetchval("SELECT count(*) FROM vouchers.postings WHERE act = 'issue'")
    assert lines == 2 * PEOPLE
    streets = await admin.fetchval("SELECT count(*) FROM vouchers.outbox WHERE type ~ 'issued'")
    assert streets == 2, "one letter a street"
    await admin.close()
    await town.desk.settle()
    assert await town.failures() == []


async def test_two_runs_at_once_do_not_share_one_allocation(town: Town) -> None:
    await town.grant(*[Elder() for _ in range(PEOPLE)])
    await town.allocate(PEOPLE * MONTHLY_FEN)
    town.desk.clock.set(date(2010, 2, 1))
    runs = [
        (
            await town.post(town.civil(), "issue-runs", programme=VOUCHER, month_on=str(month_on))
        ).json()["run_id"]
        for month_on in (JANUARY, FEBRUARY)
    ]
    done = await asyncio.gather(
        *(town.post(town.civil("wang"), f"issue-runs/{run}/approval") for run in runs)
    )
    assert sorted(answer.status_code for answer in done) == [201, 409]
    (refused,) = [answer for answer in done if answer.status_code != 201]
    assert refused.json()["code"] == "insufficient_allocation"
    books = await town.money()
    assert books["total"]["issued_fen"] == PEOPLE * MONTHLY_FEN
    await town.desk.settle()
    assert await town.failures() == []


async def test_two_runs_of_one_month_at_once_issue_it_once(town: Town) -> None:
    await town.grant(*[Elder() for _ in range(PEOPLE)])
    await town.allocate(2 * PEOPLE * MONTHLY_FEN)
    runs = [
        (
            await town.post(town.civil(), "issue-runs", programme=VOUCHER, month_on=str(JANUARY))
        ).json()["run_id"]
        for _ in range(2)
    ]
    done = await asyncio.gather(
        *(town.post(town.civil("wang"), f"issue-runs/{run}/approval") for run in runs)
    )
    assert sorted(answer.json()["people"] for answer in done) == [0, PEOPLE]
    assert (await town.money())["total"]["issued_fen"] == PEOPLE * MONTHLY_FEN


async def test_an_award_granted_after_the_run_is_issued_by_a_supplementary_run(town: Town) -> None:
    early, late, later = Elder(), Elder(), Elder()
    await town.grant(early)
    await town.allocate(9 * MONTHLY_FEN)
    assert (await town.issue())["people"] == 1
    town.desk.clock.set(date(2010, 2, 20))
    assert (await town.issue(FEBRUARY))["people"] == 1
    await town.grant(late, starts_on=JANUARY)
    await town.grant(later, starts_on=FEBRUARY)
    assert (await town.issue())["people"] == 1, "applied for in January, decided in February (C-37)"
    assert (await town.issue(FEBRUARY))["people"] == 2
    assert (await town.issue())["people"] == 0, "no month before the application (C-38)"
    listed = (await town.finance().get("/vouchers/v1/issue-runs")).json()["items"]
    assert [(line["month_on"], line["supplementary"]) for line in listed] == [
        ("2010-01-01", False),
        ("2010-02-01", False),
        ("2010-01-01", True),
        ("2010-02-01", True),
        ("2010-01-01", True),
    ]
    await town.desk.settle()
    assert await town.failures() == []
