"""The command `juyang`: every subcommand, and one clear sentence when something is refused."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from deploy.cli import (
    accounts,
    backup,
    data,
    demo,
    heads,
    letters,
    offices,
    policy,
    replay,
    republish,
    topics,
    up,
)
from deploy.postgres import StartRefused
from deploy.premises import OfficeRefused

app = typer.Typer(
    name="juyang",
    help="居养 Juyang：居家养老（助残）服务，从申请到评价一条链。Home-based care in one chain.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (
    up, offices, topics, data, heads, demo, replay, policy, letters, republish, backup, accounts,
):  # fmt: skip
    module.add_to(app)


def main() -> None:
    """Run the command; a refusal is a sentence and exit code 1, never a traceback."""
    try:
        app()
    except (StartRefused, OfficeRefused) as refused:
        Console(stderr=True).print(str(refused), style="red", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
