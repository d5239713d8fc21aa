"""`juyang backup` and `juyang restore`: an office in one encrypted file, and back."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from deploy.backup import back_up
from deploy.backup_cipher import KEY_BYTES, Secret
from deploy.backup_parts import Manifest
from deploy.backup_restore import restore as restore_office
from deploy.cli.data import show_proof
from deploy.cli.options import DEFAULT_DATA, Data
from deploy.postgres_cluster import MEGABYTE
from deploy.premises import OfficeRefused

VARIABLE = "JUYANG_BACKUP_PASSPHRASE"
SHORTEST_PASSPHRASE = 12

File = Annotated[Path, typer.Argument(help="备份文件 · the backup file")]
PassphraseFile = Annotated[
    Path | None, typer.Option(help=f"口令文件 · file with the passphrase (or {VARIABLE})")
]
KeyFile = Annotated[
    Path | None, typer.Option(help="32 字节随机密钥文件 · a random key of 32 bytes instead")
]
NewData = Annotated[Path, typer.Option("--data", help="新的空目录 · a new, empty directory")]


def add_to(app: typer.Typer) -> None:
    """Add the subcommands."""
    app.command()(backup)
    app.command()(restore)


def backup(
    file: File,
    passphrase_file: PassphraseFile = None,
    key_file: KeyFile = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """备份 · Write database, keys and business date into one encrypted file; the office may run."""
    secret = secret_of(passphrase_file, key_file)
    if secret.kind == "scrypt" and len(secret.value.decode(errors="replace")) < SHORTEST_PASSPHRASE:
        raise OfficeRefused(
            f"备份口令至少 {SHORTEST_PASSPHRASE} 个字符：备份里有全部密钥\n"
            f"a passphrase has at least {SHORTEST_PASSPHRASE} characters: it guards all keys"
        )
    manifest = asyncio.run(back_up(data, file, secret))
    typer.echo(f"已备份 · backed up: {file} ({file.stat().st_size / MEGABYTE:.1f} MB)")
    _tell(manifest)


def restore(
    file: File,
    data: NewData,
    passphrase_file: PassphraseFile = None,
    key_file: KeyFile = None,
) -> None:
    """恢复 · Restore a backup into a new directory and verify it; exits 1 unless all holds."""
    secret = secret_of(passphrase_file, key_file)
    manifest, found = asyncio.run(restore_office(file, data, secret))
    show_proof(found)
    _tell(manifest)
    if not found["ok"]:
        raise OfficeRefused(
            f"已恢复到 {data}，但核对未通过，请勿使用\n"
            f"restored to {data}, but the verification does not hold: do not use it"
        )
    typer.echo(f"恢复完成并核对无误 · restored and verified: {data}")


def _tell(manifest: Manifest) -> None:
    unsent = sum(state.outbox_unsent for state in manifest.schemas.values())
    typer.echo(
        f"  时点 as of {manifest.made_at:%Y-%m-%d %H:%M:%SZ} · {manifest.rows} 行 rows · "
        f"{unsent} 封待发 letters not sent yet"
    )


def secret_of(passphrase_file: Path | None, key_file: Path | None) -> Secret:
    """The passphrase or key that the caller named; never on the command line, where all see it."""
    if key_file is not None:
        key = _read(key_file)
        if len(key) != KEY_BYTES:
            raise OfficeRefused(
                f"{key_file} 应恰为 {KEY_BYTES} 字节：head -c {KEY_BYTES} /dev/urandom\n"
                f"{key_file} must be {KEY_BYTES} bytes: head -c {KEY_BYTES} /dev/urandom makes one"
            )
        return Secret("hkdf", key)
    if passphrase_file is not None:
        said = _read(passphrase_file).rstrip(b"\r\n")
    else:
        said = os.environ.get(VARIABLE, "").encode()
    if not said:
        raise OfficeRefused(
            f"请用 --passphrase-file、--key-file 或变量 {VARIABLE} 给出备份口令\n"
            f"give the passphrase by --passphrase-file, --key-file or the variable {VARIABLE}"
        )
    return Secret("scrypt", said)


def _read(file: Path) -> bytes:
    try:
        return file.expanduser().read_bytes()
    except OSError as error:
        raise OfficeRefused(
            f"无法读取 {file}：{error.strerror}\n{file} cannot be read: {error.strerror}"
        ) from error
