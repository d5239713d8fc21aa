"""Seals over the journal: one worker makes them behind the writers, and anybody may check them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.vouchers.ledger.chain import COLUMNS, GENESIS, Head, Seal, flaws_of
from shared.work import Work

DATES = frozenset({"month_on", "occurred_on"})
BATCH = 8192
CHUNK = 100_000
# A chunk of the chain has at most so many seals, however small they are.
SEALS = 4000
MOST_FLAWS = 2000
MICROSECONDS = "CAST(extract(epoch FROM {}) * 1000000 AS bigint)"


def _plain(column: str) -> str:
    """A column as text that no setting of the session changes."""
    if column in DATES:
        return f"p.{column} - DATE '2000-01-01'"
    return MICROSECONDS.format(f"p.{column}") if column == "recorded_at" else f"p.{column}"


DIGEST = (
    f"sha256(convert_to(CAST(ROW({', '.join(_plain(name) for name in COLUMNS)}) AS text), 'UTF8'))"
)
HEAD = " || '|' || ".join(
    (
        "{0}.nth",
        "{0}.postings",
        "CAST({0}.positions AS text)",
        MICROSECONDS.format("{0}.since_at"),
        MICROSECONDS.format("{0}.upto_at"),
        MICROSECONDS.format("{0}.sealed_at"),
    )
)
LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('vouchers.journal_seals'))"
# What the queue holds is committed; a posting that has left the journal meanwhile is sealed with
# a digest that no posting has.
SEAL = f"""
WITH head AS (
    SELECT coalesce(max(nth), 0) AS nth,
        coalesce((SELECT s.chain FROM journal_seals s ORDER BY s.nth DESC LIMIT 1),
            CAST(:genesis AS bytea))
            AS chain,
        coalesce((SELECT s.postings FROM journal_seals s ORDER BY s.nth DESC LIMIT 1), 0)
            AS postings
    FROM journal_seals
), due AS (
    SELECT nth FROM (
        SELECT nth, sum(cardinality(positions)) OVER (ORDER BY nth) - cardinality(positions) AS n
        FROM (SELECT nth, positions FROM postings_unsealed ORDER BY nth
            LIMIT CAST(:most AS bigint)) q
    ) counted WHERE n < CAST(:most AS bigint)
), taken AS (
    DELETE FROM postings_unsealed u USING due WHERE u.nth = due.nth
    RETURNING u.positions, u.since_at, u.upto_at
), marked AS (
    SELECT u.position, t.since_at, t.upto_at
    FROM taken t CROSS JOIN LATERAL unnest(t.positions) AS u(position)
), made AS (
    SELECT array_agg(m.position ORDER BY m.position) AS positions,
        min(m.since_at) AS since_at, max(m.upto_at) AS upto_at,
        string_agg(coalesce(d.digest, CAST(:genesis AS bytea)), '' ORDER BY m.position) AS digests
    FROM marked m LEFT JOIN LATERAL (
        SELECT {DIGEST} AS digest FROM postings p WHERE p.position = m.position
            AND p.recorded_at BETWEEN m.since_at AND m.upto_at
    ) d ON true
), seal AS (
    SELECT head.nth + 1 AS nth, head.chain AS before, clock_timestamp() AS sealed_at,
        head.postings + cardinality(made.positions) AS postings, made.positions, made.since_at,
        made.upto_at, made.digests
    FROM head, made WHERE made.positions IS NOT NULL
)
INSERT INTO journal_seals (nth, postings, positions, since_at, upto_at, digests, chain, sealed_at)
SELECT nth, postings, positions, since_at, upto_at, digests,
    sha256(before || convert_to({HEAD.format("seal")}, 'UTF8') || sha256(digests)), sealed_at
FROM seal RETURNING cardinality(positions) AS size
"""
WAITING = "SELECT EXISTS (SELECT 1 FROM postings_unsealed)"
NEWEST = """
SELECT nth, postings, chain, sealed_at, positions[cardinality(positions)] AS position
FROM journal_seals
WHERE nth = CAST(:nth AS bigint) OR CAST(:nth AS bigint) IS NULL ORDER BY nth DESC LIMIT 1
"""
UPTO = """
SELECT max(nth) AS upto FROM (
    SELECT nth, sum(cardinality(positions)) OVER (ORDER BY nth) - cardinality(positions) AS n
    FROM (SELECT nth, positions FROM journal_seals WHERE nth > :after ORDER BY nth LIMIT :seals) s
) counted WHERE n < CAST(:most AS bigint)
"""
LINKS = f"""
SELECT s.nth, {HEAD.format("s")} AS head, s.postings, cardinality(s.positions) AS size,
    sha256(s.digests) AS content, s.chain,
    r.digests = s.digests AND r.found = cardinality(s.positions) AS whole
FROM journal_seals s CROSS JOIN LATERAL (
    SELECT string_agg({DIGEST}, '' ORDER BY u.place) AS digests,
        count(p.position) AS found
    FROM unnest(s.positions) WITH ORDINALITY AS u(position, place)
        LEFT JOIN postings p ON p.position = u.position
            AND p.recorded_at BETWEEN s.since_at AND s.upto_at
) r
WHERE s.nth > :after AND s.nth <= :upto ORDER BY s.nth
"""
# Which postings of a seal are not what was sealed.
SPOILT = f"""
SELECT u.position, count(p.position) AS found
FROM journal_seals s CROSS JOIN LATERAL unnest(s.positions) WITH ORDINALITY AS u(position, place)
    LEFT JOIN postings p ON p.position = u.position
        AND p.recorded_at BETWEEN s.since_at AND s.upto_at
WHERE s.nth = :nth
GROUP BY s.nth, u.position, u.place, s.digests
HAVING count(p.position) <> 1 OR bool_or({DIGEST}
    IS DISTINCT FROM substring(s.digests FROM CAST(32 * u.place - 31 AS integer) FOR 32))
ORDER BY u.position LIMIT :most
"""
COUNTS = """
SELECT (SELECT count(*) FROM postings) AS kept,
    coalesce((SELECT sum(cardinality(positions)) FROM journal_seals), 0) AS sealed,
    coalesce((SELECT sum(cardinality(positions)) FROM postings_unsealed), 0) AS waiting
"""
STRAY = """
WITH known AS (
    SELECT unnest(positions) AS position FROM journal_seals
    UNION ALL SELECT unnest(positions) FROM postings_unsealed
), kept AS (
    SELECT position, count(*) AS rows FROM postings GROUP BY position
)
SELECT coalesce(kept.position, known.position) AS position, coalesce(kept.rows, 0) AS rows,
    count(known.position) AS sealed
FROM kept FULL JOIN known ON known.position = kept.position
GROUP BY kept.position, known.position, kept.rows
HAVING coalesce(kept.rows, 0) <> 1 OR count(known.position) <> 1
ORDER BY 1 LIMIT :most
"""


class Seals:
    """The chain over the journal, under the jobs role."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def waiting(self) -> bool:
        """Whether postings wait for a seal."""
        return bool(await self._work.value(WAITING))

    async def seal(self) -> int:
        """Seal what waits, at most a batch; one sealer at a time. Returns how many postings."""
        if not await self._work.value(LOCK):
            return 0
        made = await self._work.row(SEAL, genesis=GENESIS, most=BATCH)
        return made["size"] if made else 0

    async def newest(self, nth: int | None = None) -> Mapping[str, Any] | None:
        """The newest seal, or the one of a number."""
        return await self._work.row(NEWEST, nth=nth)

    async def verify(self) -> tuple[int, list[str]]:
        """Recompute the whole chain: how many postings it holds, and what is wrong where."""
        before, flaws = Head(), list[str]()
        while (upto := await self._upto(before.nth)) is not None:
            rows = await self._work.rows(LINKS, after=before.nth, upto=upto)
            seals = [Seal(**row) for row in rows]
            flaws += flaws_of(before, seals)
            for seal in seals:
                flaws += [] if seal.whole else await self._spoilt(seal.nth)
            last = seals[-1]
            before = Head(last.nth, last.postings, last.chain)
        return before.postings, list(dict.fromkeys(flaws + await self._strays(flaws)))

    async def _upto(self, after: int) -> int | None:
        found: int | None = await self._work.value(UPTO, after=after, seals=SEALS, most=CHUNK)
        return found

    async def _spoilt(self, nth: int) -> list[str]:
        rows = await self._work.rows(SPOILT, nth=nth, most=MOST_FLAWS)
        found = [_of_posting(row["position"], row["found"]) for row in rows]
        return found or [f"seal {nth}: does not fit its postings"]

    async def _strays(self, flaws: list[str]) -> list[str]:
        """Postings that no seal knows; looked for one by one only when something is off."""
        counts = await self._work.row(COUNTS)
        assert counts is not None
        if not flaws and counts["kept"] == counts["sealed"] + counts["waiting"]:
            return []
        rows = await self._work.rows(STRAY, most=MOST_FLAWS)
        return [
            f"posting {row['position']}: sealed {row['sealed']} times"
            if row["sealed"] > 1
            else _of_posting(row["position"], row["rows"], known=bool(row["sealed"]))
            for row in rows
        ]


def _of_posting(position: int, rows: int, *, known: bool = True) -> str:
    if not known:
        return f"posting {position}: inserted"
    words = {0: "cut", 1: "changed"}
    return f"posting {position}: {words.get(rows, f'{rows} times')}"
