"""The same key gives the same answer: claims and answers, kept in the business transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import Invalid

# The scope of the transaction is set in the same round trip.
CLAIM = text("""
WITH claimed AS (
    INSERT INTO idempotency (sub, key, digest) VALUES (:sub, :key, :digest)
    ON CONFLICT (sub, key) DO NOTHING RETURNING key
)
SELECT EXISTS (SELECT 1 FROM claimed), set_config('juyang.areas', :areas, true),
    set_config('juyang.agency', :agency, true)
""")
STORED = text(
    "SELECT digest, status, location, body FROM idempotency WHERE sub = :sub AND key = :key"
)
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

    async def claim(self, connection: AsyncConnection, *, areas: str, agency: str) -> Answer | None:
        """Set the transaction's scope and take the key, or return the answer it already has.

        A second attempt waits here until the first has committed or rolled back.

        Raises:
            Invalid: the key was used for something else.
        """
        mine = {"sub": self.sub, "key": self.key}
        scope = {"areas": areas, "agency": agency}
        if await connection.scalar(CLAIM, {**mine, **scope, "digest": self.digest}):
            return None
        row = (await connection.execute(STORED, mine)).mappings().one()
        if bytes(row["digest"]) != self.digest:
            raise Invalid(
                "idempotency_key_reused",
                "同一标识（id 或 Idempotency-Key）已用于另一内容；请换用新标识，或原样重发",
                "this id or Idempotency-Key was used with other content; "
                "use a new one, or send the first content again",
            )
        return Answer(row["status"], row["location"], bytes(row["body"]))

    def answering(self, answer: Answer) -> dict[str, Any]:
        """The values of `ANSWERED`: the answer, kept in the same transaction as its effect."""
        return {
            "answer_sub": self.sub,
            "answer_key": self.key,
            "answer_status": answer.status,
            "answer_location": answer.location,
            "answer_body": answer.body,
        }
