"""The same key gives the same answer: claims and answers, kept in the business transaction."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.errors import Invalid

CLAIM = text("""
INSERT INTO idempotency (sub, key, digest) VALUES (:sub, :key, :digest)
ON CONFLICT (sub, key) DO NOTHING RETURNING key
""")
STORED = text(
    "SELECT digest, status, location, body FROM idempotency WHERE sub = :sub AND key = :key"
)
REMEMBER = text("""
UPDATE idempotency SET status = :status, location = :location, body = :body
WHERE sub = :sub AND key = :key
""")
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

    async def claim(self, connection: AsyncConnection) -> Answer | None:
        """Take the key, or return the answer it already has.

        A second attempt waits here until the first has committed or rolled back.

        Raises:
            Invalid: the key was used for something else.
        """
        mine = {"sub": self.sub, "key": self.key}
        claimed = await connection.execute(CLAIM, {**mine, "digest": self.digest})
        if claimed.first() is not None:
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

    async def remember(self, connection: AsyncConnection, answer: Answer) -> None:
        """Keep the answer in the same transaction as its effect."""
        await connection.execute(
            REMEMBER,
            {
                "sub": self.sub,
                "key": self.key,
                "status": answer.status,
                "location": answer.location,
                "body": answer.body,
            },
        )
