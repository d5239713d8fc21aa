"""The vault: what is sealed opens for its owner and its key alone, and keys are made whole."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from shared.auth import local_key
from shared.vault import KEY_BYTES, SealedFields, UnreadableError, Vault, key_file

FIELDS = {"name": "王芳", "id_number": "110190193001310010"}


def test_sealed_fields_open_for_their_owner_with_his_key_alone(tmp_path: Path) -> None:
    vault, me, you = Vault.at(tmp_path / "a"), uuid4(), uuid4()
    kept = vault.seal(me, FIELDS)
    assert vault.open(me, kept) == FIELDS
    assert Vault.at(tmp_path / "a").open(me, kept) == FIELDS
    changed = SealedFields(kept.wrapped_key, kept.sealed[:-1] + bytes([kept.sealed[-1] ^ 1]))
    other = vault.seal(me, FIELDS)
    for owner, what, where in (
        (you, kept, vault),
        (me, changed, vault),
        (me, SealedFields(b"", kept.sealed), vault),
        (me, SealedFields(other.wrapped_key, kept.sealed), vault),
        (me, kept, Vault.at(tmp_path / "b")),
    ):
        with pytest.raises(UnreadableError):
            where.open(owner, what)


def test_equal_fields_look_different_and_equal_numbers_have_one_index(tmp_path: Path) -> None:
    vault, me = Vault.at(tmp_path / "a"), uuid4()
    assert vault.seal(me, FIELDS).sealed != vault.seal(me, FIELDS).sealed
    assert vault.blind("phone", "1") == vault.blind("phone", "1")
    assert vault.blind("phone", "1") != vault.blind("id_number", "1")
    assert vault.blind("phone", "1") != Vault.at(tmp_path / "b").blind("phone", "1")


def test_many_processes_that_make_a_key_at_once_get_the_same_whole_key(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "index.key"
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: key_file(file), range(64)))
        kids = {key.kid for key in pool.map(lambda _: local_key(tmp_path), range(16))}
    assert len(keys) == 1
    assert len(keys.pop()) == KEY_BYTES
    assert len(kids) == 1
    assert [one.name for one in file.parent.iterdir()] == ["index.key"]
    assert file.stat().st_mode & 0o077 == 0


def test_half_a_key_is_refused_and_never_used(tmp_path: Path) -> None:
    file = tmp_path / "index.key"
    file.write_bytes(b"")
    with pytest.raises(ValueError, match="restore it"):
        key_file(file)
