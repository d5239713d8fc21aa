"""Contended vouchers: many tills want the same money at once, and each fen is spent once."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.faults.money_site import Market, crowd, load, market, parts
from tests.faults.money_wire import Told
from tests.faults.site import Verdict
from tests.faults.sizes import Size
from tests.vouchers.town import MONTHLY_FEN

EACH = 10
NEIGHBOURS = 6
CREATED, CONFLICT, FAILED = 201, 409, 500
LOST = "insufficient_balance"


async def contended(seed: int, size: Size) -> Verdict:
    """Ten attempts on each voucher over two servers: one wins, nine are told why not."""
    verdict = Verdict(
        "contended redemptions",
        f"{size.contended} attempts, {EACH} on each voucher at once, from two processes",
    )
    async with market(seed, "contended") as there:
        cards = list(await there.people(size.contended // EACH))
        began = time.monotonic()
        answers = await _rush(there, cards)
        took = time.monotonic() - began
        _judge(verdict, cards, answers)
        verdict.figures.append(f"{size.contended / took:.0f} attempts/s, {load()}")
        await there.check(verdict)
        spent = await there.value("SELECT sum(amount_fen) FROM redemptions")
        won = sum(told.status == CREATED for one in answers.values() for _, told in one)
        verdict.expect(
            spent == sum(_won(answers)), f"{spent} fen are booked, {sum(_won(answers))} answered"
        )
        verdict.figures.append(f"{won} redemptions of {spent} fen")
    return verdict


def _won(answers: dict[str, list[tuple[int, Told]]]) -> list[int]:
    return [fen for one in answers.values() for fen, told in one if told.status == CREATED]


async def _rush(there: Market, cards: list[str]) -> dict[str, list[tuple[int, Told]]]:
    answers: dict[str, list[tuple[int, Told]]] = defaultdict(list)
    token = there.till()

    async def attempt(sale: dict[str, Any]) -> None:
        told = await there.wire().post("/redemptions", sale, token)
        answers[sale["card_no"]].append((sale["amount_fen"], told))

    await crowd(_sales(there, cards), attempt)
    return answers


def _sales(there: Market, cards: list[str]) -> Iterator[dict[str, Any]]:
    """Attempts on a few neighbouring vouchers, mixed; any two are more than a voucher holds."""
    for few in parts(cards, NEIGHBOURS):
        sales = [
            there.sale(card, there.chance.randint(MONTHLY_FEN // 2 + 1, MONTHLY_FEN))
            for card in few
            for _ in range(EACH)
        ]
        there.chance.shuffle(sales)
        yield from sales


def _judge(verdict: Verdict, cards: list[str], answers: dict[str, list[tuple[int, Told]]]) -> None:
    wins = Counter(
        sum(told.status == CREATED for _, told in answers.get(card, ())) for card in cards
    )
    said = Counter((told.status, told.code) for one in answers.values() for _, told in one)
    verdict.expect(wins == {1: len(cards)}, f"wins of a voucher: {dict(wins)}")
    others = {key: n for key, n in said.items() if key not in {(CREATED, ""), (CONFLICT, LOST)}}
    verdict.expect(not others, f"other answers: {others}")
    failed = sum(n for (status, _), n in said.items() if status >= FAILED)
    verdict.figures.append(
        f"{said[CREATED, '']} won, {said[CONFLICT, LOST]} told {LOST}, {failed} failed, "
        f"{sum(n - 1 for n in wins.elements() if n > 1)} overspent"
    )
