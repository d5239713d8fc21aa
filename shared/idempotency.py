"""The same key gives the same answer: claims and answers, kept in the business transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from shared.driver import Line
from shared.errors import Invalid

# The scope of the transaction is set in the same round trip.
CLAIMED = """
claimed AS (
    INSERT INTO idempotency (sub, key, digest) VALUES (:claim_sub, :claim_key, :claim_digest)
    ON CONFLICT (sub, key) DO NOTHING RETURNING key
), opened AS MATERIALIZED (
    SELECT EXISTS (SELECT 1 FROM claimed) AS fresh,
        set_config('juyang.areas', :areas, true), set_config('juyang.agency', :agency, true)
)"""
CLAIM = f"WITH {CLAIMED} SELECT fresh FROM opened"
STORED = "SELECT digest, status, location, body FROM idempotency WHERE sub = :sub AND key = :key"
ANSWERED = """
answered AS (
    UPDATE idempotency SET status = :answer_status, location = :answer_location,
        body = :answer_body
    WHERE sub = :answer_sub AND key = :answer_key
)"""
KEY_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it was given the first time."""

    status: int
    location: str | None
    body: bytes


class Replayed(Exception):
    """Raised when the key has been answered before; carries that answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("replayed")
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Attempt:
    """One write by one caller under one key, with a digest of what was asked."""

    sub: str
    key: str
    digest: bytes

    @classmethod
    def of(cls, sub: str, key: str, content: bytes) -> Attempt:
        """Describe an attempt; `content` is a keyed digest of method, path and body.

        Raises:
            Invalid: the key is empty or too long.
        """
        if not 0 < len(key) <= KEY_LENGTH:
            raise Invalid(
                "bad_idempotency_key",
                f"Idempotency-Key 应为 1 至 {KEY_LENGTH} 个字符",
                f"Idempotency-Key must have 1 to {KEY_LENGTH} characters",
            )
        return cls(sub, key, content)

    async def claim(self, line: Line, scope: Mapping[str, str]) -> None:
        """Set the transaction's scope and take the key.

        A second attempt waits here until the first has committed or rolled back.

        Raises:
            Replayed: the key has its answer already.
            Invalid: the key was used for something else.
        """
        row, *_ = await line.fetch(CLAIM, self.claiming(scope))
        if not row["fresh"]:
            await self.replay(line)

    def claiming(self, scope: Mapping[str, str]) -> dict[str, Any]:
        """The values of `CLAIMED`."""
        mine = {"claim_sub": self.sub, "claim_key": self.key, "claim_digest": self.digest}
        return {**mine, **scope}

    async def replay(self, line: Line) -> NoReturn:
        """Give the answer that the key already has.

        Raises:
            Replayed: with that answer.
            Invalid: the key was used for something else.
        """
        row, *_ = await line.fetch(STORED, {"sub": self.sub, "key": self.key})
        if bytes(row["digest"]) != self.digest:
            raise Invalid(
                "idempotency_key_reused",
                "同一标识（id 或 Idempotency-Key）已用于另一内容；请换用新标识，或原样重发",
                "this id or Idempotency-Key was used with other content; "
                "use a new one, or send the first content again",
            )
        raise Replayed(Answer(row["status"], row["location"], bytes(row["body"])))

    def answering(self, answer: Answer) -> dict[str, Any]:
        """The values of `ANSWERED`: the answer, kept in the same transaction as its effect."""
        return {
            "answer_sub": self.sub,
            "answer_key": self.key,
            "answer_status": answer.status,
            "answer_location": answer.location,
            "answer_body": answer.body,
        }
