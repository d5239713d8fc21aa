"""Encrypts a backup while it is written and opens it again, frame by frame, in bounded memory."""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from deploy.premises import OfficeRefused

MAGIC = b"JUYANG-BACKUP\n"
FORMAT = 1
KEY_BYTES = 32
SALT_BYTES = 32
DIGEST_BYTES = 32
FRAME_BYTES = 1 << 20
LARGEST_FRAME = 64 << 20
LARGEST_HEADER = 4096
LENGTH = struct.Struct(">II")
"""A length and its complement, so that a changed length is not taken for a file that was cut."""
LAST = 1 << 31
EVERY_BIT = (1 << 32) - 1
NUMBER_BYTES = 11
SCRYPT = {"log2_n": 17, "r": 8, "p": 1}
"""128 MB and some tenths of a second for each guess."""
DEAREST = {"log2_n": 20, "r": 8, "p": 4}
"""A file may not ask for more than a gigabyte before its passphrase is known to be right."""


class BadBackup(OfficeRefused):
    """The file cannot be restored; one sentence in each language says why."""


def cut() -> BadBackup:
    return BadBackup(
        "备份文件不完整（被截断），未恢复任何内容；请取完整的副本\n"
        "the backup file is cut off; nothing was restored: fetch a whole copy"
    )


def changed() -> BadBackup:
    return BadBackup(
        "备份文件的内容被改动或损坏，未恢复任何内容；请取另一份副本\n"
        "the backup file was changed or is damaged; nothing was restored: fetch another copy"
    )


def no_backup() -> BadBackup:
    return BadBackup("这不是居养的备份文件\nthis is not a backup of Juyang")


def newer(found: object) -> BadBackup:
    return BadBackup(
        f"备份格式 {found} 比本程序（{FORMAT}）新；请用写出它的版本恢复\n"
        f"the backup's format {found} is newer than this program's ({FORMAT}); "
        "restore it with the version that wrote it"
    )


def wrong_secret() -> BadBackup:
    return BadBackup(
        "备份口令或密钥不对，未恢复任何内容\nthe passphrase or key is wrong; nothing was restored"
    )


@dataclass(frozen=True)
class Secret:
    """What opens a backup: a passphrase to be stretched, or a random key of 32 bytes."""

    kind: str
    value: bytes

    def derive(self, header: dict[str, Any]) -> tuple[bytes, bytes]:
        """The file's own key, and a proof of it that may stand in the file."""
        salt = bytes.fromhex(header["salt"])
        if self.kind == "scrypt":
            cost = {"n": 1 << header["log2_n"], "r": header["r"], "p": header["p"]}
            both = Scrypt(salt=salt, length=2 * KEY_BYTES, **cost).derive(self.value)
        else:
            kdf = HKDF(algorithm=SHA256(), length=2 * KEY_BYTES, salt=salt, info=MAGIC)
            both = kdf.derive(self.value)
        return both[:KEY_BYTES], both[KEY_BYTES:]


def nonce(number: int, last: bool) -> bytes:
    """Frames are numbered and the last one says so: none can be left out, moved or doubled.

    The key is the file's own by its random salt, so that a counter never repeats under it.
    """
    return number.to_bytes(NUMBER_BYTES, "big") + bytes([last])


class Sealer:
    """Writes frames; `last=True` ends the file."""

    def __init__(self, out: BinaryIO, secret: Secret) -> None:
        header: dict[str, Any] = {"format": FORMAT, "kdf": secret.kind, **SCRYPT}
        header["salt"] = os.urandom(SALT_BYTES).hex()
        key, proof = secret.derive(header)
        self._header = orjson.dumps({**header, "proof": proof.hex()})
        self._cipher = AESGCM(key)
        self._out = out
        self._number = 0
        out.write(MAGIC + packed(len(self._header)) + self._header)
        out.write(hashlib.sha256(self._header).digest())

    def frame(self, content: bytes, *, last: bool = False) -> None:
        sealed = self._cipher.encrypt(nonce(self._number, last), content, self._header)
        self._out.write(packed(len(sealed) | (LAST if last else 0)))
        self._out.write(sealed)
        self._number += 1


def frames(source: BinaryIO, secret: Secret) -> Iterator[tuple[bytes, bool]]:
    """Each frame's content and whether it is the last.

    Raises:
        BadBackup: no backup, a newer format, another secret, a cut or a changed file.
    """
    header, raw = read_header(source)
    key, proof = secret.derive(header)
    if header["kdf"] != secret.kind or not hmac.compare_digest(proof.hex(), header["proof"]):
        raise wrong_secret()
    cipher, number, last = AESGCM(key), 0, False
    while not last:
        length = length_of(source)
        last = bool(length & LAST)
        if length & ~LAST > LARGEST_FRAME:
            raise changed()
        sealed = exactly(source, length & ~LAST)
        try:
            yield cipher.decrypt(nonce(number, last), sealed, raw), last
        except InvalidTag as bad:
            raise changed() from bad
        number += 1
    if source.read(1):
        raise changed()


def read_header(source: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """What stands before the first frame, checked before any of it is believed."""
    if source.read(len(MAGIC)) != MAGIC:
        raise no_backup()
    length = length_of(source)
    if length > LARGEST_HEADER:
        raise changed()
    raw = exactly(source, length)
    if exactly(source, DIGEST_BYTES) != hashlib.sha256(raw).digest():
        raise changed()
    header: dict[str, Any] = orjson.loads(raw)
    if header["format"] != FORMAT:
        raise newer(header["format"])
    if any(header[name] > most for name, most in DEAREST.items()):
        raise changed()
    return header, raw


def packed(length: int) -> bytes:
    return LENGTH.pack(length, length ^ EVERY_BIT)


def length_of(source: BinaryIO) -> int:
    length, complement = LENGTH.unpack(exactly(source, LENGTH.size))
    if length ^ EVERY_BIT != complement:
        raise changed()
    return int(length)


def exactly(source: BinaryIO, length: int) -> bytes:
    content = source.read(length)
    if len(content) < length:
        raise cut()
    return content
