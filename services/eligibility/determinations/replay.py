"""Replay: every stored determination is reached again from its facts and must be the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from services.eligibility.determinations.engines import PRESENT, Engines
from services.eligibility.determinations.store import Determinations
from services.eligibility.policy import Judgement, PolicyBook, Programme, digest, record
from services.eligibility.policy.findings import canonical
from shared.contracts.facts import PersonFacts
from shared.verification import Check
from shared.work import Row, Work

CHUNK = 2000
FIRST = UUID(int=0)
NAMED = 3
UNREADABLE, ENGINE, BYTES = "unreadable", "engine_version", "stored_columns"


@dataclass(frozen=True, slots=True)
class Difference:
    """A determination that is not what it was: both digests, and which columns differ.

    `recomputed` is none where nothing can be computed any more.
    """

    determination_id: UUID
    programme: str
    engine_version: str
    stored: str
    recomputed: str | None
    differs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """A stretch of determinations: how many were proved by their stored bytes alone, and how far.

    `upto` is none when there was nothing after the first one asked for.
    """

    checked: int
    sealed: int
    different: list[Difference]
    upto: UUID | None


async def stretch(work: Work, after: UUID, most: int) -> Replayed:
    """Replay the determinations after an id; the computing is done in a thread."""
    rows = await Determinations(work).stored(after, most)
    return await asyncio.to_thread(_replayed, work.state["policies"], rows)


async def replayed(work: Work) -> Check:
    """Determine every row again; tells how many differ and names the first few."""
    after, checked, different = FIRST, 0, list[Difference]()
    while True:
        found = await stretch(work, after, CHUNK)
        if found.upto is None:
            break
        after, checked = found.upto, checked + found.checked
        different += found.different
    named = " ".join(str(one.determination_id) for one in different[:NAMED])
    detail = f"{len(different)} differ {named}".strip()
    return Check(name="determinations_replay", ok=not different, checked=checked, detail=detail)


def _replayed(book: PolicyBook, rows: Sequence[Row]) -> Replayed:
    different = [found for row in rows if (found := difference(book, row)) is not None]
    sealed = sum(row["engine_version"] in PRESENT.retired for row in rows)
    return Replayed(len(rows), sealed, different, rows[-1]["determination_id"] if rows else None)


def difference(book: PolicyBook, row: Row, engines: Engines = PRESENT) -> Difference | None:
    """What is off with a stored row: its own bytes first, then what its engine reaches today."""
    sealed = _sealed(row)
    if row["digest"] not in sealed:
        return _off(row, sealed[0], BYTES)
    if row["engine_version"] in engines.retired:
        return None
    engine = engines.carried.get(row["engine_version"])
    if engine is None:
        return _off(row, None, ENGINE)
    try:
        facts = PersonFacts.model_validate(row["facts"])
        programme = book.programme(row["programme"])
        judgement = engine(programme, facts, row["as_of_on"])
    except (ValueError, LookupError):
        return _off(row, None, UNREADABLE)
    again = digest(judgement, facts)
    differs = tuple(_unlike(row, programme, judgement))
    return _off(row, again, *differs) if differs or again != row["digest"] else None


def _sealed(row: Row) -> list[str]:
    """The digests that the stored columns can have: a tier stands where no class was found."""
    said = {
        "facts": row["facts"],
        "programme": row["programme"],
        "as_of": row["as_of_on"].isoformat(),
        "reconsider_on": row["reconsider_on"] and row["reconsider_on"].isoformat(),
        **{name: row[name] for name in ("policy_version", "outcome", "findings", "refer_to")},
        **{name: list(row[name]) for name in ("evidence", "flags")},
    }
    return [
        sha256(canonical({**said, "class": name})).hexdigest()
        for name in (row["benefit_class"], None)
    ]


def _unlike(row: Row, programme: Programme, judgement: Judgement) -> Iterator[str]:
    """The readable columns that do not say what was reached."""
    reached: dict[str, Any] = record(judgement)
    benefit = judgement.class_ or programme.tier
    reached["benefit_class"] = None if judgement.outcome == "ineligible" else benefit
    reached["reconsider_on"] = judgement.reconsider_on
    for name in (
        *("policy_version", "outcome", "benefit_class", "findings", "evidence", "flags"),
        *("reconsider_on", "refer_to"),
    ):
        if canonical(reached[name]) != canonical(row[name]):
            yield name


def _off(row: Row, recomputed: str | None, *differs: str) -> Difference:
    return Difference(
        row["determination_id"],
        row["programme"],
        row["engine_version"],
        row["digest"],
        recomputed,
        differs,
    )
