"""Tills over HTTP against a bare endpoint, and as the journal grows."""

from __future__ import annotations

from uuid import UUID, uuid4

import orjson

from deploy.ports import free_port
from shared.caller import Caller
from tests.bench.figures import AT_LEAST, Figure, Goal, Measurement, Round, middle, spread
from tests.bench.ground import ground
from tests.bench.hammer import post, rate_of_all
from tests.bench.vouchers_bare import TABLES
from tests.bench.vouchers_ground import (
    BALANCE_FEN,
    ITEM,
    Fair,
    connected,
    fair,
    process,
    service,
    token,
)

HTTP = Goal("redeem_http_vs_bare", "ratio", AT_LEAST, 0.30)
PEOPLE, ROUNDS, REQUESTS = 2_000, 7, 2_000
A_TENTH = {
    "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
    "OTEL_TRACES_SAMPLER_ARG": "0.1",
}


def purchases(url: str, shop: Fair, held: str | None, count: int) -> list[bytes]:
    """So many requests, each with an id of its own, card after card."""
    return [
        post(url, orjson.dumps(_order(uuid4(), shop.cards[nth % len(shop.cards)], shop)), held)
        for nth in range(count)
    ]


def _order(order_id: UUID, card: str, shop: Fair) -> dict[str, object]:
    return {
        "id": order_id,
        "card_no": card,
        "outlet_id": shop.outlet_id,
        "item_code": ITEM,
        "amount_fen": 1,
    }


async def over_http() -> list[Figure]:
    """A vouchers service and the bare endpoint, each in a process of its own, in turns.

    The service records a tenth of its requests and measures all of them.
    """
    async with ground(("vouchers",)) as at, connected(at) as database:
        shop = await fair(at, database, PEOPLE)
        await database.execute(TABLES)
        await database.copy_records_to_table(
            "balances", schema_name="bare", records=[(one, BALANCE_FEN) for one in shop.cards]
        )
        held = token(at, Caller("till", "provider", "*", str(shop.provider_id)))
        port = free_port()
        words = ("-m", "tests.bench.vouchers_bare", str(port), at.dsn)
        bare = f"http://127.0.0.1:{port}/redemptions"
        rounds = []
        async with service(at, A_TENTH) as (base, _), process(port, {}, *words):
            for _ in range(ROUNDS + 1):
                ours = purchases(f"{base}/redemptions", shop, held, REQUESTS)
                theirs = purchases(bare, shop, None, REQUESTS)
                rounds.append(Round(await rate_of_all(base, ours), await rate_of_all(bare, theirs)))
    counted = rounds[1:]  # the first warms both
    return [HTTP.figure(middle(counted).ratio, spread(counted, "redemptions/s"))]


MEASUREMENTS = (Measurement((HTTP,), over_http),)
