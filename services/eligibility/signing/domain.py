"""A list of clear cases under one signature: what was shown, and which lines it approves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import rfc8785

from services.eligibility.awards.domain import Decided, decide
from services.eligibility.policy import Programme
from services.eligibility.reviews.domain import CaseFile
from shared.caller import Caller
from shared.errors import Refusal

APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Shown:
    """A case as the officer saw it: `digest` is that of its determination then."""

    case_id: UUID
    digest: str


def list_digest(lines: Sequence[Shown]) -> str:
    """Hex SHA-256 over canonical JSON (RFC 8785) of all lines, in their order."""
    said = [{"case_id": str(line.case_id), "digest": line.digest} for line in lines]
    return sha256(rfc8785.dumps(said)).hexdigest()


def is_clear(file: CaseFile) -> bool:
    """Eligible without an open question, and recommended by the street."""
    recommended = file.recommendation == "recommend_approval"
    return file.outcome == "eligible" and recommended and not file.flags


def sign(line: Shown, file: CaseFile, programme: Programme, officer: Caller) -> Decided | str:
    """The approval of one line, or the code of what stands in its way."""
    if line.digest != file.digest:
        return "changed_since_shown"
    decided = decide(file, programme, "approve", None, officer)
    if isinstance(decided, Decided) and not is_clear(file):
        return "not_clear"
    return decided


def lines_of_act(
    lines: Sequence[Shown], decided: Sequence[Decided | Refusal]
) -> list[dict[str, Any]]:
    """What was signed, line by line, with what became of it, as the act is kept."""
    return [
        {
            "case_id": line.case_id,
            "digest": line.digest,
            "result": one.code if isinstance(one, Refusal) else APPROVED,
        }
        for line, one in zip(lines, decided, strict=True)
    ]
