"""Pages to print and to keep: a template and words become a tagged PDF/A with its own fonts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from functools import cache
from typing import Any

import orjson
import pylopdf_fonts_zh_cn
import typst

FOLDER = pylopdf_fonts_zh_cn.serif_path().parent
ARCHIVE = "a-2a"
CHINA = timezone(timedelta(hours=8))
PDF = "application/pdf"


@cache
def _fonts() -> typst.Fonts:
    """The office's own fonts, read at the first page; what the machine has is left alone."""
    return typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FOLDER)]
    )


def printed(template: bytes, said: Mapping[str, Any], made_on: date) -> bytes:
    """The page; the same words of the same day make the same bytes.

    The words are handed over as a value, so nothing in them is read as a command of the template.
    """
    return typst.compile(
        template,
        font_paths=_fonts(),
        format="pdf",
        sys_inputs={"said": orjson.dumps(said).decode()},
        pdf_standards=[ARCHIVE],
        timestamp=datetime(made_on.year, made_on.month, made_on.day, tzinfo=CHINA),
    )
