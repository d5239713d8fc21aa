"""Twelve months with three offices whose clocks differ, over a leap day: once, and in time."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from deploy.office import Office
from services.vouchers.expiries.jobs import expire_all
from services.vouchers.ledger.jobs import seal_all
from shared.clock import SHANGHAI
from shared.contracts.ids import new_id
from shared.contracts.months import last_day, month_of, next_month
from shared.contracts.programmes import VOUCHER
from shared.migrate import SERVICES
from shared.runtime import Runtime
from tests.desk import OfficeDesk
from tests.faults.money_site import TOLD_AT_ONCE, Market, load, market, parts
from tests.faults.money_year_checks import judge
from tests.faults.site import Verdict
from tests.faults.sizes import Size
from tests.vouchers.town import COMMUNITY, MONTHLY_FEN, OTHER_COMMUNITY, Elder, Town, granted

FIRST, MONTHS = date(2011, 3, 1), 12
LEAP_DAY = date(2012, 2, 29)
SKEWS_S = (0, 45, -45)
"""Of the three offices: on time, ahead and behind."""
MIDNIGHT_UTC = 16
ROUND_THE_EDGE_S = (-60, -30, 20, 60)
"""Nobody, the one ahead, all but the one behind, everybody has the new month."""
LATER, DYING, BUYING = 0.25, 0.005, 0.1
"""Shares of the people: awarded in the course of the year, dying and buying in a month."""
DONE = frozenset({200, 201})


class SkewedClock:
    """A machine's clock that is so many seconds off, in Shanghai."""

    def __init__(self, skew_s: int) -> None:
        self.skew = timedelta(seconds=skew_s)
        self.instant = datetime.combine(FIRST, datetime.min.time(), UTC)

    def now(self) -> datetime:
        return (self.instant + self.skew).astimezone(SHANGHAI)

    def today(self) -> date:
        return self.now().date()


@dataclass
class Life:
    """An elder of the year: the month of his first voucher, and his death if there is one."""

    elder: Elder
    starts_on: date
    card: str = ""
    died: bool = False


@dataclass
class Year:
    """The offices, the people, and what each of them must have got."""

    there: Market
    towns: Sequence[Town]
    clocks: Sequence[SkewedClock]
    runtimes: Sequence[Runtime]
    lives: list[Life]
    due: set[tuple[UUID, date]] = field(default_factory=set)
    told: Counter[str] = field(default_factory=Counter)

    def at(self, instant: datetime) -> None:
        """Let all machines reach an instant; the letters' office has the exact date."""
        for clock in self.clocks:
            clock.instant = instant
        self.there.desk.clock.set(instant.astimezone(SHANGHAI).date())

    def living(self, month: date) -> list[Life]:
        return [x for x in self.lives if not x.died and x.starts_on <= last_day(month)]


async def twelve_months(seed: int, size: Size) -> Verdict:
    """Every month edge is reached by three clocks in turn, and all of them issue and expire."""
    verdict = Verdict(
        "twelve months, skewed clocks",
        f"{size.people} people, {MONTHS} months over {LEAP_DAY}, clocks {SKEWS_S} s off",
    )
    began = time.monotonic()
    async with market(seed, "year", servers=0) as there, AsyncExitStack() as stack:
        year = await _year(there, stack, size.people)
        month = FIRST
        for _ in range(MONTHS):
            await _edge(year, verdict, month)
            await _in_the_month(year, verdict, month)
            month = next_month(month)
        for after in (month, date(2013, 2, 1)):
            await _edge(year, verdict, after, issue=False)
        await judge(there, verdict, year.due)
        verdict.figures.append(", ".join(f"{n} {what}" for what, n in sorted(year.told.items())))
        await seal_all(there.desk.office.runtimes["vouchers"])
        await there.check(verdict)
    verdict.figures.append(f"{time.monotonic() - began:.0f} s, {load()}")
    return verdict


async def _year(there: Market, stack: AsyncExitStack, people: int) -> Year:
    towns, clocks, runtimes = [], [], []
    for skew in SKEWS_S:
        office = Office({name: there.at.settings(name) for name in SERVICES})
        await office.bus.start()
        stack.push_async_callback(office.stop)
        clock, runtime = SkewedClock(skew), office.runtimes["vouchers"]
        runtime.clock = clock
        towns.append(Town(OfficeDesk(office, there.at.data, FIRST)))
        clocks.append(clock)
        runtimes.append(runtime)
    year = Year(there, towns, clocks, runtimes, [_life(there, people, n) for n in range(people)])
    year.at(_midnight(FIRST) - timedelta(days=1))
    for some in parts(year.lives, TOLD_AT_ONCE):
        await there.town.tell("eligibility", *(granted(x.elder, x.starts_on) for x in some))
    numbers = await there.cards([life.elder for life in year.lives])
    cards = {elder.person_id: number for number, elder in numbers.items()}
    for life in year.lives:
        life.card = cards[life.elder.person_id]
    await there.town.allocate(people * MONTHS * MONTHLY_FEN)
    return year


def _life(there: Market, people: int, nth: int) -> Life:
    """Most begin with the year, some later; a few on the leap day itself."""
    area = there.chance.choice((COMMUNITY, OTHER_COMMUNITY))
    elder = Elder(area_code=area, benefit_class=there.chance.choice("ABC"))
    if nth % (people // 10 or 1) == 0:
        return Life(elder, LEAP_DAY)
    if there.chance.random() < LATER:
        return Life(elder, FIRST + timedelta(days=there.chance.randint(0, 360)))
    return Life(elder, FIRST)


def _midnight(day: date) -> datetime:
    """The instant at which a day begins in Shanghai."""
    before = day - timedelta(days=1)
    return datetime(before.year, before.month, before.day, MIDNIGHT_UTC, tzinfo=UTC)


async def _edge(year: Year, verdict: Verdict, month: date, *, issue: bool = True) -> None:
    """The minute round a month's first midnight: all offices try everything at each instant."""
    for after_s in ROUND_THE_EDGE_S:
        year.at(_midnight(month) + timedelta(seconds=after_s))
        tries = [_expire(year, runtime) for runtime in year.runtimes]
        if issue and (after_s == ROUND_THE_EDGE_S[-1] or year.there.chance.random() < 0.7):
            tries += [_issue(year, verdict, month)]
        if month_of(month).month == 2:
            tries += [_buy(year, town, share=BUYING / 4) for town in year.towns]
        await asyncio.gather(*tries)
    year.due |= {(x.elder.person_id, month) for x in year.living(month) if issue}
    await year.there.town.desk.settle()


async def _expire(year: Year, runtime: Runtime) -> None:
    year.told["people's months expired"] += await expire_all(runtime)


async def _issue(year: Year, verdict: Verdict, month: date) -> None:
    """Each office makes a run; then each approves every run, all at once."""
    order = {"programme": VOUCHER, "month_on": str(month)}
    made = await asyncio.gather(
        *(town.post(town.civil(), "issue-runs", **order) for town in year.towns)
    )
    for clock, answer in zip(year.clocks, made, strict=True):
        early = month_of(clock.today()) < month
        expected = "month_in_future" if early else ""
        verdict.expect(answer.json().get("code", "") == expected, f"a run: {answer.text[:200]}")
    runs = [answer.json()["run_id"] for answer in made if answer.status_code in DONE]
    approved = await asyncio.gather(
        *(
            town.post(town.civil("wang"), f"issue-runs/{run}/approval")
            for run in runs
            for town in year.towns
        )
    )
    for answer in approved:
        said = answer.json().get("code", "") or "runs approved"
        year.told[said] += 1
        known = answer.status_code in DONE or said in {"already_approved", "month_in_future"}
        verdict.expect(known, f"an approval: {answer.text[:200]}")
        year.told["vouchers issued"] += answer.json().get("people", 0)


async def _in_the_month(year: Year, verdict: Verdict, month: date) -> None:
    """Some buy, some die, late awards get their month; on the last day all clocks agree."""
    year.at(_midnight(month) + timedelta(days=last_day(month).day - 1, hours=10))
    await _buy(year, year.towns[0], share=BUYING)
    for life in year.there.chance.sample(year.living(month), int(len(year.lives) * DYING)):
        life.died = True
        await year.there.town.die(life.elder, last_day(month))
    await _issue(year, verdict, month)
    await year.there.town.desk.settle()


async def _buy(year: Year, town: Town, *, share: float) -> None:
    """A batch of a till that was without a line: part of it of the day before."""
    clock = year.clocks[year.towns.index(town)]
    day = clock.today() - timedelta(days=year.there.chance.randint(0, 1))
    lines: list[dict[str, Any]] = [
        year.there.sale(life.card, year.there.chance.choice((MONTHLY_FEN, 2500)))
        | {"occurred_on": str(day)}
        for life in year.there.chance.sample(year.lives, max(1, int(len(year.lives) * share)))
    ]
    till = town.till(year.there.shop)
    order = {"id": str(new_id()), "lines": lines}
    answer = await till.post("/vouchers/v1/redemptions/batch", json=order)
    assert answer.status_code in DONE, answer.text[:300]
    year.told["purchases"] += answer.json()["accepted"]
