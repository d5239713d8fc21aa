"""Writes cases for programmes that the present engine's file lacks; changes none that stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from services.eligibility.determinations.domain import ENGINE_VERSION
from services.eligibility.determinations.engines import PRESENT
from services.eligibility.policy import digest, load_policies
from shared.contracts.facts import PersonFacts
from tests.eligibility.corpus import HERE, cases, drawn, versions


def _made(programme_id: str) -> Iterator[dict[str, Any]]:
    programme = load_policies().programme(programme_id)
    for known, as_of in drawn(programme_id):
        facts = PersonFacts.model_validate(known)
        judgement = PRESENT.carried[ENGINE_VERSION](programme, facts, as_of)
        yield {
            "programme": programme_id,
            "as_of": as_of.isoformat(),
            "facts": known,
            "outcome": judgement.outcome,
            "class": judgement.class_,
            "digest": digest(judgement, facts),
        }


def main() -> None:
    """Append what is missing and say how much."""
    there = {one["programme"] for one in cases(ENGINE_VERSION)} if _stands() else set()
    missing = sorted(load_policies().programmes.keys() - there)
    lines = [json.dumps(one, ensure_ascii=False) for name in missing for one in _made(name)]
    with (HERE / f"engine-{ENGINE_VERSION}.jsonl").open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)
    print(f"{len(lines)} cases of {len(missing)} programmes added")


def _stands() -> bool:
    return ENGINE_VERSION in versions()


if __name__ == "__main__":
    main()
