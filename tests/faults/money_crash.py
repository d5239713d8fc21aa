"""A server killed after its commit and before its answer: the successor gives that answer."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from itertools import islice
from typing import Any

from shared.contracts.ids import new_id
from tests.faults.money_site import Market, load, market, server
from tests.faults.money_wire import Told, Wire
from tests.faults.site import Verdict
from tests.faults.sizes import Size

CRASHES_OF_DOORS = 5
AT_ONCE = 8
PRICE_FEN = 100
CREATED = 201
DONE = """
SELECT count(*) FROM postings WHERE set_id = ANY($1::uuid[]) AND account_kind = 'provider_payable'
"""


async def crashed(seed: int, size: Size) -> Verdict:
    """Each round a server is killed when some answers have left it; nobody has heard any."""
    rounds = size.doors // CRASHES_OF_DOORS
    verdict = Verdict(
        "killed after the commit", f"{rounds} kills -9 of a server, {AT_ONCE} requests on their way"
    )
    began = time.monotonic()
    lost = booked = 0
    async with market(seed, "crashed", servers=1) as there:
        cards = list(await there.people(AT_ONCE))
        for _ in range(rounds):
            orders = [_order(there, card) for card in cards]
            firsts = await _killed(there, orders)
            ids = [order["id"] for _, order in orders]
            booked += await there.value(DONE, ids)
            again = await asyncio.gather(*(_ask(there.servers[0], there, x) for x in orders))
            verdict.expect(
                all(told.status == CREATED for told in again), f"{[t.status for t in again]}"
            )
            for first, told in zip(firsts, again, strict=True):
                lost += first is not None
                verdict.expect(first in {None, told.body}, "another answer than the first")
            verdict.expect(await there.value(DONE, ids) == len(ids), "not booked once each")
        await there.check(verdict)
    verdict.figures += [
        f"{booked} of {rounds * AT_ONCE} were booked when the server died, "
        f"{lost} answers had left it, none was heard",
        f"{time.monotonic() - began:.0f} s, {load()}",
    ]
    return verdict


def _order(there: Market, card: str) -> tuple[str, dict[str, Any]]:
    return "/redemptions", there.sale(card, PRICE_FEN) | {"id": str(new_id())}


async def _killed(there: Market, orders: list[tuple[str, dict[str, Any]]]) -> list[bytes | None]:
    """Answers that had left a server of its own when it was killed after some of them."""
    # Whoever started it finds it gone.
    with suppress(ProcessLookupError):
        async with server(there.at) as victim:
            asking = [asyncio.create_task(_ask(victim, there, order)) for order in orders]
            for answer in islice(asyncio.as_completed(asking), there.chance.randint(1, AT_ONCE)):
                await answer
            victim.kill()
            ended = await asyncio.gather(*asking, return_exceptions=True)
    return [one.body if isinstance(one, Told) else None for one in ended]


async def _ask(wire: Wire, there: Market, order: tuple[str, dict[str, Any]]) -> Told:
    path, body = order
    return await wire.post(path, body, there.till())
