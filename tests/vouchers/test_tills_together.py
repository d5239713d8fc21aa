"""A till decides without a lock and books under it: what changed between is seen, once for all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias
from uuid import UUID

import anyio
import asyncpg
import httpx
import orjson
import pytest
from sqlalchemy.exc import DBAPIError

from services.vouchers.cards.domain import digest_of
from services.vouchers.redemptions.crowd import Look, Sale, looking, selling
from services.vouchers.redemptions.domain import Accepted, Purchase, decide
from services.vouchers.redemptions.store import Redemptions, till_of
from shared.caller import Caller
from shared.contracts.ids import new_id
from shared.idempotency import Answer, Attempt, Replayed
from shared.together import Afresh
from shared.work import Work
from tests.vouchers.test_cards_lost import lose
from tests.vouchers.town import JANUARY, MONTHLY_FEN, Elder, Shop, Town, code

pytestmark = pytest.mark.anyio
Change: TypeAlias = Callable[[Town, Shop, Elder, str], Awaitable[object]]
SOME_FEN, CROWD, PATIENCE_S = 1000, 12, 20


@pytest.fixture
async def elders(town: Town, shop: Shop) -> list[Elder]:
    """A crowd of holders with January's money, and a shop that has sold before."""
    crowd = [Elder() for _ in range(CROWD)]
    await town.grant(*crowd)
    await town.admit(shop)
    await town.publish()
    await town.allocate(2 * CROWD * MONTHLY_FEN)
    await town.issue()
    assert (await town.redeem(shop, await town.card(crowd[0]), 1)).status_code == 201
    return crowd


async def glanced(
    town: Town, shop: Shop, card: str, attempt: Attempt | None = None
) -> tuple[Work, Purchase]:
    """A till's work that has decided on what it has seen, and has booked nothing yet."""
    runtime = town.desk.office.runtimes["vouchers"]
    caller = Caller("till", "provider", "*", str(shop.provider_id))
    attempt = attempt or Attempt.of("till", str(new_id()), b"asked")
    database, clock = runtime.database.app, runtime.clock
    work = Work(database, caller, clock, attempt, state=runtime.state, swift=True)
    store = Redemptions(work)
    purchase = Purchase(new_id(), shop.provider_id, shop.outlet_id, "wash", SOME_FEN, store.today)
    till = await store.glance(purchase, digest_of(card, store.vault))
    accepted = decide(purchase, till, store.policy)
    assert isinstance(accepted, Accepted)
    await store.accept(purchase, accepted)
    work.audit("test.sale")
    work.remember(Answer(201, None, b"{}"))
    return work, purchase


async def kept(town: Town, purchase: Purchase) -> dict[str, int]:
    """What there is of a sale: its own row, its postings and its letters."""
    work = town.desk.work("vouchers")
    row = await work.row(
        "SELECT (SELECT count(*) FROM redemptions WHERE id = :id) AS redemptions, "
        "(SELECT count(*) FROM postings WHERE set_id = :id) AS postings, "
        "(SELECT count(*) FROM outbox WHERE facts ->> 'redemption_id' = CAST(:id AS text)) "
        "AS letters, (SELECT count(*) FROM audit WHERE act = 'test.sale') AS audits, "
        "(SELECT count(*) FROM idempotency WHERE digest = 'asked') AS keys",
        id=purchase.id,
    )
    await work.abandon()
    assert row is not None
    return dict(row)


WHOLE = {"redemptions": 1, "postings": 2, "letters": 1, "audits": 1, "keys": 1}
NOTHING = dict.fromkeys(WHOLE, 0)


async def bought(town: Town, shop: Shop, elder: Elder, card: str) -> object:
    return await town.redeem(shop, card, 1)


async def held(town: Town, shop: Shop, elder: Elder, card: str) -> object:
    body = {"card_no": card, "outlet_id": str(shop.outlet_id), "item_code": "wash"}
    return await town.post(town.till(shop), "holds", amount_fen=1, **body)


async def lost(town: Town, shop: Shop, elder: Elder, card: str) -> object:
    return await lose(town, elder)


async def died(town: Town, shop: Shop, elder: Elder, card: str) -> object:
    return await town.die(elder, JANUARY)


async def suspended(town: Town, shop: Shop, elder: Elder, card: str) -> object:
    return await town.suspend(shop, JANUARY)


async def test_what_was_seen_and_still_is_so_is_booked_whole(
    town: Town, shop: Shop, elders: Sequence[Elder]
) -> None:
    work, purchase = await glanced(town, shop, await town.card(elders[1]))
    assert await kept(town, purchase) == NOTHING
    assert await work.commit(), "there is a letter to carry"
    assert await kept(town, purchase) == WHOLE


@pytest.mark.parametrize("change", [bought, held, lost, died, suspended])
async def test_nothing_is_booked_on_what_has_changed_since_it_was_seen(
    town: Town, shop: Shop, elders: Sequence[Elder], change: Change
) -> None:
    card = await town.card(elders[1])
    work, purchase = await glanced(town, shop, card)
    await change(town, shop, elders[1], card)
    with pytest.raises(Afresh):
        await work.commit()
    assert await kept(town, purchase) == NOTHING
    await town.desk.settle()
    assert await town.failures() == []


async def test_a_key_that_was_taken_since_is_never_used_twice(
    town: Town, shop: Shop, elders: Sequence[Elder]
) -> None:
    attempt = Attempt.of("till", str(new_id()), b"asked")
    first, purchase = await glanced(town, shop, await town.card(elders[1]), attempt)
    again, other = await glanced(town, shop, await town.card(elders[2]), attempt)
    await first.commit()
    with pytest.raises(Afresh):
        await again.commit()
    assert await kept(town, purchase) == WHOLE
    assert (await kept(town, other))["redemptions"] == 0
    with pytest.raises(Afresh):  # and who comes later is not even decided upon
        await glanced(town, shop, await town.card(elders[3]), attempt)
    with pytest.raises(Replayed):
        await again.begin()
    await again.abandon()


async def sell(town: Town, shop: Shop, cards: Sequence[str], **ids: str) -> list[httpx.Response]:
    """All of these at one moment."""
    answers: dict[str, httpx.Response] = {}

    async def one(card: str) -> None:
        answers[card] = await town.redeem(shop, card, SOME_FEN, id=ids[card])

    async with anyio.create_task_group() as crowd:
        for card in cards:
            crowd.start_soon(one, card)
    return [answers[card] for card in cards]


async def statements(town: Town) -> int:
    """In how many transactions January's sales of this size were booked."""
    work = town.desk.work("vouchers")
    found: int = await work.value(
        "SELECT count(DISTINCT CAST(xmin AS text)) FROM redemptions WHERE amount_fen = :fen",
        fen=SOME_FEN,
    )
    await work.abandon()
    return found


async def test_a_crowd_at_one_moment_shares_its_statements_and_each_has_his_own_answer(
    town: Town, shop: Shop, elders: Sequence[Elder], caplog: pytest.LogCaptureFixture
) -> None:
    cards = [await town.card(elder) for elder in elders[1:]]
    ids = {card: str(new_id()) for card in cards}
    answers = await sell(town, shop, cards, **ids)
    assert [answer.status_code for answer in answers] == [201] * len(cards)
    assert [answer.json()["redemption_id"] for answer in answers] == list(ids.values())
    assert {answer.json()["balance_fen"] for answer in answers} == {MONTHLY_FEN - SOME_FEN}
    assert await statements(town) < len(cards)
    assert [one for one in caplog.records if one.name == "juyang.together"] == [], "none failed"
    again = await sell(town, shop, cards, **ids)
    assert [one.content for one in again] == [one.content for one in answers]
    assert (await town.money())["total"]["redeemed_fen"] == len(cards) * SOME_FEN + 1
    letters = {letter["facts"]["redemption_id"] for letter in await town.told("redeemed")}
    assert set(ids.values()) <= letters
    await town.desk.settle()
    assert await town.failures() == []


async def test_one_who_is_refused_takes_nobody_along(
    town: Town, shop: Shop, elders: Sequence[Elder]
) -> None:
    cards = [await town.card(elder) for elder in elders[1:]]
    assert (await town.redeem(shop, cards[0], MONTHLY_FEN)).status_code == 201
    answers = await sell(town, shop, cards, **{card: str(new_id()) for card in cards})
    assert code(answers[0]) == (409, "insufficient_balance")
    assert {answer.status_code for answer in answers[1:]} == {201}


async def test_a_holder_whom_somebody_else_has_locked_holds_nobody_up(
    town: Town, shop: Shop, elders: Sequence[Elder], database: str
) -> None:
    cards = [await town.card(elder) for elder in elders[1:]]
    answers: dict[str, httpx.Response] = {}
    others_done = anyio.Event()

    async def one(card: str) -> None:
        answers[card] = await town.redeem(shop, card, SOME_FEN)
        if len(answers) == len(cards) - 1:
            others_done.set()

    admin = await asyncpg.connect(database)
    async with anyio.create_task_group() as crowd, admin.transaction():
        await admin.execute(
            "SELECT 1 FROM vouchers.holders WHERE person_id = $1 FOR UPDATE", elders[1].person_id
        )
        for card in cards:
            crowd.start_soon(one, card)
        with anyio.fail_after(PATIENCE_S):
            await others_done.wait()
        assert cards[0] not in answers
    await admin.close()
    assert {answer.status_code for answer in answers.values()} == {201}


async def told_by_the_books(
    town: Town, shop: Shop, cards: Sequence[str], fresh: str = "true", **wrong: Any
) -> tuple[str, str]:
    """What the booking itself says to sales that no till would send: its code, and why."""
    runtime = town.desk.office.runtimes["vouchers"]
    caller = Caller("till", "provider", "*", str(shop.provider_id))
    sales = []
    for card in cards:
        attempt = Attempt.of("till", str(new_id()), b"asked")
        work = Work(runtime.database.app, caller, runtime.clock, attempt, swift=True)
        look = Look(
            Purchase(new_id(), shop.provider_id, shop.outlet_id, "wash", SOME_FEN, work.today),
            digest_of(card, runtime.state["vault"]),
            work.today,
        )
        facts = (await work.glance(looking, look))["facts"]
        accepted = decide(look.purchase, till_of(orjson.loads(facts)), runtime.state["policy"])
        assert isinstance(accepted, Accepted)
        sales.append(Sale(look, facts, accepted, "till"))
    sql, values = selling(sales)
    work = Work(runtime.database.app, wrong.pop("caller", caller), runtime.clock)
    said: Any = None
    try:
        await work.row(sql.replace("opened.fresh", fresh), **{**values, **wrong})
    except DBAPIError as refused:
        said = refused.orig
    finally:
        await work.abandon()
    return getattr(said, "sqlstate", ""), str(said or "")


async def test_the_books_take_nothing_that_is_not_whole(
    town: Town, shop: Shop, elders: Sequence[Elder]
) -> None:
    cards = [await town.card(elder) for elder in elders[1:3]]
    one, accounts = cards[:1], await _accounts(town, elders[1:3])
    assert await told_by_the_books(town, shop, cards) == ("", "")
    beyond = MONTHLY_FEN + 1
    stranger = Caller("till", "provider", "*", str(new_id()))
    wrongs: tuple[tuple[dict[str, Any], str, str], ...] = (
        ({"sale_charges": [SOME_FEN - 1]}, "23514", "make up"),
        ({"sale_amounts": [beyond], "sale_charges": [beyond]}, "40001", "cover"),
        ({"sale_accounts": [accounts[1]]}, "40001", "cover"),
        ({"sale_seen": ["{}"]}, "40001", "changed"),
        ({"fresh": "false"}, "40001", "key"),
        ({"caller": stranger}, "42501", "another provider"),
    )
    for sent, state, why in wrongs:
        told = await told_by_the_books(town, shop, one, **sent)
        assert (told[0], why in told[1]) == (state, True), (sent, told)
    twice = await told_by_the_books(town, shop, [*one, *one])
    assert (twice[0], "changed" in twice[1]) == ("40001", True)
    assert (await town.money())["total"]["redeemed_fen"] == 1


async def _accounts(town: Town, elders: Sequence[Elder]) -> list[UUID]:
    work = town.desk.work("vouchers")
    rows = await work.rows(
        "SELECT id, person_id FROM ledger_accounts WHERE kind = 'holder' "
        "AND person_id = ANY(CAST(:people AS uuid[]))",
        people=[elder.person_id for elder in elders],
    )
    await work.abandon()
    found = {row["person_id"]: row["id"] for row in rows}
    return [found[elder.person_id] for elder in elders]
