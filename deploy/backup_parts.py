"""The parts inside a backup and its manifest: their names, lengths and SHA-256, for both ways."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO

from pydantic import BaseModel, ConfigDict, ValidationError

from deploy.backup_cipher import FRAME_BYTES, Sealer, Secret, changed, frames

DATABASE_PART = "database"
NAME, CONTENT, MANIFEST = b"N", b"C", b"M"


class Part(BaseModel):
    """One part: a file of the data directory, or the database."""

    name: str
    size: int
    sha256: str


class SchemaState(BaseModel):
    """One service's schema at the instant of the backup."""

    revision: str
    rows: dict[str, int]
    audit_seals: int
    audit_head: str
    outbox_head: int
    outbox_unsent: int


class Manifest(BaseModel):
    """What a backup says of itself, sealed as its last frame."""

    model_config = ConfigDict(frozen=True)

    made_at: datetime
    postgres: str
    schemas: dict[str, SchemaState]
    parts: tuple[Part, ...] = ()

    @property
    def rows(self) -> int:
        return sum(sum(state.rows.values()) for state in self.schemas.values())


class Packer:
    """Packs parts one after another, hashing them on the way."""

    def __init__(self, out: BinaryIO, secret: Secret) -> None:
        self._sealer = Sealer(out, secret)
        self._parts: list[Part] = []

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        digest, size = hashlib.sha256(), 0
        self._sealer.frame(NAME + name.encode())
        for chunk in chunks:
            self._sealer.frame(CONTENT + chunk)
            digest.update(chunk)
            size += len(chunk)
        self._parts.append(Part(name=name, size=size, sha256=digest.hexdigest()))

    def close(self, manifest: Manifest) -> Manifest:
        """Seal the manifest with the parts as they were written."""
        whole = manifest.model_copy(update={"parts": tuple(self._parts)})
        self._sealer.frame(MANIFEST + whole.model_dump_json().encode(), last=True)
        return whole


def pieces(source: IO[bytes]) -> Iterator[bytes]:
    """A stream in pieces as large as a frame."""
    while piece := source.read(FRAME_BYTES):
        yield piece


def checked(file: Path, secret: Secret) -> Manifest:
    """Read a backup to its end and hold every part against the manifest.

    Raises:
        BadBackup: it cannot be restored, and why.
    """
    found: list[Part] = []

    def weigh(name: str, chunks: Iterator[bytes]) -> None:
        digest, size = hashlib.sha256(), 0
        for chunk in chunks:
            digest.update(chunk)
            size += len(chunk)
        found.append(Part(name=name, size=size, sha256=digest.hexdigest()))

    manifest = unpack(file, secret, weigh)
    if tuple(found) != manifest.parts or not all(_is_plain(part.name) for part in found):
        raise changed()
    return manifest


def unpack(file: Path, secret: Secret, take: Callable[[str, Iterator[bytes]], None]) -> Manifest:
    """Hand each part to `take`, which reads it to its end; returns the manifest.

    Raises:
        BadBackup: the file is not whole.
    """
    with file.open("rb") as source:
        reader = _Reader(frames(source, secret))
        while (name := reader.next_name()) is not None:
            take(name, reader.content())
        return reader.manifest()


class _Reader:
    """Frames read as parts; the frame that ends a part is kept for the next question."""

    def __init__(self, source: Iterator[tuple[bytes, bool]]) -> None:
        self._frames = source
        self._ahead = next(source)

    def next_name(self) -> str | None:
        kept, _ = self._ahead
        if kept[:1] == MANIFEST:
            return None
        if kept[:1] != NAME:
            raise changed()
        self._ahead = next(self._frames)
        return kept[1:].decode()

    def content(self) -> Iterator[bytes]:
        while self._ahead[0][:1] == CONTENT:
            yield self._ahead[0][1:]
            self._ahead = next(self._frames)

    def manifest(self) -> Manifest:
        kept, last = self._ahead
        if not last or next(self._frames, None) is not None:
            raise changed()
        try:
            return Manifest.model_validate_json(kept[1:])
        except ValidationError as bad:
            raise changed() from bad


def _is_plain(name: str) -> bool:
    """A part lies inside the directory that is restored, whoever packed it."""
    place = Path(name)
    return not place.is_absolute() and ".." not in place.parts
