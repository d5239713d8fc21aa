"""`juyang token`: a bearer token of the embedded office."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.cli.options import DEFAULT_DATA, Data
from deploy.premises import OfficeRefused
from shared.auth import caller_of, local_key, mint
from shared.caller import DEFAULT_BODIES, EVERYWHERE, ROLES, Caller
from shared.errors import Unauthorised
from shared.settings import Settings

LIFE_S = 8 * 3600


def add_to(app: typer.Typer) -> None:
    """Add the subcommand."""
    app.command()(token)


def token(
    sub: Annotated[str, typer.Option(help="人员标识 · who it is for")],
    role: Annotated[str, typer.Option(help="、".join(ROLES))],
    area: Annotated[str, typer.Option(help="区划代码 · area code, or *")] = EVERYWHERE,
    agency: Annotated[str, typer.Option(help="机构标识 · agency or provider id")] = "",
    body: Annotated[str, typer.Option(help="所属部门 · body: 民政 财政 残联 老龄办")] = "",
    lives_s: Annotated[int, typer.Option(min=1, help="有效秒数 · seconds")] = LIFE_S,
    data: Data = DEFAULT_DATA,
) -> None:
    """打印一个访问令牌 · Print a bearer token signed by this data directory's key."""
    caller = Caller(sub, role, area, agency, body or DEFAULT_BODIES.get(role, ""))
    claims = {"sub": sub, "role": role, "area": area, "agency": agency, "body": caller.body}
    try:
        caller_of(claims)
    except Unauthorised as no:
        raise OfficeRefused(f"{no.zh}\n{no.en}") from no
    directory = data.expanduser().resolve()
    settings = Settings.model_validate({"data": directory})
    typer.echo(mint(local_key(directory), settings, caller, lives_s=lives_s))
