"""Allocations, three months of vouchers, spending, refusals, and settlement by two people."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

from deploy.demo.cast import ITEMS, SHOPS, SUSPENDED, Cast, ProviderCast, demo_id
from deploy.desk import Person, Unexpected
from shared.contracts.programmes import VOUCHER

ALLOCATIONS = {"lottery": 20_000_000, "disability": 12_000_000, "district_finance": 10_000_000}
SPENDERS = 180
TOO_MUCH_FEN = 1_000_000
SEED = 2010
SHARES = (1000, 1500, 2000, 2500, 3000, 5000)


class Purse:
    """The cards that the demo's spenders carry; their numbers stay in memory."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self._chance = random.Random(SEED)  # noqa: S311
        self.cards: dict[str, str] = {}

    async def hand_out(self) -> None:
        """The street opens cards for some holders and hands the numbers over."""
        street = self._cast.street()
        holders = [h async for h in street.pages("/vouchers/v1/accounts", limit=SPENDERS)]
        people = [h["person_id"] for h in holders][:SPENDERS]
        batch = {"id": demo_id("cards"), "person_ids": people}
        opened = await street.post("/vouchers/v1/cards/batch", batch)
        ids = [line["card_id"] for line in opened["results"] if line["ok"]]
        shown = await street.post("/vouchers/v1/cards/disclosures", {"card_ids": ids})
        self.cards = {card["person_id"]: card["card_no"] for card in shown["cards"]}

    async def spend(self, month_on: date, *, shops: tuple[ProviderCast, ...]) -> int:
        """Everybody buys once or twice; returns how many purchases were booked."""
        done = 0
        for person_id, card_no in self.cards.items():
            for nth in range(self._chance.randint(1, 2)):
                shop = self._chance.choice(shops)
                item = self._chance.choice(ITEMS)
                body = {
                    "id": demo_id("redemption", person_id, month_on, nth),
                    "card_no": card_no,
                    "outlet_id": shop.outlet_id,
                    "item_code": item["item_code"],
                    "amount_fen": self._chance.choice(SHARES),
                }
                answer = await self._cast.shop(shop).attempt("/vouchers/v1/redemptions", body)
                done += answer.status_code == 201
        return done

    async def odd_cases(self) -> dict[str, str]:
        """One without enough money, one at a suspended provider, one sent twice."""
        person_id, card_no = next(iter(self.cards.items()))
        shop = SHOPS[0]
        base = {"card_no": card_no, "item_code": ITEMS[0]["item_code"], "amount_fen": 100}
        tried = {
            "insufficient_balance": (shop, {**base, "amount_fen": TOO_MUCH_FEN}),
            "provider_suspended": (SUSPENDED, base),
        }
        found: dict[str, str] = {}
        for code, (where, body) in tried.items():
            order = {**body, "id": demo_id("odd", code), "outlet_id": where.outlet_id}
            answer = await self._cast.shop(where).attempt("/vouchers/v1/redemptions", order)
            found[code] = f"{answer.status_code} {answer.json().get('code', '')}"
        twice = {**base, "id": demo_id("odd", "twice", person_id), "outlet_id": shop.outlet_id}
        first = await self._cast.shop(shop).attempt("/vouchers/v1/redemptions", twice)
        second = await self._cast.shop(shop).attempt("/vouchers/v1/redemptions", twice)
        same = first.content == second.content
        found["sent_twice"] = f"{first.status_code} {'same answer' if same else 'differs'}"
        return found


async def allocate(cast: Cast) -> None:
    """Three orders, each by civil affairs and signed by finance (N-19)."""
    for fund, amount_fen in ALLOCATIONS.items():
        order = demo_id("allocation", fund)
        await cast.district().post(
            "/vouchers/v1/allocations",
            {
                "id": order,
                "fund": fund,
                "amount_fen": amount_fen,
                "purpose": "benefits",
                "order_no": f"2010-{fund}-001".replace("_", "-"),
            },
        )
        await cast.finance().post(
            f"/vouchers/v1/allocations/{order}/signatures", {"id": demo_id("signature", fund)}
        )


async def issue(cast: Cast, month_on: date) -> dict[str, Any]:
    """A month's vouchers: prepared by one, approved by another."""
    run = demo_id("issue", month_on)
    await cast.district().post(
        "/vouchers/v1/issue-runs",
        {"id": run, "programme": VOUCHER, "month_on": month_on.isoformat()},
    )
    issued = await cast.second().post(
        f"/vouchers/v1/issue-runs/{run}/approval", {"id": demo_id("issue-approval", month_on)}
    )
    await cast.desk.settle()
    return dict(issued)


async def settle(cast: Cast, month_on: date) -> None:
    """A month's statements: confirmed by the provider, approved by two bodies, ordered paid."""
    made = await cast.district().post(
        "/vouchers/v1/settlements",
        {"id": demo_id("settlement", month_on), "month_on": month_on.isoformat()},
    )
    shops = {shop.provider_id: shop for shop in SHOPS}
    for statement in made["statements"]:
        place = f"/vouchers/v1/settlements/{statement['settlement_id']}/confirmation"
        confirmation = {"id": demo_id("settlement-confirmation", statement["settlement_id"])}
        await cast.shop(shops[statement["provider_id"]]).post(place, confirmation)
    for officer, body in ((cast.second(), "民政"), (cast.finance(), "财政")):
        async for statement in _open_statements(officer, month_on):
            place = f"/vouchers/v1/settlements/{statement['settlement_id']}/approvals"
            approval = demo_id("settlement-approval", statement["settlement_id"], body)
            await officer.post(place, {"id": approval})
    await cast.desk.settle()


async def _open_statements(officer: Person, month_on: date) -> Any:
    path = "/vouchers/v1/settlements"
    async for statement in officer.pages(path, month_on=month_on.isoformat()):
        if statement["payment_order_id"] is None:
            yield statement


async def somebody_dies(cast: Cast, purse: Purse, died_on: date) -> str:
    """A holder with unspent money dies; letters revoke it."""
    street = cast.street()
    for person_id in reversed(list(purse.cards)):
        account = await street.get(f"/vouchers/v1/accounts/{person_id}")
        if account["balance_fen"] > 0:
            await street.post(
                f"/intake/v1/persons/{person_id}/deaths",
                {"id": demo_id("death"), "died_on": died_on.isoformat()},
            )
            await cast.desk.settle()
            del purse.cards[person_id]
            return person_id
    raise Unexpected("无人有余额 · nobody has money left")
