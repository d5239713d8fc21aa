"""Tampering with the journal: what an intruder does to postings or seals is found, and where."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from services.vouchers.ledger.head import flaw_of
from services.vouchers.ledger.seals_store import Seals
from shared.caller import Caller
from shared.clock import OfficeClock
from shared.work import Work

# Balanced pairs over the accounts of the funds, as many as asked, each pair a set of its own.
FILL = """
WITH s AS MATERIALIZED (
    SELECT uuidv7() AS set_id, 1 + nth % 9999 AS fen, '1101050' || lpad(mod(nth, 43) || '', 2, '0')
        AS street, DATE '2010-01-01' + 31 * CAST(mod(nth, 12) AS integer) AS month_on,
        CASE WHEN mod(nth, 3) > 0 THEN 'A' END AS class
    FROM generate_series(1, CAST(:pairs AS bigint)) AS nth
)
INSERT INTO postings (set_id, act, account_id, account_kind, amount_fen, fund, street_code,
    month_on, benefit_class, agency, occurred_on, cause)
SELECT s.set_id, 'issue', a.id, a.kind, side.sign * s.fen, a.fund, s.street, s.month_on, s.class,
    '', s.month_on, s.set_id
FROM s, (VALUES ('fund', -1), ('settled', 1)) AS side(kind, sign)
    JOIN ledger_accounts a ON a.kind = side.kind AND a.fund = 'lottery'
"""
NEXT = {
    "set_id": "uuidv7()",
    "act": "CASE WHEN act = 'issue' THEN 'redeem' ELSE 'issue' END",
    "account_id": "(SELECT id FROM ledger_accounts WHERE id <> account_id ORDER BY id LIMIT 1)",
    "account_kind": "account_kind || 'x'",
    "amount_fen": "amount_fen + 10000",
    "fund": "fund || 'x'",
    "street_code": "street_code || '1'",
    "month_on": "coalesce(month_on, DATE '2010-01-01') + 1",
    "benefit_class": "coalesce(benefit_class, '') || 'B'",
    "agency": "agency || 'x'",
    "occurred_on": "occurred_on + 1",
    "recorded_at": "recorded_at + interval '1 microsecond'",
    "cause": "uuidv7()",
}
COLUMNS = ", ".join(NEXT)
SEAL_NEXT = {
    "postings": "postings + 1",
    "positions": "positions[2:] || positions[1]",
    "since_at": "since_at - interval '1 microsecond'",
    "upto_at": "upto_at + interval '1 microsecond'",
    "digests": "set_byte(digests, 0, (get_byte(digests, 0) + 1) % 256)",
    "chain": "set_byte(chain, 31, (get_byte(chain, 31) + 1) % 256)",
    "sealed_at": "sealed_at + interval '1 microsecond'",
}


@dataclass(frozen=True, slots=True)
class Ledgers:
    """What an intruder finds: the highest position and seal, and a head that somebody kept."""

    positions: int
    seals: int
    head: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One tampering, and whether the check named the place."""

    what: str
    where: str
    flaws: Sequence[str]

    @property
    def located(self) -> bool:
        return any(flaw.startswith(self.where) for flaw in self.flaws)


Tampering = Callable[[Work, Ledgers, random.Random], Awaitable[tuple[str, str]]]


async def edited(work: Work, there: Ledgers, dice: random.Random) -> tuple[str, str]:
    column, position = dice.choice(list(NEXT)), dice.randint(1, there.positions)
    await work.run(
        f"UPDATE postings SET {column} = {NEXT[column]} WHERE position = :at", at=position
    )
    return f"{column} of a posting", f"posting {position}:"


async def swapped(work: Work, there: Ledgers, dice: random.Random) -> tuple[str, str]:
    one, other = dice.sample(range(1, there.positions + 1), 2)
    pairs = ", ".join(f"{name} = b.{name}" for name in NEXT)
    await work.run(
        f"UPDATE postings p SET {pairs} FROM postings b WHERE p.position IN (:one, :other) "
        "AND b.position IN (:one, :other) AND b.position <> p.position",
        one=one,
        other=other,
    )
    return "two postings swapped", f"posting {dice.choice((one, other))}:"


async def cut(work: Work, there: Ledgers, dice: random.Random) -> tuple[str, str]:
    position = dice.randint(1, there.positions)
    await work.run("DELETE FROM postings WHERE position = :at", at=position)
    return "a posting cut", f"posting {position}: cut"


async def inserted(work: Work, there: Ledgers, dice: random.Random) -> tuple[str, str]:
    position = dice.choice((there.positions + dice.randint(1, 1000), -dice.randint(1, 1000)))
    await _copied(work, dice.randint(1, there.positions), position)
    return "a posting inserted", f"posting {position}: inserted"


async def doubled(work: Work, there: Ledgers, dice: random.Random) -> tuple[str, str]:
    position = dice.randint(1, there.positions)
    await _copied(work, position, position)
    return "a position used twice", f"posting {position}:"


async def _copied(work: Work, source: int, position: int) -> None:
    """A row is slipped in past the trigger, as one who owns the files would."""
    others = COLUMNS.replace("recorded_at", "recorded_at + interval '1 microsecond'")
    await work.run("SET LOCAL session_replication_role = replica")
    await work.run(
        f"INSERT INTO postings (position, {COLUMNS}) OVERRIDING SYSTEM VALUE "
        f"SELECT :position, {others} FROM postings WHERE position = :source",
        position=position,
        source=source,
    )


async def seal_edited(work: Work, there: Ledgers, dice: random.Random) -> tuple[str, str]:
    column, nth = dice.choice(list(SEAL_NEXT)), dice.randint(1, there.seals)
    await work.run(
        f"UPDATE journal_seals SET {column} = {SEAL_NEXT[column]} WHERE nth = :nth", nth=nth
    )
    return f"{column} of a seal", f"seal {nth}:"


async def seal_cut(work: Work, there: Ledgers, dice: random.Random) -> tuple[str, str]:
    nth = dice.randint(1, there.seals - 1)
    await work.run("DELETE FROM journal_seals WHERE nth = :nth", nth=nth)
    return "a seal cut", f"seals {nth} to {nth}: cut"


async def seals_swapped(work: Work, there: Ledgers, dice: random.Random) -> tuple[str, str]:
    one, other = sorted(dice.sample(range(1, there.seals + 1), 2))
    for before, after in ((one, 0), (other, one), (0, other)):
        await work.run(
            "UPDATE journal_seals SET nth = :after WHERE nth = :before", before=before, after=after
        )
    return "two seals swapped", f"seal {one}:"


async def newest_cut(work: Work, there: Ledgers, dice: random.Random) -> tuple[str, str]:
    """Rows and seals go together from some seal on: only a kept head can tell."""
    nth = dice.randint(2, there.seals)
    await work.run(
        "DELETE FROM postings WHERE position IN (SELECT unnest(positions) FROM journal_seals "
        "WHERE nth >= :nth)",
        nth=nth,
    )
    await work.run("DELETE FROM journal_seals WHERE nth >= :nth", nth=nth)
    return "the newest rows and seals cut", f"seal {there.head['nth']} "


async def rewritten(work: Work, there: Ledgers, dice: random.Random) -> tuple[str, str]:
    """A posting is edited and everything from its seal on is sealed again, without a flaw."""
    position = dice.randint(1, there.positions)
    await work.run(
        "UPDATE postings SET amount_fen = amount_fen + 1 WHERE position = :at", at=position
    )
    first = await work.value(
        "SELECT nth FROM journal_seals WHERE :at = ANY (positions)", at=position
    )
    await work.run(
        "INSERT INTO postings_unsealed (positions, since_at, upto_at) "
        "SELECT positions, since_at, upto_at FROM journal_seals WHERE nth >= :nth ORDER BY nth",
        nth=first,
    )
    await work.run("DELETE FROM journal_seals WHERE nth >= :nth", nth=first)
    await Seals(work).seal()
    return "sealed again after an edit", f"seal {there.head['nth']} "


TAMPERINGS: tuple[Tampering, ...] = (
    edited, edited, edited, swapped, cut, inserted, doubled,
    seal_edited, seal_cut, seals_swapped, newest_cut, rewritten,
)  # fmt: skip


async def tamper(dsn: str, clock: OfficeClock, times: int, seed: int) -> list[Outcome]:
    """Tamper so many times with a journal of a few hundred postings, each time undone."""
    engine = create_async_engine(
        dsn.replace("postgresql://", "postgresql+asyncpg://", 1),
        connect_args={"server_settings": {"search_path": "vouchers"}},
    )
    dice = random.Random(seed)
    try:
        there = await _filled(engine, clock, dice)
        return [
            await _once(_work(engine, clock), there, dice, TAMPERINGS[nth % len(TAMPERINGS)])
            for nth in range(times)
        ]
    finally:
        await engine.dispose()


async def _filled(engine: AsyncEngine, clock: OfficeClock, dice: random.Random) -> Ledgers:
    for _ in range(12):
        work = _work(engine, clock)
        await work.run(FILL, pairs=dice.randint(1, 40))
        await work.commit()
        work = _work(engine, clock)
        await Seals(work).seal()
        await work.commit()
    work = _work(engine, clock)
    sealed, flaws = await Seals(work).verify()
    newest = await Seals(work).newest()
    await work.abandon()
    assert newest is not None
    assert not flaws, flaws
    return Ledgers(sealed, newest["nth"], dict(newest))


async def _once(work: Work, there: Ledgers, dice: random.Random, tampering: Tampering) -> Outcome:
    try:
        what, where = await tampering(work, there, dice)
        _, flaws = await Seals(work).verify()
        found = flaw_of(there.head, await Seals(work).newest(there.head["nth"]))
    finally:
        await work.abandon()
    return Outcome(what, where, [*flaws, *([found] if found else [])])


def _work(engine: AsyncEngine, clock: OfficeClock) -> Work:
    return Work(engine, Caller("intruder", "operator"), clock)
