"""Prunes what has served: sent letters and inbox rows older than the stated retention.

A pruned inbox row does no harm: the consumer's heads (shared/sequence.py) still know the letter.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.settings import Settings

CHUNK = 5000
PRUNE = text("SELECT prune_letters(:outbox_days, :inbox_days, :most)")


async def prune(engine: AsyncEngine, settings: Settings) -> int:
    """Delete a chunk of each in one transaction; returns how many rows went."""
    async with engine.begin() as connection:
        gone = await connection.execute(
            PRUNE,
            {
                "outbox_days": settings.outbox_keep_days,
                "inbox_days": settings.inbox_keep_days,
                "most": CHUNK,
            },
        )
        return int(gone.scalar_one())
