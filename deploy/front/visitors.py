"""Who may see the operations pages: token, cookie, and the check of where a form came from."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from fastapi import Request, Response

from shared.auth import Tokens
from shared.caller import Caller
from shared.errors import Forbidden, Invalid, Unauthorised

COOKIE = "juyang_ops"
PLACE = "/ops"
ROLES = frozenset({"operator", "auditor"})
LARGEST_FORM = 16_384


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody whose token was good when this page was asked for."""

    caller: Caller
    token: str


def visitor_of(request: Request, tokens: Tokens) -> Visitor:
    """Who shows the cookie; nothing is remembered here, the token proves itself each time.

    Raises:
        Unauthorised: no cookie, or its token is no good (any more).
        Forbidden: another role.
    """
    token = request.cookies.get(COOKIE, "")
    if not token:
        raise Unauthorised("login_needed", "请先用令牌登录", "log in with a token first")
    return admitted(token, tokens)


def admitted(token: str, tokens: Tokens) -> Visitor:
    """The visitor that a pasted token proves.

    Raises:
        Unauthorised: the token is no good.
        Forbidden: another role.
    """
    if not token.isascii():
        token = ""
    caller = tokens.caller(f"Bearer {token}")
    if caller.role not in ROLES:
        raise Forbidden(
            "role_not_allowed",
            "运维页只对 operator（运维）和 auditor（审计）开放，请换用这两种角色的令牌",
            "this page is for the roles operator and auditor; use a token of one of them",
        )
    return Visitor(caller, token)


def remember(response: Response, token: str, *, secure: bool) -> None:
    """Hand the token to the browser for its session: no script reads it, no other site sends it."""
    response.set_cookie(COOKIE, token, path=PLACE, httponly=True, samesite="strict", secure=secure)


def forget(response: Response) -> None:
    response.delete_cookie(COOKIE, path=PLACE, httponly=True, samesite="strict")


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form that this page sent.

    Raises:
        Forbidden: another site's page sent it, or something that does not say where it is from.
        Invalid: too long for any form of this page.
    """
    origin = urlsplit(request.headers.get("origin", ""))
    if not origin.netloc or origin.netloc != request.headers.get("host"):
        raise Forbidden(
            "foreign_form",
            "表单不是从本页提交的（Origin 不符），请在本页重新提交",
            "the form was not sent from this page (its Origin differs); send it again from here",
        )
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_FORM:
            raise Invalid("form_too_long", "提交的内容过长", "what was sent is too long")
    fields = parse_qs(body.decode("ascii", errors="replace"))
    return {name: values[0].strip() for name, values in fields.items()}


def own_place(wanted: str) -> str:
    """Where to go after the login: a page of ours, whatever the form says."""
    return wanted if wanted.startswith(f"{PLACE}/") and "\\" not in wanted else PLACE
