"""What a judgement says: findings by article, the outcome, the digest that proves a replay."""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from typing import Any, Literal, NamedTuple, TypeAlias

import orjson

from shared.contracts.facts import PersonFacts

Outcome = Literal["eligible", "ineligible", "needs_evidence", "needs_review"]
Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"


class Finding(NamedTuple):
    """One criterion: the article, what was found, what is required; `met` None is unknown."""

    criterion: str
    article: str
    found: Json
    required: Json
    met: bool | None


class Judgement(NamedTuple):
    """The whole answer for a person, programme and day; it recommends, a named person decides.

    `evidence` names the policy's documents still needed, `flags` the questions for a reviewer,
    `reconsider_on` the next birthday that crosses an age bound, `refer_to` the district to go to.
    """

    programme: str
    as_of: date
    policy_version: str
    outcome: Outcome
    class_: str | None
    findings: tuple[Finding, ...]
    reasons: dict[str, str]
    evidence: tuple[str, ...]
    flags: tuple[str, ...]
    reconsider_on: date | None
    refer_to: str | None


class Glance(NamedTuple):
    """Of a judgement, what tells whether it differs from another one; criteria by name."""

    outcome: Outcome
    class_: str | None
    unmet: tuple[str, ...]
    unknown: tuple[str, ...]
    reconsider_on: date | None


def record(judgement: Judgement) -> dict[str, Any]:
    """Everything decided, as plain JSON values, to be kept and compared; the sentences stay out."""
    return {
        "programme": judgement.programme,
        "as_of": judgement.as_of.isoformat(),
        "policy_version": judgement.policy_version,
        "outcome": judgement.outcome,
        "class": judgement.class_,
        "findings": [finding._asdict() for finding in judgement.findings],
        "evidence": list(judgement.evidence),
        "flags": list(judgement.flags),
        "reconsider_on": _day(judgement.reconsider_on),
        "refer_to": judgement.refer_to,
    }


def digest(judgement: Judgement, facts: PersonFacts) -> str:
    """Hex SHA-256 over canonical JSON (RFC 8785) of the facts and everything decided from them.

    The content is strings, whole numbers, booleans and nulls under ASCII keys, for which sorted
    keys without spaces are the canonical form; a test holds that against an RFC 8785 library.

    The sentences stay out, so that mending their wording breaks no replay; unknown facts stay out,
    so that a fact added to the contract later changes no old digest.
    """
    known = facts.model_dump(mode="json", exclude_none=True)
    return sha256(canonical({"facts": known, **record(judgement)})).hexdigest()


def canonical(content: Any) -> bytes:
    """The canonical JSON of a digest's content."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
