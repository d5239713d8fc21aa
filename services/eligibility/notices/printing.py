"""A notice as a page to print and to keep, and the sheet of public notices."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from shared import printing

TEMPLATE = (Path(__file__).parent / "notice.typ").read_bytes()
SHEET = (Path(__file__).parent / "sheet.typ").read_bytes()


def printed(said: Mapping[str, Any], made_on: date) -> bytes:
    """The notice as a page; the same words of the same day make the same bytes."""
    return printing.printed(TEMPLATE, said, made_on)


def posted_sheet(said: Mapping[str, Any], made_on: date) -> bytes:
    """The public notices of a community as pages for its board."""
    return printing.printed(SHEET, said, made_on)
