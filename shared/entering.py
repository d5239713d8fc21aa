"""What a door asks of whoever comes in, and what it hands to the endpoint behind it."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin

from fastapi import Depends, Request
from fastapi.params import Depends as Asked

from shared.caller import ROLES, Caller
from shared.errors import Forbidden
from shared.work import Work

S = TypeVar("S")
ASKED = "door_request"


class Permission:
    """The roles that may pass; a route without one does not start."""

    def __init__(self, *roles: str) -> None:
        unknown = set(roles) - set(ROLES)
        assert not unknown, f"unknown roles {unknown}"
        self.roles = frozenset(roles)

    def check(self, caller: Caller) -> None:
        """Let the caller pass.

        Raises:
            Forbidden: his role is another.
        """
        if caller.role not in self.roles:
            raise Forbidden(
                "role_not_allowed",
                f"该操作需要以下角色之一：{'、'.join(sorted(self.roles))}",
                f"this act needs one of the roles {', '.join(sorted(self.roles))}",
            )

    # A dependency that is no coroutine function costs a hop to a thread for every request.
    async def __call__(self, request: Request) -> Caller:
        caller: Caller = request.state.caller
        self.check(caller)
        return caller


class Opener(Generic[S]):
    """Gives the request's store, bound to the request's one transaction."""

    def __init__(self, store: Callable[[Work], S]) -> None:
        self.store = store

    async def __call__(self, request: Request) -> S:
        return self.store(request.state.work)


def permit(*roles: str) -> Any:
    """Let these roles pass: `caller: Annotated[Caller, permit("finance")]` or in `dependencies`."""
    return Depends(Permission(*roles))


def opens(store: Callable[[Work], S]) -> Opener[S]:
    """A dependency that gives the request's store."""
    return Opener(store)


def entered(
    endpoint: Callable[..., Any],
) -> tuple[Callable[..., Any], tuple[Permission, ...]]:
    """The endpoint with its caller and stores handed to it by the door, and its permissions.

    The framework's own way to solve each of them for each request takes longer than all else
    that the door does.
    """
    signature = inspect.signature(endpoint, eval_str=True)
    handed = {
        name: ours for name, one in signature.parameters.items() if (ours := _ours(one)) is not None
    }
    if not handed:
        return endpoint, ()
    kept = [one for name, one in signature.parameters.items() if name not in handed]
    wanted = next((one.name for one in kept if one.annotation is Request), None)
    call = _handing(endpoint, handed, wanted)
    if wanted is None:
        kept.append(inspect.Parameter(ASKED, inspect.Parameter.KEYWORD_ONLY, annotation=Request))
    vars(call)["__signature__"] = signature.replace(parameters=kept)
    return call, tuple(one for one in handed.values() if isinstance(one, Permission))


def _handing(
    endpoint: Callable[..., Awaitable[Any]],
    handed: dict[str, Permission | Opener[Any]],
    wanted: str | None,
) -> Callable[..., Awaitable[Any]]:
    """The endpoint behind the door; it may have `wanted` the request itself, under a name."""
    callers = [name for name, ours in handed.items() if isinstance(ours, Permission)]
    stores = [(name, ours.store) for name, ours in handed.items() if isinstance(ours, Opener)]

    @wraps(endpoint)
    async def call(**values: Any) -> Any:
        state = (values[wanted] if wanted else values.pop(ASKED)).state
        for name in callers:
            values[name] = state.caller
        for name, store in stores:
            values[name] = store(state.work)
        return await endpoint(**values)

    return call


def _ours(parameter: inspect.Parameter) -> Permission | Opener[Any] | None:
    """What the door hands over for a parameter, if it is the door's to give."""
    if get_origin(parameter.annotation) is not Annotated:
        return None
    for said in get_args(parameter.annotation)[1:]:
        if isinstance(said, Asked) and isinstance(said.dependency, Permission | Opener):
            return said.dependency
    return None
