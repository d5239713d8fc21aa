"""Stories of replay: what was once decided is reached again, byte for byte."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.eligibility.determinations.domain import ENGINE_VERSION
from services.eligibility.determinations.engines import PRESENT, Engines
from services.eligibility.determinations.replay import difference
from services.eligibility.policy import digest, evaluate, load_policies, record
from shared.contracts.facts import PersonFacts
from tests.desk import OfficeDesk
from tests.eligibility.corpus import CASES_EACH, cases, versions
from tests.eligibility.stories import Elder, tell

pytestmark = pytest.mark.anyio
BOOK = load_policies()
REPLAYS = "/eligibility/v1/replays"
ACCEPTED = "if this is on purpose, docs/decisions/0013-replay.md says how it is accepted"


def stored(case: dict[str, Any], engine_version: str = ENGINE_VERSION) -> dict[str, Any]:
    """A case of the corpus as a row of the table."""
    facts = PersonFacts.model_validate(case["facts"])
    programme, as_of = BOOK.programme(case["programme"]), date.fromisoformat(case["as_of"])
    judgement = evaluate(programme, facts, as_of)
    benefit = None if judgement.outcome == "ineligible" else judgement.class_ or programme.tier
    return {
        **record(judgement),
        "determination_id": uuid4(),
        "engine_version": engine_version,
        "as_of_on": as_of,
        "reconsider_on": judgement.reconsider_on,
        "benefit_class": benefit,
        "facts": facts.model_dump(mode="json", exclude_none=True),
        "digest": digest(judgement, facts),
    }


@pytest.mark.parametrize("version", versions())
async def test_every_case_that_was_ever_decided_has_the_same_digest(version: str) -> None:
    engine = PRESENT.carried[version]
    changed = []
    for number, case in enumerate(cases(version), 1):
        facts = PersonFacts.model_validate(case["facts"])
        as_of = date.fromisoformat(case["as_of"])
        judgement = engine(BOOK.programme(case["programme"]), facts, as_of)
        if (again := digest(judgement, facts)) != case["digest"]:
            was = f"{case['outcome']} {case['class']}"
            now = f"{judgement.outcome} {judgement.class_}"
            changed.append(
                f"engine-{version}.jsonl:{number} {case['programme']}: {was} → {now}, "
                f"{case['digest']} → {again}"
            )
    assert not changed, "\n".join([*changed, ACCEPTED])


async def test_every_programme_has_its_cases_and_every_answer_stands_among_them() -> None:
    assert PRESENT.carried[ENGINE_VERSION] is evaluate
    assert set(PRESENT.carried) == set(versions())
    found = Counter(case["programme"] for case in cases(ENGINE_VERSION))
    assert found == dict.fromkeys(BOOK.programmes, CASES_EACH), "python -m tests.eligibility.corpus"
    answers = {(case["programme"], case["outcome"]) for case in cases(ENGINE_VERSION)}
    for outcome in ("eligible", "ineligible", "needs_evidence"):
        assert {(name, outcome) for name in BOOK.programmes} <= answers


async def test_every_case_as_a_stored_row_is_reached_again() -> None:
    assert [difference(BOOK, stored(case)) for case in cases(ENGINE_VERSION)] == [None] * (
        CASES_EACH * len(BOOK.programmes)
    )


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("outcome", "eligible"),
        ("policy_version", "chaoyang-2010@2010-01-07"),
        ("findings", []),
        ("evidence", ["identity_document"]),
        ("flags", ["ALIVE"]),
        ("refer_to", "110108"),
        ("reconsider_on", date(2030, 1, 1)),
        ("facts", {"birth_on": "1900-01-01"}),
        ("digest", "0" * 64),
    ],
)
async def test_a_changed_column_is_found_by_the_bytes_alone(column: str, value: object) -> None:
    young = {"programme": "chaoyang-2010/voucher", "as_of": "2010-03-15", "facts": {}}
    row = stored(young | {"facts": {"birth_on": "1985-01-01", "disability": "none"}}) | {
        column: value
    }
    found = difference(BOOK, row)
    assert found is not None
    assert (found.differs, found.stored) == (("stored_columns",), row["digest"])
    assert found.recomputed not in (None, row["digest"])


async def test_a_tier_written_over_is_found_although_the_digest_does_not_hold_it() -> None:
    case = next(
        one
        for one in cases(ENGINE_VERSION)
        if one["programme"] == "nangang-2008/home-care" and one["outcome"] == "eligible"
    )
    found = difference(BOOK, stored(case) | {"benefit_class": "B"})
    assert found is not None
    assert found.differs == ("benefit_class",)


async def test_another_result_of_the_engine_is_found_with_both_digests() -> None:
    def stricter(programme: Any, facts: PersonFacts, as_of: date) -> Any:
        return evaluate(programme, facts.model_copy(update={"died_on": date(2009, 1, 1)}), as_of)

    case = next(one for one in cases(ENGINE_VERSION) if one["outcome"] == "eligible")
    row = stored(case)
    found = difference(BOOK, row, Engines({ENGINE_VERSION: stricter}))
    assert found is not None
    assert "outcome" in found.differs
    assert found.stored == row["digest"] != found.recomputed


async def test_what_a_retired_engine_decided_is_proved_by_its_bytes_and_an_unknown_one_is_not() -> (
    None
):
    row = stored(next(iter(cases(ENGINE_VERSION))), "0")
    retired = Engines(PRESENT.carried, frozenset({"0"}))
    assert difference(BOOK, row, retired) is None
    off = difference(BOOK, row | {"flags": ["X"]}, retired)
    assert off is not None
    assert off.differs == ("stored_columns",)
    unknown = difference(BOOK, row)
    assert unknown is not None
    assert (unknown.differs, unknown.recomputed) == (("engine_version",), None)


async def replay(desk: OfficeDesk, **asked: str) -> dict[str, Any]:
    async with desk.as_("auditor") as client:
        answer = await client.get(REPLAYS, params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_auditor_replays_all_stretch_by_stretch(desk: OfficeDesk) -> None:
    elders = [Elder(birth_on=date(1925 + n, 3, 3)) for n in range(5)]
    await tell(
        desk, *(letter for elder in elders for letter in (elder.registers(), elder.applies()))
    )
    first = await replay(desk, limit="3")
    assert (first["checked"], first["different"]) == (3, [])
    rest = await replay(desk, limit="3", after=first["next"])
    assert (rest["checked"], rest["different"]) == (2, [])
    end = await replay(desk, after=rest["next"])
    assert (end["checked"], end["next"]) == (0, None)


async def test_a_row_changed_behind_the_office_is_named_with_both_digests(
    desk: OfficeDesk, database: str
) -> None:
    elder = Elder()
    await tell(desk, elder.registers(), elder.applies())
    admin = await asyncpg.connect(database)
    try:
        facts = json.dumps({"birth_on": "1990-03-03"})
        await admin.execute("UPDATE eligibility.determinations SET facts = $1", facts)
    finally:
        await admin.close()
    found = await replay(desk)
    (one,) = found["different"]
    assert one["differs"] == ["stored_columns"]
    assert len(one["stored"]) == len(one["recomputed"]) == 64
    async with desk.as_("auditor") as client:
        checks = (await client.get("/eligibility/v1/verification")).json()["checks"]
    (check,) = [check for check in checks if check["name"] == "determinations_replay"]
    assert (check["ok"], check["checked"]) == (False, 1)
    assert one["determination_id"] in check["detail"]


@pytest.mark.parametrize("role", ["finance", "hotline", "partner"])
async def test_only_an_auditor_or_operator_replays(desk: OfficeDesk, role: str) -> None:
    async with desk.as_(role, agency="x") as client:
        assert (await client.get(REPLAYS)).status_code == 403
