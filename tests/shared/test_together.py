"""What several say at one moment goes in one statement; who is alone does not wait for others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import anyio
import pytest

from shared.together import MOST, Afresh, Choir

pytestmark = pytest.mark.anyio


class Listener:
    """Hears what is said, and answers each with his own word when it is let."""

    def __init__(self) -> None:
        self.heard: list[list[str]] = []
        self.go_on = anyio.Event()

    async def __call__(self, said: Sequence[str]) -> list[str]:
        self.heard.append(list(said))
        await self.go_on.wait()
        if "wrong" in said:
            raise LookupError(said)
        return [word.upper() for word in said]


async def come(choir: Choir, listener: Listener, *words: str) -> list[asyncio.Task[str]]:
    """All of these come at one moment."""
    tasks = [asyncio.create_task(choir.said("kind", listener, word)) for word in words]
    await anyio.wait_all_tasks_blocked()
    return tasks


async def test_who_comes_alone_is_said_at_once_and_who_comes_meanwhile_share_the_next() -> None:
    choir, listener = Choir(), Listener()
    first = await come(choir, listener, "a")
    assert listener.heard == [["a"]]
    rest = await come(choir, listener, "b", "c")
    assert listener.heard == [["a"]]
    listener.go_on.set()
    assert await asyncio.gather(*first, *rest) == ["A", "B", "C"]
    assert listener.heard == [["a"], ["b", "c"]]
    assert await choir.said("kind", listener, "later") == "LATER"


async def test_another_kind_waits_for_nobody() -> None:
    choir, listener, other = Choir(), Listener(), Listener()
    waiting = await come(choir, listener, "a")
    other.go_on.set()
    assert await choir.said("another kind", other, "b") == "B"
    listener.go_on.set()
    assert await waiting[0] == "A"


async def test_no_statement_is_shared_by_more_than_may_be() -> None:
    choir, listener = Choir(), Listener()
    tasks = await come(choir, listener, "first", *(str(n) for n in range(MOST + 1)))
    listener.go_on.set()
    await asyncio.gather(*tasks)
    assert [len(words) for words in listener.heard] == [MOST, 2]


async def test_all_who_share_a_statement_that_fails_do_it_afresh_and_the_next_are_heard() -> None:
    choir, listener = Choir(), Listener()
    tasks = [*await come(choir, listener, "a"), *await come(choir, listener, "wrong", "b")]
    listener.go_on.set()
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert told[0] == "A"
    assert [type(one) for one in told[1:]] == [Afresh, Afresh]
    assert await choir.said("kind", listener, "c") == "C"


async def test_who_goes_away_before_he_is_said_is_not_said_and_takes_nobody_along() -> None:
    choir, listener = Choir(), Listener()
    first = await come(choir, listener, "a")
    gone, stays = await come(choir, listener, "gone", "stays")
    gone.cancel()
    await anyio.wait_all_tasks_blocked()
    listener.go_on.set()
    assert await asyncio.gather(*first, stays) == ["A", "STAYS"]
    assert listener.heard == [["a"], ["stays"]]


async def test_two_of_one_holder_are_never_said_beside_each_other() -> None:
    choir, listener = Choir(), Listener()
    one = asyncio.create_task(choir.said("kind", listener, "a", apart="holder"))
    await anyio.wait_all_tasks_blocked()
    with pytest.raises(Afresh):
        await choir.said("kind", listener, "b", apart="holder")
    listener.go_on.set()
    assert await one == "A"
    assert await choir.said("kind", listener, "b", apart="holder") == "B"
