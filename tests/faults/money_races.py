"""Races for the same fen: a till against expiry, death and settlement; each fen has one end."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any

from services.vouchers.expiries.domain import expired
from services.vouchers.expiries.store import Expiries
from shared.caller import job
from shared.contracts.ids import new_id
from shared.contracts.intake import PersonDied
from tests.faults.money_settling import at_once_settled, close, settled_once
from tests.faults.money_site import Market, load, market, parts
from tests.faults.site import Verdict
from tests.faults.sizes import Size
from tests.vouchers.town import MONTHLY_FEN, Elder, day, ended

KINDS, COHORT, AT_ONCE = 3, 64, 8
"""How many different races, people of a year, and races run at once."""
LAST_MONTH, LAST_DAY, TOO_LATE = (12, 1), (1, 31), (2, 1)
TILLS = 2
HEAD_START_S = 0.02
TILL_PAUSE_S = {"expire": 0.12, "revoke": 0.3}
"""So that both sides win often: a letter takes longer than a job."""
CREATED, CONFLICT = 201, 409
LOSERS = frozenset({"insufficient_balance", "voucher_expired", "account_closed"})
# What became of each holder's month: how many ends it has, and what is left in it.
ENDS = """
SELECT a.person_id, a.balance_fen, sum(p.amount_fen) AS total,
    array_agg(DISTINCT p.act ORDER BY p.act) FILTER (WHERE p.amount_fen < 0) AS acts,
    count(*) FILTER (WHERE p.amount_fen < 0) AS takings
FROM ledger_accounts a JOIN postings p ON p.account_id = a.id
WHERE a.kind = 'holder' AND a.month_on = $1
GROUP BY a.person_id, a.balance_fen
"""
Window = Sequence[tuple[str, Elder]]


async def races(seed: int, size: Size) -> Verdict:
    """As many races of each kind; what the tills were told must be what the books say."""
    verdict = Verdict(
        "races for one voucher", f"{size.races} races of tills against expiry, death, settlement"
    )
    began = time.monotonic()
    async with market(seed, "races") as there:
        year, left = there.desk.clock.today().year, size.races // KINDS
        while left > 0:
            cohort = min(left, COHORT)
            await _against(there, verdict, year, cohort, expire)
            await _against(there, verdict, year + 1, cohort, revoke)
            await _settling(there, verdict, year + 2, cohort)
            left, year = left - cohort, year + KINDS
        await close(there)
        await settled_once(there, verdict)
        await there.check(verdict)
    totals = Counter[str]()
    for figure in verdict.figures:
        name, _, count = figure.rpartition(" ")
        totals[name] += int(count)
    verdict.figures = [f"{count} {name}" for name, count in totals.items()]
    verdict.figures.append(f"{time.monotonic() - began:.0f} s, {load()}")
    return verdict


async def _cohort(there: Market, year: int, people: int) -> Window:
    """People with the money of one December, who get nothing for any later month."""
    month = date(year, *LAST_MONTH)
    there.desk.clock.set(month)
    cards = await there.people(people, month)
    ends = [ended(elder, month, "no_longer_eligible") for elder in cards.values()]
    await there.town.tell("eligibility", *ends)
    return sorted(cards.items(), key=lambda one: one[1].person_id)


async def _against(
    there: Market,
    verdict: Verdict,
    year: int,
    people: int,
    other: Callable[[Market, Window], Awaitable[None]],
) -> None:
    """On the first day of February tills report what was sold on the last of January."""
    cohort = await _cohort(there, year, people)
    there.desk.clock.set(date(year + 1, *TOO_LATE))
    sold_on = str(date(year + 1, *LAST_DAY))
    wins, pause_s = Counter[str](), TILL_PAUSE_S[other.__name__]
    for window in parts(cohort, AT_ONCE):
        async with asyncio.TaskGroup() as group:
            for card, _ in window:
                for _ in range(TILLS):
                    sale = there.sale(card, MONTHLY_FEN, occurred_on=sold_on)
                    group.create_task(_till(there, verdict, wins, sale, pause_s))
            group.create_task(_soon(there, other(there, window)))
    await other(there, cohort)
    await _judge(there, verdict, date(year, *LAST_MONTH), wins, other.__name__)


async def _soon(there: Market, act: Awaitable[None]) -> None:
    await asyncio.sleep(there.chance.uniform(0, HEAD_START_S))
    await act


async def _till(
    there: Market, verdict: Verdict, wins: Counter[str], sale: dict[str, Any], pause_s: float
) -> None:
    await asyncio.sleep(there.chance.uniform(0, pause_s))
    told = await there.wire().post("/redemptions", sale, there.till())
    if told.status == CREATED:
        wins["redeem"] += 1
    else:
        clear = told.status == CONFLICT and told.code in LOSERS
        verdict.expect(clear, f"a till was told {told.status} {told.code}")


async def expire(there: Market, window: Window) -> None:
    """As the daily job does, for as many people as race now."""
    runtime = there.desk.office.runtimes["vouchers"]
    work = runtime.work(job("expiry"))
    try:
        store = Expiries(work)
        store.tell(expired(await store.expire(new_id(), len(window)), store.now))
        await work.commit()
    finally:
        await work.abandon()


async def revoke(there: Market, window: Window) -> None:
    """The deaths arrive as letters; each death is told twice."""
    on = there.desk.clock.today()
    await there.town.tell(
        "intake",
        *(
            PersonDied(
                aggregate_id=elder.person_id,
                occurred_at=day(on),
                person_id=elder.person_id,
                area_code=elder.area_code,
                died_on=on,
            )
            for _, elder in window
        ),
    )


async def _judge(
    there: Market, verdict: Verdict, month: date, wins: Counter[str], other: str
) -> None:
    found = await there.rows(ENDS, month)
    ends = Counter[str]()
    for row in found:
        whole = row["balance_fen"] == 0 == row["total"] and row["takings"] == 1
        verdict.expect(whole, f"{row['acts']} took {row['takings']} times, {row['total']} left")
        ends[row["acts"][0]] += 1
    verdict.expect(ends["redeem"] == wins["redeem"], f"{ends['redeem']} booked, {wins} answered")
    verdict.figures += [f"ended by {act} (against {other}) {n}" for act, n in ends.items()]


async def _settling(there: Market, verdict: Verdict, year: int, people: int) -> None:
    """Tills, refunds, two makers of statements and both signers at once, window by window."""
    cohort = await _cohort(there, year, people)
    bought: list[dict[str, Any]] = []
    for window in parts(cohort, AT_ONCE):
        bought = await at_once_settled(there, verdict, [card for card, _ in window], bought)
    verdict.figures.append(f"raced against settlement {people}")
