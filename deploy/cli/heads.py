"""`juyang export-head`, and `verify --head`: the journal's signed head, kept by somebody else."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli.options import DEFAULT_DATA, Data
from deploy.desk import Desk, Unexpected, desk_at
from deploy.premises import OfficeRefused
from services.vouchers.ledger.head import flaw_of, head_key, read_signed

HEAD = "/vouchers/v1/journal/head"
SEALS = "/vouchers/v1/journal/seals"
CHECK = "journal_head"
MISSING = "no_such_seal"


def add_to(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command("export-head")(export_head)


def export_head(
    file: Annotated[
        Path | None, typer.Argument(help="写到此文件，缺省为屏幕 · where to write, or the screen")
    ] = None,
    data: Data = DEFAULT_DATA,
) -> None:
    """导出账簿链首 · The journal's signed head: keep it away from the office, verify it later."""
    head = json.dumps(asyncio.run(_export(data)), ensure_ascii=False, indent=1)
    if file is None:
        typer.echo(head)
    else:
        file.write_text(f"{head}\n", encoding="utf-8")


async def _export(data: Path) -> Any:
    async with desk_at(data) as desk:
        try:
            return await desk.person("auditor", "export-head").get(HEAD)
        except Unexpected as none_yet:
            raise OfficeRefused(str(none_yet)) from none_yet


def read_head(file: Path, data: Path) -> dict[str, Any]:
    """The head in a file that `export-head` wrote.

    Raises:
        OfficeRefused: no such file, or it is not what this office has signed.
    """
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        head, signature = kept["head"], kept["signature"]
    except (OSError, ValueError, KeyError, TypeError) as bad:
        raise OfficeRefused(
            f"{file} 不是 juyang export-head 导出的文件\n"
            f"{file} was not written by juyang export-head"
        ) from bad
    if read_signed(str(signature), head_key(data.expanduser().resolve())) != head:
        raise OfficeRefused(
            f"{file} 的签名与本办公室的密钥不符\n"
            f"the signature of {file} is not one of this office's key over what it says"
        )
    return dict(head)


async def check_head(desk: Desk, kept: dict[str, Any]) -> dict[str, Any]:
    """Whether the journal still holds what a head says of it."""
    try:
        found = await desk.person("auditor", "verify").get(f"{SEALS}/{kept['nth']}")
    except Unexpected as answer:
        if MISSING not in str(answer):
            raise
        found = None
    flaw = flaw_of(kept, found)
    return {
        "service": "vouchers",
        "name": CHECK,
        "ok": not flaw,
        "checked": kept["postings"],
        "detail": flaw,
    }
