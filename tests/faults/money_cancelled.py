"""Requests that are cut off at any moment: what was acknowledged stays, nothing is left open.

Half of them hang up on a server, which then goes on with what it began; of the other half the
handler itself is cancelled, wherever it waits.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from tests.faults.money_site import IDLE, Market, crowd, load, market
from tests.faults.money_wire import Told
from tests.faults.site import Verdict
from tests.faults.sizes import Size

OF_ONE = 100
"""Requests of one holder; all together cost less than he has."""
PRICE_FEN = 30
HELD, INSIDE, MEASURED = 0.25, 0.5, 64
"""Shares of holds and of cancelled handlers; requests that tell how long an answer takes."""
CREATED = 201
PATIENCE_FACTOR = 3.0
LOOKS, LOOK_EVERY_S = 30, 0.1
LINES = 16
THERE = """
SELECT id FROM redemptions WHERE id = ANY($1::uuid[])
UNION ALL SELECT id FROM holds WHERE id = ANY($1::uuid[])
"""
SUMS = """
SELECT (SELECT count(*) FROM redemptions) AS redemptions, (SELECT count(*) FROM holds) AS holds,
    (SELECT coalesce(sum(amount_fen), 0) FROM postings
        WHERE act = 'redeem' AND account_kind = 'provider_payable') AS booked_fen
"""


@dataclass(slots=True)
class Asked:
    """One request, and what was heard of it."""

    path: str
    body: dict[str, Any]
    inside: bool
    first: bytes | None = None


async def cancelled(seed: int, size: Size) -> Verdict:
    """Clients hang up at random moments; afterwards each asks again with the same id."""
    verdict = Verdict("cancelled requests", f"{size.cancelled} requests cut at random moments")
    async with market(seed, "cancelled") as there:
        cards = list(await there.people(max(1, size.cancelled // OF_ONE)))
        patience_s = {inside: await _usual(there, cards, inside) for inside in (False, True)}
        asked = [
            _asked(there, there.chance.choice(cards), there.chance.random() < INSIDE)
            for _ in range(size.cancelled)
        ]
        began = time.monotonic()
        await _cut(there, verdict, asked, patience_s)
        await _rested(there, verdict)
        for inside, what in ((False, "hung up"), (True, "handler cancelled")):
            await _acknowledged(there, verdict, [x for x in asked if x.inside == inside], what)
        await _again(there, verdict, asked)
        await _booked(there, verdict, asked)
        verdict.figures.append(f"{time.monotonic() - began:.0f} s, {load()}")
        await there.check(verdict)
    return verdict


def _asked(there: Market, card: str, inside: bool) -> Asked:
    path = "/holds" if there.chance.random() < HELD else "/redemptions"
    return Asked(path, there.sale(card, PRICE_FEN), inside)


async def _usual(there: Market, cards: list[str], inside: bool) -> float:
    """How long to wait at most, so that cuts fall before, in and after an answer."""
    took: list[float] = []

    async def one(card: str) -> None:
        began = time.monotonic()
        told = await _ask(there, Asked("/redemptions", there.sale(card, PRICE_FEN), inside))
        assert told.status == CREATED, told.body
        took.append(time.monotonic() - began)

    await crowd([there.chance.choice(cards) for _ in range(MEASURED)], one, LINES)
    return sorted(took)[len(took) // 2] * PATIENCE_FACTOR


async def _ask(there: Market, request: Asked) -> Told:
    if not request.inside:
        return await there.wire().post(request.path, request.body, there.till())
    answer = await there.town.till(there.shop).post(
        f"/vouchers/v1{request.path}", json=request.body
    )
    return Told(answer.status_code, answer.content)


async def _cut(
    there: Market, verdict: Verdict, asked: list[Asked], patience_s: dict[bool, float]
) -> None:
    token, statuses = there.till(), Counter[int]()

    async def one(request: Asked) -> None:
        after_s = there.chance.uniform(0, patience_s[request.inside])
        if request.inside:
            told = await _within(_ask(there, request), after_s)
        else:
            told = await there.wire().cut(request.path, request.body, token, after_s)
        if told is not None:
            statuses[told.status] += 1
            request.first = told.body

    await crowd(asked, one, LINES)
    verdict.expect(set(statuses) <= {CREATED}, f"answers: {dict(statuses)}")
    verdict.figures.append(
        f"{statuses.total()} answered, {len(asked) - statuses.total()} cut before the answer"
    )


async def _within(asking: Awaitable[Told], patience_s: float) -> Told | None:
    try:
        return await asyncio.wait_for(asking, patience_s)
    except TimeoutError:
        return None


async def _rested(there: Market, verdict: Verdict) -> None:
    """Soon after the last cut no connection is in a transaction any more."""
    open_now = 0
    for _ in range(LOOKS):
        open_now = await there.value(IDLE)
        if open_now == 0:
            break
        await asyncio.sleep(LOOK_EVERY_S)
    verdict.expect(open_now == 0, f"{open_now} connections idle in a transaction")
    verdict.figures.append(f"{open_now} idle in a transaction")


async def _acknowledged(there: Market, verdict: Verdict, asked: list[Asked], what: str) -> None:
    heard = [one.body["id"] for one in asked if one.first is not None]
    silent = [one.body["id"] for one in asked if one.first is None]
    kept = len(await there.rows(THERE, heard))
    verdict.expect(kept == len(heard), f"{len(heard) - kept} acknowledged are lost")
    done = len(await there.rows(THERE, silent))
    verdict.figures.append(
        f"{what}: {len(heard) - kept} acknowledged lost; of those cut {done} were booked, "
        f"{len(silent) - done} were not"
    )


async def _again(there: Market, verdict: Verdict, asked: list[Asked]) -> None:
    """Everybody asks again: who had an answer gets the same bytes, who had none gets one."""
    other = Counter[str]()

    async def one(request: Asked) -> None:
        told = await _ask(there, request)
        if told.status != CREATED:
            other[f"{told.status} {told.code}"] += 1
        elif request.first is not None and told.body != request.first:
            other["another answer than the first"] += 1

    await crowd(asked, one, LINES)
    verdict.expect(not other, f"asked again: {dict(other)}")


async def _booked(there: Market, verdict: Verdict, asked: list[Asked]) -> None:
    (row,) = await there.rows(SUMS)
    bought = sum(one.path == "/redemptions" for one in asked) + 2 * MEASURED
    verdict.expect(row["redemptions"] == bought, f"{row['redemptions']} of {bought} redemptions")
    verdict.expect(row["holds"] == len(asked) + 2 * MEASURED - bought, f"{row['holds']} holds")
    verdict.expect(row["booked_fen"] == bought * PRICE_FEN, f"{row['booked_fen']} fen are booked")
