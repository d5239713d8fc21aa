"""How large a request may be: refused by what it says of itself, or as soon as it is more."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.problems import of_status

LARGEST_BODY = 65 * 1024 * 1024
TOO_LARGE = 413
LENGTH, CODED = b"content-length", b"transfer-encoding"


class BodyLimit:
    """Answers a body beyond the limit before it is read; one without a length is counted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for name, value in scope["headers"]:
                if name == CODED:
                    receive = counted(receive)
                elif name == LENGTH and int(value) > LARGEST_BODY:
                    await of_status(TOO_LARGE)(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def counted(receive: Receive) -> Receive:
    """The same body, up to the limit."""
    taken = 0

    async def receive_so_much() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > LARGEST_BODY:
            raise HTTPException(TOO_LARGE)
        return message

    return receive_so_much
