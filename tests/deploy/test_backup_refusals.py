"""What cannot be restored is refused with one sentence, and nothing is made or overwritten."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from deploy.backup import UNFINISHED, back_up
from deploy.backup_cipher import FORMAT, LENGTH, MAGIC, BadBackup, Secret, packed
from deploy.backup_parts import Manifest, Packer, SchemaState, checked
from deploy.backup_restore import restore
from deploy.premises import OfficeRefused
from shared.migrate import SERVICES

SECRET = Secret("hkdf", os.urandom(32))
NOW = datetime(2010, 1, 4, tzinfo=UTC)
BARE = SchemaState(
    revision="0001", rows={}, audit_seals=0, audit_head="", outbox_head=0, outbox_unsent=0
)
MANIFEST = Manifest(made_at=NOW, postgres="18", schemas=dict.fromkeys(SERVICES, BARE))
HEADER_AT = len(MAGIC) + LENGTH.size
Spoil = Callable[[bytes], bytes]


def packed_in(
    folder: Path, *parts: tuple[str, bytes], manifest: Manifest = MANIFEST, secret: Secret = SECRET
) -> Path:
    """A backup made by hand."""
    file = folder / "office.backup"
    with file.open("wb") as out:
        packer = Packer(out, secret)
        for name, content in parts:
            packer.add(name, [content])
        packer.close(manifest)
    return file


@pytest.fixture
def file(ground: Path) -> Path:
    return packed_in(ground, ("secrets/master.key", os.urandom(500)), ("database", b"archive"))


def refusal(file: Path, data: Path, secret: Secret = SECRET) -> str:
    """What restoring says; the directory is as it was, which is not there."""
    with pytest.raises(OfficeRefused) as caught:
        asyncio.run(restore(file, data, secret))
    assert not data.exists()
    said = str(caught.value)
    assert len(said.splitlines()) == 2, said
    return said


def changed_at(place: int) -> Spoil:
    def spoil(content: bytes) -> bytes:
        return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]

    return spoil


def twice(content: bytes) -> bytes:
    """The first frame stands there twice."""
    frame = content.index(b"}") + 1 + 32
    ends = frame + LENGTH.size + LENGTH.unpack(content[frame : frame + LENGTH.size])[0]
    return content[:ends] + content[frame:]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda content: content[:-1], "cut off"),
        (lambda content: content[: len(content) // 2], "cut off"),
        (lambda content: content[: HEADER_AT + 2], "cut off"),
        (lambda content: content[: len(MAGIC)], "cut off"),
        (lambda content: content + b"x", "changed"),
        (changed_at(HEADER_AT - 1), "changed"),
        (changed_at(HEADER_AT + 90), "changed"),
        (changed_at(-1 - 200), "changed"),
        (twice, "changed"),
        (lambda content: b"PK" + content, "not a backup"),
        (lambda content: b"", "not a backup"),
    ],
)
def test_a_spoilt_file_is_refused_before_anything_is_made(
    file: Path, data_dir: Path, spoil: Spoil, says: str
) -> None:
    file.write_bytes(spoil(file.read_bytes()))
    assert says in refusal(file, data_dir)


def test_every_single_changed_byte_is_noticed(file: Path) -> None:
    content = file.read_bytes()
    for place in range(len(content)):
        file.write_bytes(changed_at(place)(content))
        with pytest.raises(BadBackup):
            checked(file, SECRET)
    file.write_bytes(content)
    checked(file, SECRET)


@pytest.mark.parametrize("kind", ["scrypt", "hkdf"])
def test_a_wrong_passphrase_or_key_is_refused(ground: Path, data_dir: Path, kind: str) -> None:
    file = packed_in(ground, secret=Secret(kind, b"the right one, 32 bytes in length"))
    for wrong in (Secret("scrypt", b"a wrong one"), Secret("hkdf", bytes(32))):
        assert "passphrase or key is wrong" in refusal(file, data_dir, wrong)


def test_a_newer_format_is_refused(file: Path, data_dir: Path) -> None:
    content = file.read_bytes()
    ends = content.index(b"}") + 1
    header = orjson.dumps({**orjson.loads(content[HEADER_AT:ends]), "format": FORMAT + 1})
    digest = hashlib.sha256(header).digest()
    file.write_bytes(MAGIC + packed(len(header)) + header + digest + content[ends + 32 :])
    assert f"format {FORMAT + 1} is newer" in refusal(file, data_dir)


def test_a_newer_schema_than_the_program_knows_is_refused(ground: Path, data_dir: Path) -> None:
    newer = {**MANIFEST.schemas, "intake": BARE.model_copy(update={"revision": "9999"})}
    file = packed_in(ground, manifest=MANIFEST.model_copy(update={"schemas": newer}))
    assert "revision 9999 of intake" in refusal(file, data_dir)


@pytest.mark.parametrize("name", ["secrets/../../escaped", "/etc/escaped"])
def test_a_part_never_lies_outside_the_directory(ground: Path, data_dir: Path, name: str) -> None:
    assert "changed" in refusal(packed_in(ground, (name, b"!")), data_dir)


def test_a_restore_that_breaks_off_leaves_nothing(ground: Path, data_dir: Path) -> None:
    """The archive is none: pg_restore refuses it when cluster and roles are made already."""
    passwords = orjson.dumps({"app": "a", "jobs": "j"})
    file = packed_in(ground, ("secrets/database.json", passwords), ("database", b"no archive"))
    assert "a program of the database failed" in refusal(file, data_dir)


def test_no_file_and_no_directory_that_is_there_is_touched(file: Path, ground: Path) -> None:
    full = ground / "full"
    full.mkdir()
    (full / "photo.jpg").write_text("dear")
    with pytest.raises(OfficeRefused, match="not an empty directory"):
        asyncio.run(restore(file, full, SECRET))
    with pytest.raises(OfficeRefused, match="not a data directory"):
        asyncio.run(back_up(full, ground / "new.backup", SECRET))
    (full / "juyang.json").write_text("{}")
    (full / UNFINISHED).touch()
    with pytest.raises(OfficeRefused, match="did not end"):
        asyncio.run(back_up(full, ground / "new.backup", SECRET))
    (full / UNFINISHED).unlink()
    before = file.read_bytes()
    with pytest.raises(OfficeRefused, match="exists and is not overwritten"):
        asyncio.run(back_up(full, file, SECRET))
    assert file.read_bytes() == before
    assert sorted(one.name for one in full.iterdir()) == ["juyang.json", "photo.jpg"]
