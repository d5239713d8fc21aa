"""The vault: personal fields sealed under one wrapped data key per person, and blind indexes.

Destroying a person's wrapped key makes every copy of the sealed fields unreadable (erasure).
The two master keys stay outside the database.
"""

from __future__ import annotations

import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_FILE_MODE = 0o600


class UnreadableError(Exception):
    """The sealed fields cannot be opened: the key is destroyed, or the data was changed."""


@dataclass(frozen=True, slots=True)
class SealedFields:
    """What the database keeps: a wrapped data key and the fields under it."""

    wrapped_key: bytes
    sealed: bytes


class Vault:
    """Seals and opens personal fields (AES-256-GCM) and makes blind indexes (HMAC-SHA-256)."""

    def __init__(self, master_key: bytes, index_key: bytes) -> None:
        self._master = AESGCM(master_key)
        self._index_key = index_key

    @classmethod
    def at(cls, directory: Path) -> Vault:
        """Open the directory's keys, making them on first use (0600)."""
        return cls(key_file(directory / "master.key"), key_file(directory / "index.key"))

    def seal(self, person_id: UUID, fields: dict[str, str]) -> SealedFields:
        """Seal fields under a fresh data key of this person."""
        data_key = os.urandom(KEY_BYTES)
        nonce = os.urandom(NONCE_BYTES)
        wrapped = nonce + self._master.encrypt(nonce, data_key, person_id.bytes)
        return SealedFields(wrapped, _encrypt(data_key, person_id, fields))

    def reseal(self, person_id: UUID, wrapped_key: bytes, fields: dict[str, str]) -> bytes:
        """Seal changed fields under the person's existing data key."""
        return _encrypt(self._unwrap(person_id, wrapped_key), person_id, fields)

    def open(self, person_id: UUID, kept: SealedFields) -> dict[str, str]:
        """Open sealed fields.

        Raises:
            UnreadableError: the key is gone or the data was moved or changed.
        """
        data_key = self._unwrap(person_id, kept.wrapped_key)
        nonce, body = kept.sealed[:NONCE_BYTES], kept.sealed[NONCE_BYTES:]
        try:
            plain = AESGCM(data_key).decrypt(nonce, body, _bound(person_id))
        except InvalidTag as bad:
            raise UnreadableError("sealed fields were changed") from bad
        return {str(name): str(value) for name, value in orjson.loads(plain).items()}

    def seal_bytes(self, owner_id: UUID, wrapped_key: bytes, content: bytes) -> bytes:
        """Seal a file under its owner's data key."""
        nonce = os.urandom(NONCE_BYTES)
        cipher = AESGCM(self._unwrap(owner_id, wrapped_key))
        return nonce + cipher.encrypt(nonce, content, _bound(owner_id))

    def open_bytes(self, owner_id: UUID, wrapped_key: bytes, sealed: bytes) -> bytes:
        """Open a sealed file.

        Raises:
            UnreadableError: the key is gone or the content was changed.
        """
        cipher = AESGCM(self._unwrap(owner_id, wrapped_key))
        try:
            return cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(owner_id))
        except InvalidTag as bad:
            raise UnreadableError("the sealed file was changed") from bad

    def blind(self, kind: str, value: str) -> bytes:
        """The blind index of a normalised value: equal values give equal digests, no more."""
        return hmac.digest(self._index_key, f"{kind}\x1f{value}".encode(), sha256)

    def _unwrap(self, person_id: UUID, wrapped: bytes) -> bytes:
        nonce, body = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        try:
            return self._master.decrypt(nonce, body, person_id.bytes)
        except (InvalidTag, ValueError) as bad:
            raise UnreadableError("the person's key is destroyed or not this office's") from bad


def _bound(person_id: UUID) -> bytes:
    return b"intake.persons.sealed" + person_id.bytes


def _encrypt(data_key: bytes, person_id: UUID, fields: dict[str, str]) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(data_key).encrypt(nonce, orjson.dumps(fields), _bound(person_id))


def key_file(file: Path) -> bytes:
    """A random key kept in a file, made on first use (0600).

    Raises:
        ValueError: the file is there but holds no key.
    """
    if not file.exists():
        make_once(file, secrets.token_bytes(KEY_BYTES))
    key = file.read_bytes()
    if len(key) != KEY_BYTES:
        raise ValueError(f"{file} 不是密钥文件，请从备份恢复 · holds no key; restore it")
    return key


def make_once(file: Path, content: bytes) -> None:
    """Write a private file whole and durably, unless somebody else has just made it."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, KEY_FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink()
