"""Options that several subcommands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_DATA = Path("~/.juyang")
Data = Annotated[
    Path, typer.Option("--data", envvar="JUYANG_DATA", help="数据目录 · data directory")
]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON · print JSON")]
