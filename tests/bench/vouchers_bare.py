"""The yardstick of tills: a bare FastAPI + asyncpg endpoint, one statement for each request."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

POOL = 8
TABLES = """
CREATE SCHEMA bare;
CREATE TABLE bare.balances (card text PRIMARY KEY, fen bigint NOT NULL CHECK (fen >= 0))
    WITH (fillfactor = 90);
CREATE TABLE bare.spendings (id uuid PRIMARY KEY, card text NOT NULL, fen bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE bare.lines (nth bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid NOT NULL,
    place text NOT NULL, fen bigint NOT NULL);
"""
SPEND = """
WITH guarded AS (
    UPDATE bare.balances SET fen = fen - $3 WHERE card = $2 AND fen >= $3 RETURNING fen
), spent AS (
    INSERT INTO bare.spendings (id, card, fen) SELECT $1, $2, $3 FROM guarded
), booked AS (
    INSERT INTO bare.lines (id, place, fen) SELECT $1, $4, $3 FROM guarded
)
SELECT fen FROM guarded
"""


class Order(BaseModel):
    """The body that the till sends to both."""

    id: UUID
    card_no: str
    outlet_id: UUID
    item_code: str
    amount_fen: int


class Spent(BaseModel):
    """What is left."""

    redemption_id: UUID
    balance_fen: int


pools: list[asyncpg.Pool] = []


@asynccontextmanager
async def living(app: FastAPI) -> AsyncIterator[None]:
    """One pool for the life of the process."""
    pools.append(await asyncpg.create_pool(sys.argv[2], min_size=POOL, max_size=POOL))
    yield
    await pools[0].close()


app = FastAPI(lifespan=living)


@app.post("/redemptions", status_code=201)
async def bare(order: Order) -> Spent:
    """Spend, or refuse."""
    left = await pools[0].fetchval(
        SPEND, order.id, order.card_no, order.amount_fen, str(order.outlet_id)
    )
    if left is None:
        raise HTTPException(409)
    return Spent(redemption_id=order.id, balance_fen=left)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error", access_log=False)
