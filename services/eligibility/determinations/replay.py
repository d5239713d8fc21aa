"""Replay: every stored determination is reached again from its facts and must be the same."""

from __future__ import annotations

from uuid import UUID

from services.eligibility.determinations.domain import Filing, determine
from services.eligibility.determinations.store import Determinations, answer_of, stored_answer
from shared.contracts.facts import PersonFacts
from shared.verification import Check
from shared.work import Row, Work

CHUNK = 2000
FIRST = UUID(int=0)
NAMED = 3


async def replayed(work: Work) -> Check:
    """Determine every row again; tells how many differ and names the first few."""
    store, after, checked = Determinations(work), FIRST, 0
    different: list[str] = []
    while rows := await store.stored(after, CHUNK):
        different += [str(row["determination_id"]) for row in rows if not _same(store, row)]
        after, checked = rows[-1]["determination_id"], checked + len(rows)
    detail = f"{len(different)} differ {' '.join(different[:NAMED])}".strip()
    return Check(name="determinations_replay", ok=not different, checked=checked, detail=detail)


def _same(store: Determinations, row: Row) -> bool:
    """The same digest from the same facts, and the readable columns say what the digest says."""
    try:
        facts = PersonFacts.model_validate(row["facts"])
        programme = store.programme(row["programme"])
        filing = Filing(FIRST, FIRST, row["programme"], "", None)
        made = determine(programme, filing, facts, row["as_of_on"], "event")
    except (ValueError, LookupError):
        return False
    judgement = made.judgement
    return (made.digest, answer_of(made), judgement.policy_version, judgement.reconsider_on) == (
        row["digest"],
        stored_answer(row),
        row["policy_version"],
        row["reconsider_on"],
    )
